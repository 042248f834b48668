import { progressLine } from "../../src/commands/migration.ts";
import { migrate } from "../../src/migration/use.ts";
import { addNote } from "../../src/work/item.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import { EVERYTHING, makeDistinct } from "../migration/fixtures.ts";
import {
  EASY_WORKFLOW,
  edit,
  fixedHost,
  legacyState,
  sessionsIn,
  withRoot,
} from "../work/fixtures.ts";
import {
  documentOf,
  inEmptyDirectory,
  orc,
  testOutput,
  testText,
} from "./orc.ts";
import { assert, assertEquals } from "@std/assert";

function withLegacy(test: (root: string) => Promise<void>): Promise<void> {
  return withRoot(EVERYTHING, (root) => {
    makeDistinct(root, EVERYTHING);
    return test(root);
  });
}

/** The session went on in both places. */
async function diverge(root: string): Promise<void> {
  await addNote(fixedHost({ number: 2 }), { root, text: "new" });
  edit(`${root}/.workflow_state.json`, "Old task", "Older task");
}

testText({
  name: "orc migrate moves everything in",
  argv: ["migrate", "--yes"],
  within: withLegacy,
});

testText({
  name: "orc migrate says when there is nothing",
  argv: ["migrate"],
  within: inEmptyDirectory,
});

testOutput({
  name: "orc migrate refuses what contradicts itself, and names the ways on",
  argv: ["migrate"],
  within: withLegacy,
  before: diverge,
  exitCode: 5,
  code: "layouts_differ",
});

testOutput({
  name: "orc migrate --rollback brings everything back",
  argv: ["migrate", "--rollback"],
  within: withLegacy,
  before: (root) => migrate(fixedHost({ number: 2 }), { root }),
});

testOutput({
  name: "orc migrate --rollback refuses to lose what was done since",
  argv: ["migrate", "--rollback"],
  within: withLegacy,
  before: async (root) => {
    await migrate(fixedHost({ number: 2 }), { root });
    await addNote(fixedHost({ number: 3 }), { root, text: "since" });
  },
  exitCode: 5,
  code: "changed_since",
});

testOutput({
  name: "orc migrate refuses flags that contradict each other",
  argv: ["migrate", "--force-from-old", "--force-from-new"],
  within: inEmptyDirectory,
  exitCode: 2,
  code: "contradicting_flags",
});

testText({
  name: "orc import-legacy copies a directory",
  argv: ["import-legacy", "old"],
  within: (test) =>
    withRoot(
      Object.fromEntries(
        Object.entries(EVERYTHING).map(([path, text]) => [`old/${path}`, text]),
      ),
      test,
    ),
});

testOutput({
  name: "orc import-legacy refuses what is not there",
  argv: ["import-legacy", "gone"],
  within: inEmptyDirectory,
  exitCode: 4,
  code: "no_such_file",
});

Deno.test("orc migrate --dry-run shows what would move, what differs and what is free", () =>
  withLegacy(async (root) => {
    await diverge(root);
    const argv = ["migrate", "--dry-run"];
    const { out, exitCode } = await orc(root, argv);
    assertEquals(exitCode, 0);
    assertEquals(
      out.split("\n").filter((line) =>
        /Differs|old\)|task:|Refused/.test(line)
      ),
      [
        "Differs:",
        "  .workflow_state.json (old) and sessions/1a2b3c4d (new)",
        '    task: old "Older task", new "Old task"',
        "Refused until you say which is right: orc migrate --force-from-old, or --force-from-new",
      ],
    );
    const ran = await orc(root, [...argv, "--json"]);
    // deno-lint-ignore no-explicit-any
    const { result } = documentOf(ran) as any;
    assertEquals([result.action, result.conflicts.length], ["planned", 1]);
  }));

Deno.test("progressLine() shows bytes and the time that is left", () => {
  const progress = { step: "read" as const, totalBytes: 1_000_000_000 };
  assertEquals(
    [0, 250_000_000, 1_000_000_000].map((doneBytes) =>
      progressLine({ ...progress, doneBytes }, 2000)
    ),
    [
      "Reading [....................] 0 B of 1.0 GB",
      "Reading [#####...............] 250 MB of 1.0 GB, 6 s left",
      "Reading [####################] 1.0 GB of 1.0 GB, 0 s left",
    ],
  );
});

