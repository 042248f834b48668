import { OrcError } from "../../src/base/error.ts";
import { repositoryLayout } from "../../src/base/layout.ts";
import {
  readCheckpoint,
  readCheckpoints,
} from "../../src/checkpoints/files.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { assertEquals, assertThrows } from "@std/assert";

const PYTHON = "tests/testdata/python-projects/cp";
const THEIRS = `${PYTHON}/.orchestrator/sessions/3f1eb0bb/checkpoints`;

function withCheckpoints(
  files: Readonly<Record<string, string>>,
  test: (at: ReturnType<typeof repositoryLayout>, directory: string) => void,
): Promise<void> {
  return withTemporaryDirectory((root) => {
    const directory = `${root}/checkpoints`;
    writeTree(directory, files);
    test(repositoryLayout(root), directory);
  });
}

function textOf(id: string): string {
  return JSON.stringify({ checkpoint_id: id, workflow_id: "w", phase_id: "P" });
}

Deno.test("readCheckpoints() reads all that the Python tool wrote, and names what is damaged", () => {
  const layout = repositoryLayout(Deno.cwd());
  const directory = `${Deno.cwd()}/${THEIRS}`;
  const { entries, problems } = readCheckpoints(layout, directory);
  assertEquals(entries.map(({ id }) => id), [
    "cp_20261120_080124_555383_8918_d897",
    "cp_20261120_080125_130078_3596_d897",
    "cp_20261120_080125_972839_8090_d897",
    "cp_20261120_080126_716957_3387_d897",
    "cp_20261120_080127_450017_0723_d897",
    "cp_w",
    "cp_y",
  ]);
  assertEquals(problems.length, 1);
  assertEquals(problems[0]?.includes("cp_z.json"), true);
  const [first] = entries;
  assertEquals(first?.files, ["workflow.yaml"]);
  assertEquals(first && "snapshot" in first, false);
  const read = readCheckpoint(layout, directory, first?.id ?? "");
  assertEquals(read.snapshot?.get("task_description"), "x");
});

Deno.test("readCheckpoints() finds nothing where there is no directory", () =>
  withTemporaryDirectory((root) => {
    const layout = repositoryLayout(root);
    const found = readCheckpoints(layout, layout.legacyCheckpoints);
    assertEquals(found, { entries: [], problems: [] });
  }));

Deno.test("readCheckpoints() leaves alone what is not named like a checkpoint", () =>
  withCheckpoints({
    "cp_a.json": textOf("cp_a"),
    "notes.json": "x",
    "cp_b.json.bak": "x",
    "cp_b.c.json": "x",
    "cp_.json": "x",
  }, (layout, directory) => {
    const { entries, problems } = readCheckpoints(layout, directory);
    assertEquals(entries.map(({ id }) => id), ["cp_a"]);
    assertEquals(problems, []);
  }));

Deno.test("readCheckpoints() names directories, foreign names and broken text", () =>
  withCheckpoints({
    "cp_a.json": textOf("cp_b"),
    "cp_c.json/": "",
    "cp_d.json": "",
    "cp_e.json": "[]",
    "cp_f.json": "\u0000\u0000",
  }, (layout, directory) => {
    const { entries, problems } = readCheckpoints(layout, directory);
    assertEquals(entries, []);
    assertEquals(problems.length, 5);
    const error = assertThrows(
      () => readCheckpoint(layout, directory, "cp_a"),
      OrcError,
    );
    assertEquals(error.code, "misnamed_checkpoint");
  }));

Deno.test("readCheckpoint() says that there is none", () =>
  withCheckpoints({}, (layout, directory) => {
    const error = assertThrows(
      () => readCheckpoint(layout, directory, "cp_a"),
      OrcError,
    );
    assertEquals([error.kind, error.code], [
      "not_found",
      "no_such_checkpoint",
    ]);
    assertThrows(() => readCheckpoint(layout, directory, "../x"), Error);
  }));
