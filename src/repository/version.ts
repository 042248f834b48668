import { corrupt, misconfigured, type OrcError } from "../base/error.ts";
import { quoted } from "../base/text.ts";
import { fitsRange, VERSION } from "../base/version.ts";
import type { DuplicateId } from "../workflow/definition.ts";
import type { Workflow } from "../workflow/types.ts";

/** Says why this orc must not work with a workflow; undefined when it may. */
export async function versionRefusal(
  { orc }: Pick<Workflow, "orc">,
  path: string | null,
): Promise<OrcError | undefined> {
  if (orc === null) return undefined;
  if (await fitsRange(VERSION, orc)) return undefined;
  return misconfigured(
    "orc_version",
    `The workflow asks for orc "${orc}", and this is orc ${VERSION}`,
    {
      hint: "install a version in that range; orc version shows what you have",
      path: path ?? undefined,
      details: { range: orc, version: VERSION },
    },
  );
}

/** The Python tool lets one id stand for two things, and counts the progress of one of them. */
export function ambiguityRefusal(
  session: string,
  { kind, id }: DuplicateId,
): OrcError {
  return corrupt(
    "duplicate_id",
    `The workflow of session "${session}" has the ${kind} id ${
      quoted(id)
    } twice, so what it says about it is ambiguous`,
    {
      hint:
        'give each its own id in workflow.yaml, then start anew: orc start --beside "TASK"',
      details: { kind, id },
    },
  );
}
