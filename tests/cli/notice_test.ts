import { orc } from "../commands/orc.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import {
  EASY_WORKFLOW,
  legacyState,
  sessionsIn,
  withRoot,
} from "../work/fixtures.ts";
import { assert, assertEquals } from "@std/assert";

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
