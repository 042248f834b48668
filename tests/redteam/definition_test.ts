/** The pinned workflow is weakened: the rules a session began with are those it must end with. */
import type { PlainState } from "../session/forge.ts";
import {
  onStage,
  plan,
  planned,
  type Stage,
  started,
  trick,
  verified,
  worked,
} from "./stage.ts";
import { assert } from "@std/assert";

const CHANGED = "definition_changed";

/** The item that a human approves, and the gate, as the definition lists them. */
function itemsOf({ workflow_definition: { phases } }: PlainState): PlainState {
  return { consent: phases[0].items[2], tests: phases[1].items[1] };
}

/** The definition is weakened, and commands go on by it. */
function weakened(
  name: string,
  before: (stage: Stage) => Promise<void>,
  edit: (state: PlainState) => void,
  ...argv: readonly string[]
): void {
  trick(`a weakened workflow: ${name}`, before, async (stage) => {
    await stage.forge(edit);
    if (argv.length > 0) await stage.orc(argv);
  }, CHANGED);
}

weakened(
  "a gate is none",
  planned,
  (state) => {
    const { tests } = itemsOf(state);
    tests.step_type = "flexible";
    tests.verification.type = "none";
  },
  "complete",
  "tests",
  "--notes",
  "All is well",
);
weakened(
  "a command cannot fail",
  planned,
  (state) => {
    itemsOf(state).tests.verification.command = "true";
  },
  "complete",
  "tests",
);
weakened("an item need not be done", planned, (state) => {
  itemsOf(state).tests.required = false;
});
weakened("an item is gone", planned, (state) => {
  state.workflow_definition.phases[1].items.splice(1, 1);
  delete state.phases.BUILD.items.tests;
});
weakened(
  "no human is asked",
  plan,
  (state) => {
    state.workflow_definition.settings.supervision_mode = "zero_human";
  },
  "complete",
  "consent",
  "--notes",
  "All is well",
);
weakened(
  "a human's gate is none",
  plan,
  (state) => {
    itemsOf(state).consent.verification.type = "none";
  },
  "complete",
  "consent",
  "--notes",
  "All is well",
);
weakened("nobody approves the phase", plan, (state) => {
  state.workflow_definition.phases[0].exit_gate = null;
}, "advance");
weakened("there is none", planned, (state) => {
  state.workflow_definition = null;
});

trick(
  "a weakened workflow, and its hash in the log",
  planned,
  (stage) =>
    stage.forge((state) => {
      itemsOf(state).tests.verification.command = "true";
      stage.editLog(([first = "", ...rest]) => [
        first.replace(
          /"definition_sha256": "\w+"/,
          `"definition_sha256": "${"ab".repeat(32)}"`,
        ),
        ...rest,
      ]);
    }),
  "log_changed",
);

/** The definition is weakened for one command, and then again what it was. */
function forOneCommand(
  name: string,
  before: (stage: Stage) => Promise<void>,
  edit: (state: PlainState) => void,
  ...argv: readonly string[]
): void {
  trick(
    `a workflow weakened for one command: ${name}`,
    before,
    async (stage) => {
      const text = Deno.readTextFileSync(stage.state);
      const { workflow_definition } = JSON.parse(text);
      await stage.forge(edit);
      await stage.done(argv);
      await stage.forge((state) => {
        state.workflow_definition = workflow_definition;
      });
    },
    "update_not_allowed",
  );
}

forOneCommand(
  "a gate is none",
  planned,
  (state) => {
    const { tests } = itemsOf(state);
    tests.step_type = "flexible";
    tests.verification.type = "none";
  },
  "complete",
  "tests",
  "--notes",
  "All is well",
);
forOneCommand(
  "a command cannot fail",
  planned,
  (state) => {
    itemsOf(state).tests.verification.command = "true";
  },
  "complete",
  "tests",
);
forOneCommand(
  "another file will do",
  started,
  (state) => {
    const [, item] = state.workflow_definition.phases[0].items;
    item.verification.path = "README.md";
  },
  "complete",
  "plan",
);
forOneCommand(
  "a human's gate is none",
  plan,
  (state) => {
    itemsOf(state).consent.verification.type = "none";
  },
  "complete",
  "consent",
  "--notes",
  "All is well",
);
forOneCommand(
  "no human is asked",
  plan,
  (state) => {
    state.workflow_definition.settings.supervision_mode = "zero_human";
  },
  "complete",
  "consent",
  "--notes",
  "All is well",
);
forOneCommand("nobody approves the phase", async (stage) => {
  await plan(stage);
  await stage.human(["approve-item", "consent"], "consent");
}, (state) => {
  state.workflow_definition.phases[0].exit_gate = null;
}, "advance");

Deno.test("workflow.yaml is weakened: the session keeps the one it began with", () =>
  onStage(async (stage) => {
    const path = `${stage.root}/workflow.yaml`;
    const text = Deno.readTextFileSync(path);
    Deno.writeTextFileSync(path, text.replace("test -f passes", "true"));
    Deno.removeSync(`${stage.root}/passes`);
    const { exitCode } = await stage.orc(["complete", "tests"]);
    const { codes } = await verified(stage);
    assert(codes.includes("session_open") && exitCode !== 1);
  }, { before: worked }));
