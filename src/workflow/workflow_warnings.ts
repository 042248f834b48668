import { leadsOut } from "../base/path.ts";
import { nearest } from "../base/suggest.ts";
import { carriersOf } from "../engine/reviews.ts";
import { type CommandPlan, fillTemplate, planCommand } from "./command.ts";
import { EVIDENCE_SCHEMAS } from "./evidence.ts";
import type { Path, ProblemDraft } from "./problem.ts";
import type { Item, Phase, Verification, Workflow } from "./types.ts";
import { quote } from "./value.ts";
import { type Site, templateWarnings } from "./workflow_templates.ts";

const SUPERVISION_MODES: readonly unknown[] = [
  undefined,
  "supervised",
  "zero_human",
  "hybrid",
];

/** Programs that succeed whatever the agent did. */
const ALWAYS_PASSES = /^(?:(?:\/usr)?\/bin\/)?(?:true|echo|printf|:)$/;

/** Finds what a usable workflow says in vain: checks that cannot fail, names nothing defines. */
export function findWarnings(workflow: Workflow): readonly ProblemDraft[] {
  return [
    ...aboutWorkflow(workflow),
    ...workflow.phases.flatMap((phase, phaseIndex) => [
      ...aboutPhase(phase, ["phases", phaseIndex]),
      ...aboutReviews(workflow, phase, ["phases", phaseIndex]),
      ...phase.items.flatMap((item, itemIndex) => {
        const path = ["phases", phaseIndex, "items", itemIndex];
        return [
          ...aboutItem(item, { path, settings: workflow.settings }),
          ...aboutEvidence(item, path),
          ...aboutSecrets(item, path),
        ];
      }),
    ]),
  ];
}

function aboutWorkflow({ phases, settings }: Workflow): ProblemDraft[] {
  const found: ProblemDraft[] = [];
  if (phases.every(({ items }) => items.length === 0)) {
    found.push({
      code: "no_items",
      severity: "error",
      path: ["phases"],
      message: "No phase has an item, so there is nothing to enforce",
    });
  }
  const mode = settings.get("supervision_mode");
  if (!SUPERVISION_MODES.includes(mode)) {
    found.push({
      code: "unknown_supervision_mode",
      severity: "warning",
      path: ["settings", "supervision_mode"],
      message:
        "Unknown supervision mode, counts as supervised: use supervised, zero_human or hybrid",
    });
  }
  return found;
}

function aboutPhase({ exitGate }: Phase, path: Path): ProblemDraft[] {
  if (exitGate === null || exitGate === "human_approval") return [];
  return [{
    code: "unknown_exit_gate",
    severity: "warning",
    path: [...path, "exit_gate"],
    message: `Exit gate ${
      quote(exitGate)
    } has no effect: only human_approval is known`,
  }];
}

/** Only the Python tool can have such a review made, by a model. */
function aboutReviews(
  { phases }: Workflow,
  { requiredReviews }: Phase,
  path: Path,
): ProblemDraft[] {
  const ids = new Set(phases.flatMap(({ items }) => items.map(({ id }) => id)));
  return requiredReviews.flatMap((review, index): ProblemDraft[] => {
    const carriers = carriersOf(review);
    if (carriers.some((id) => ids.has(id))) return [];
    return [{
      code: "review_without_item",
      severity: "warning",
      path: [...path, "required_reviews", index],
      message: `No item carries the required review ${
        quote(review)
      }, so nobody can finish without force: add an item with the id ${
        carriers.map(quote).join(" or ")
      }`,
    }];
  });
}

function aboutItem(item: Item, site: Site): ProblemDraft[] {
  const { verification } = item;
  const path = [...site.path, "verification"];
  switch (verification.type) {
    case "none":
      return item.stepType === "gate" ? [gateWithoutCheck(site.path)] : [];
    case "manual_gate":
      return [];
    case "file_exists":
      return aboutFile(verification, { ...site, path: [...path, "path"] });
    case "command":
      return aboutCommand(verification, { ...site, path });
  }
}

function aboutFile(
  { path: file }: Verification & { readonly type: "file_exists" },
  site: Site,
): ProblemDraft[] {
  const found = templateWarnings(file, site);
  const filled = fillTemplate(file, site.settings);
  if (leadsOut(filled)) {
    found.push({
      code: "path_outside_tree",
      severity: "error",
      path: site.path,
      message: `The path ${
        quote(filled)
      } leads out of the working tree, where no check looks: write one that is relative to it and stays in it`,
    });
  }
  return found;
}

function aboutSecrets(
  { secrets, verification }: Item,
  path: Path,
): ProblemDraft[] {
  if (secrets.length === 0 || verification.type === "command") return [];
  return [{
    code: "secrets_without_effect",
    severity: "warning",
    path: [...path, "secrets"],
    message:
      "Secrets of an item that runs no command have no effect: what the work needs besides goes to the secrets of the workflow",
  }];
}

function aboutEvidence(
  { evidenceSchema: schema, verification }: Item,
  path: Path,
): ProblemDraft[] {
  if (schema === null) return [];
  const place = {
    severity: "warning",
    path: [...path, "evidence_schema"],
  } as const;
  if (verification.type === "manual_gate") {
    const message =
      "Evidence for a manual gate has no effect: a human decides, and looks at what there is";
    return [{ ...place, code: "evidence_without_effect", message }];
  }
  if (EVIDENCE_SCHEMAS.includes(schema)) return [];
  const meant = nearest(schema, EVIDENCE_SCHEMAS);
  const advice = meant === undefined
    ? `known are ${EVIDENCE_SCHEMAS.join(", ")}`
    : `did you mean "${meant}"?`;
  const message = `Unknown evidence schema ${
    quote(schema)
  }, so evidence counts unless it is empty: ${advice}`;
  return [{ ...place, code: "unknown_evidence_schema", message }];
}

function gateWithoutCheck(path: Path): ProblemDraft {
  return {
    code: "gate_without_check",
    severity: "error",
    path,
    message:
      "A gate without verification can verify nothing: give it a command, a file or a manual gate",
  };
}

function aboutCommand(
  { command, expectExitCode }: Verification & { readonly type: "command" },
  { path, settings }: Site,
): ProblemDraft[] {
  const commandPath = [...path, "command"];
  const found = templateWarnings(command, { path: commandPath, settings });
  const plan = planCommand(command, settings);
  if (plan.kind === "invalid") {
    found.push({
      code: "invalid_command",
      severity: "warning",
      path: commandPath,
      message: `The check cannot run: ${plan.problem}`,
    });
  }
  if (expectExitCode === 0 && alwaysPasses(plan)) {
    found.push({
      code: "check_always_passes",
      severity: "error",
      path: commandPath,
      message: `The check ${quote(command)} passes whatever was done`,
    });
  }
  if (expectExitCode < 0 || expectExitCode > 255) {
    found.push({
      code: "unreachable_exit_code",
      severity: "warning",
      path: [...path, "expect_exit_code"],
      message: `No program ends with exit code ${expectExitCode}`,
    });
  }
  return found;
}

function alwaysPasses(plan: CommandPlan): boolean {
  return plan.kind === "words" && ALWAYS_PASSES.test(plan.words[0] ?? "");
}
