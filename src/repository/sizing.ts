/** Which size a task has, and what of its workflow a session of that size pins. */
import { denied, usage } from "../base/error.ts";
import { withFields } from "../base/json.ts";
import { sizeOfTask } from "../bundled/size_rules.ts";
import type { Host } from "../host/host.ts";
import { decodeDefinition } from "../workflow/definition.ts";
import { ASKED_FOR, atSize, AUTO } from "../workflow/sizes.ts";
import { fillTexts } from "../workflow/template.ts";
import { riskSizeOf } from "../engine/size.ts";
import { folderAt } from "./bundle.ts";
import type { PinnedWorkflow } from "./load.ts";
import type { Repository } from "./open.ts";
import {
  encodeOverrides,
  type Override,
  OVERRIDES_KEY,
  SIZE_NAME,
} from "./overrides.ts";

/** The size of a session, and why it has it. */
export interface ChosenSize {
  /** One of the workflow's words. */
  readonly size: string;
  /** One sentence without its period. */
  readonly reason: string;
}

/** What is asked for. */
interface SizeChoice {
  readonly task: string;
  /** A word of the workflow, or `auto`. */
  readonly size?: string | undefined;
  /** Tells which paths some patterns of risk mean. */
  readonly riskMatcherOf: (
    patterns: readonly string[],
  ) => (path: string) => boolean;
}

/**
 * Gives a workflow the size of a task: what does not apply to it is left out. A smaller size than orc finds
 * loosens what is demanded, and so is a human's.
 */
export function withSize(
  host: Host,
  { found: { workingTree } }: Repository,
  pinned: PinnedWorkflow,
  { task, size = AUTO, riskMatcherOf }: SizeChoice,
): PinnedWorkflow & { readonly chosen: ChosenSize | null } {
  const { sizing } = pinned.workflow;
  const asked = size.trim();
  if (sizing === undefined) {
    if (asked === AUTO) return { ...pinned, chosen: null };
    throw usage(
      "no_such_size",
      `Cannot start at size "${asked}": the workflow has no sizes`,
      'leave --size out, or add "sizes: [s, m]" to the workflow',
    );
  }
  const { sizes, riskPaths } = sizing;
  const found = sizeOfTask(task, {
    sizes,
    riskSize: riskSizeOf(sizing),
    isRisky: riskPaths.length === 0 ? () => false : riskMatcherOf(riskPaths),
    files: folderAt(workingTree).files,
  });
  const isAuto = asked === AUTO;
  if (!isAuto && !sizes.includes(asked)) {
    throw usage(
      "no_such_size",
      `Cannot start at size "${asked}": the workflow has ${sizes.join(", ")}`,
      `orc start "TASK" --size ${sizes[0]}, or without --size, and orc decides`,
    );
  }
  const chosen = isAuto
    ? found
    : { size: asked, reason: `${ASKED_FOR}; orc finds ${found.size}` };
  const isSmaller = sizes.indexOf(chosen.size) < sizes.indexOf(found.size);
  const override: Override = {
    name: SIZE_NAME,
    value: chosen.size,
    said: found.size,
    origin: "--size",
    loosens: true,
  };
  if (isSmaller && host.caller().agent !== null) {
    throw denied(
      "loosening_refused",
      `Cannot start at size "${chosen.size}": orc finds size "${found.size}" (${found.reason}), and an agent may not choose a smaller one`,
      "leave --size out, or let a human start the session",
    );
  }
  const overrides = [...pinned.overrides, ...isSmaller ? [override] : []];
  const definition = atSize(pinned.definition, chosen.size);
  return {
    ...pinned,
    chosen,
    definition,
    overrides,
    workflow: fillTexts(decodeDefinition(definition)),
    metadata: isSmaller
      ? withFields(pinned.metadata, {
        [OVERRIDES_KEY]: encodeOverrides(overrides),
      })
      : pinned.metadata,
  };
}
