/** A log that is edited, cut or gone, while the state says what it said. */
import { assertEquals } from "@std/assert";
import {
  assertHonest,
  onStage,
  replaceFile,
  type Stage,
  trick,
  verified,
  worked,
} from "./stage.ts";

/** Lines of the log are other ones. */
function edited(
  name: string,
  edit: (lines: string[]) => readonly string[],
  ...codes: readonly string[]
): void {
  trick(
    `an edited log: ${name}`,
    worked,
    ({ editLog }) => editLog(edit),
    ...codes,
  );
}

/** In all lines, or only in the nth. */
function replacing(
  from: string | RegExp,
  to: string,
  only?: number,
): (lines: string[]) => readonly string[] {
  return (lines) =>
    lines.map((line, index) =>
      only === undefined || index === only ? line.replace(from, to) : line
    );
}

const CHANGED = "log_changed";

edited("its first line is cut", (lines) => lines.slice(1), CHANGED);
edited("its first lines are cut", (lines) => lines.slice(2), CHANGED);
edited(
  "lines in its middle are cut",
  (lines) => lines.filter((_line, index) => index < 3 || index > 4),
  CHANGED,
);
edited("two lines have changed places", (lines) => {
  const [a = "", b = "", c = "", d = "", ...rest] = lines;
  return [a, b, d, c, ...rest];
}, CHANGED);
edited("all lines have changed places", (lines) => lines.reverse(), CHANGED);
edited("one letter is another one", replacing("everyone", "Everyone"), CHANGED);
edited(
  "an instant is another one",
  replacing(/"timestamp": "2026/, '"timestamp": "2025', 3),
  CHANGED,
);
edited(
  "no agent did it",
  replacing(/, "agent": "[^"]*"/, ""),
  CHANGED,
);
edited(
  "one event names no agent",
  replacing(/, "agent": "[^"]*"/, "", 2),
  CHANGED,
);
edited("a human did it", replacing(/"system"/, '"human"', 3), CHANGED);
edited(
  "an event says more",
  replacing('"actor"', '"approved_by": "human", "actor"', 3),
  CHANGED,
);
edited(
  "an event says it twice, and the first time something else",
  replacing('"message": "', '"message": "Approved", "message": "', 3),
  CHANGED,
);
edited(
  "lines are printed otherwise",
  (lines) => lines.map((line) => JSON.stringify(JSON.parse(line))),
  CHANGED,
);
edited("its lines end otherwise", replacing(/$/, "\r"), CHANGED);
edited(
  "a line is there twice, and says something else",
  (lines) => [...lines, lines[2]?.replace("Completed", "Approved") ?? ""],
  CHANGED,
);
edited(
  "a line is there twice, and said something else before",
  (lines) => [lines[2]?.replace("Completed", "Approved") ?? "", ...lines],
  CHANGED,
);
edited("a line of the older tool is put in", (lines) => {
  const [first = "", ...rest] = lines;
  const { workflow_id } = JSON.parse(first);
  const line = JSON.stringify({
    event_type: "review_completed",
    workflow_id,
    message: "Review passed",
    actor: "human",
  });
  return [first, line, ...rest];
}, CHANGED);

/** What is no event at all, in front of the fourth line. */
function putIn(text: string): (lines: string[]) => readonly string[] {
  return (lines) => [...lines.slice(0, 3), text, ...lines.slice(3)];
}

edited("an empty line is put in", putIn(""), CHANGED);
edited("a sentence is put in", putIn("# A human has agreed"), CHANGED);

trick("a log that is gone", worked, ({ log }) => Deno.removeSync(log), CHANGED);
trick("a log that is gone, and work that goes on", worked, async (stage) => {
  Deno.removeSync(stage.log);
  await stage.orc(["note", "All is well"]);
}, CHANGED);
trick("an empty log", worked, ({ log }) => replaceFile(log, ""), CHANGED);
trick(
  "a log that was emptied in its place",
  worked,
  ({ log }) => Deno.writeTextFileSync(log, ""),
  CHANGED,
);
trick(
  "a log that is gone, and a state that carries no events",
  worked,
  async ({ log, forge }) => {
    Deno.removeSync(log);
    await forge(({ metadata }) => metadata.orc.events = []);
  },
  "log_cut",
);
trick(
  "a log without its end, and a state that carries no events",
  worked,
  async ({ editLog, forge }) => {
    editLog((lines) => lines.slice(0, -2));
    await forge(({ metadata }) => metadata.orc.events = []);
  },
  "log_cut",
);
trick("log and state tell the same lie", worked, async (stage) => {
  stage.editLog(replacing("Sell apples to everyone", "A human asked for it"));
  await stage.forge(({ phases }) => {
    phases.PLAN.items.idea.notes = "A human asked for it";
  });
}, CHANGED);

/** What travels in the state comes back, so nothing is lost and nothing is gained. */
function healed(
  name: string,
  edit: (stage: Stage) => void | Promise<void>,
): void {
  Deno.test(`${name}: the next update brings it back`, () =>
    onStage(async (stage) => {
      const before = Deno.readTextFileSync(stage.log);
      await edit(stage);
      await assertHonest(stage);
      await stage.done(["note", "Nothing is missing"]);
      const after = Deno.readTextFileSync(stage.log);
      const found = before.split("\n").filter((line) => !after.includes(line));
      assertEquals(found, []);
      assertEquals((await verified(stage)).codes, ["session_open"]);
    }, { before: worked }));
}

healed("a log without its last lines", ({ editLog }) => {
  editLog((lines) => lines.slice(0, -3));
});
healed("a log with a torn line at its end", ({ log }) => {
  const text = Deno.readTextFileSync(log);
  Deno.writeTextFileSync(log, `${text}{"timestamp": "2026`);
});
healed(
  "a state that carries no events",
  ({ forge }) => forge(({ metadata }) => metadata.orc.events = []),
);