const LINE =
  "Warning: Legacy files of the older tool lie in the root; orc migrate moves them in\n";

/** Somebody at a terminal. */
const PERSON = { answers: [] };

function withNotice(test: (root: string) => Promise<void>): Promise<void> {
  const files = {
    "workflow.yaml": EASY_WORKFLOW,
    ".workflow_state.json": legacyState(),
  };
  return withRoot(files, test);
}

Deno.test("orc tells readers of legacy files in one line, and writes nothing", () =>
  withNotice(async (root) => {
    const before = readTree(root);
    for (const machine of [{}, PERSON]) {
      const { err } = await orc(root, ["status"], machine);
      assertEquals(err, LINE);
    }
    assertEquals(readTree(root), before);
  }));

Deno.test("orc shows a box at a terminal once a day, after a command that writes", () =>
  withNotice(async (root) => {
    const note = (number: number, at: string) =>
      orc(root, ["note", `${number}`], { ...PERSON, number, at });
    const days = ["2026-03-01", "2026-03-01", "2026-03-02"];
    const said: string[] = [];
    for (const [index, day] of days.entries()) {
      const { err } = await note(index + 1, `${day}T10:00:0${index}Z`);
      said.push(err);
    }
    assertEquals(said.map((text) => text.startsWith("╔")), [true, false, true]);
    assertEquals(said[1], LINE);
    assert(said[0]?.split("\n").every((line) => line.length <= 80));
  }));

Deno.test("orc says nothing of legacy files with --json or --quiet, and where there are none", () =>
  withNotice(async (root) => {
    assertEquals((await orc(root, ["status", "--json"], PERSON)).err, "");
    assertEquals((await orc(root, ["status", "--quiet"], PERSON)).err, "");
    await orc(root, ["migrate", "--yes"]);
    assertEquals((await orc(root, ["status"], { number: 2 })).err, "");
  }));

const ASKING = { environment: { ORCHESTRATOR_AUTO_MIGRATE: "1" } };

Deno.test("ORCHESTRATOR_AUTO_MIGRATE=1 migrates before the first command that writes", () =>
  withNotice(async (root) => {
    await orc(root, ["status"], ASKING);
    assert(".workflow_state.json" in readTree(root));
    const { exitCode, err } = await orc(root, ["note", "x"], ASKING);
    assertEquals(exitCode, 0, err);
    assert(err.startsWith("Warning: Moved the legacy files in"));
    assert(!(".workflow_state.json" in readTree(root)));
    assertEquals(sessionsIn(root), ["1a2b3c4d"]);
  }));

Deno.test("ORCHESTRATOR_AUTO_MIGRATE migrates for 1 only, and says what it does not understand", () =>
  withNotice(async (root) => {
    for (const [number, value] of ["0", "yes"].entries()) {
      const environment = { ORCHESTRATOR_AUTO_MIGRATE: value };
      const argv = ["note", value];
      const { err } = await orc(root, argv, { environment, number });
      const said = `Warning: ORCHESTRATOR_AUTO_MIGRATE is "yes", not 1 or 0\n`;
      assertEquals(err, value === "0" ? LINE : `${said}${LINE}`);
    }
    assert(".workflow_state.json" in readTree(root));
  }));

Deno.test("ORCHESTRATOR_AUTO_MIGRATE=1 keeps nobody from working when it is refused", () =>
  withNotice(async (root) => {
    writeTree(root, { ".workflow_state.json": "{" });
    const argv = ["start", "New task", "--beside"];
    const { exitCode, err } = await orc(root, argv, ASKING);
    assertEquals(exitCode, 0, err);
    assert(err.startsWith("Warning: The legacy files were not moved in: "));
    assertEquals(Deno.readTextFileSync(`${root}/.workflow_state.json`), "{");
  }));
