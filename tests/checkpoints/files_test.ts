import { repositoryLayout } from "../../src/base/layout.ts";
import { OrcError } from "../../src/base/error.ts";
import {
  changedFiles,
  decoded,
  readCheckpoints,
  writeCheckpoint,
} from "../../src/checkpoints/files.ts";
import { decodeCheckpoint, stateIn } from "../../src/checkpoints/rules.ts";
import { checkpointsIn } from "../../src/session/kept/checkpoints.ts";
import { orcErrorOf } from "../engine/act.ts";
import {
  atSync,
  codeOf,
  readTree,
  withTemporaryDirectory,
  writeTree,
} from "../files/temporary.ts";
import {
  complete,
  completedItems,
  foreignRecord,
  lockText,
  namesIn,
  SESSION_ID,
  type StoredFixture,
  test,
  tokenOf,
} from "../session/fixtures.ts";
import {
  fixedHost,
  GIT_FILTERS,
  GIT_LS_FILES,
  type Programs,
} from "../work/fixtures.ts";
import { assertRefused } from "../work/refused.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";

const PYTHON = "tests/testdata/python-projects/cp";
const THEIRS = `${PYTHON}/.orchestrator/sessions/3f1eb0bb/checkpoints`;

function withCheckpoints(
  files: Readonly<Record<string, string>>,
  test: (
    at: ReturnType<typeof repositoryLayout>,
    directory: string,
  ) => Promise<void>,
): Promise<void> {
  return withTemporaryDirectory(async (root) => {
    const directory = `${root}/checkpoints`;
    writeTree(directory, files);
    await test(repositoryLayout(root), directory);
  });
}

function textOf(id: string): string {
  return JSON.stringify({ checkpoint_id: id, workflow_id: "w", phase_id: "P" });
}

Deno.test("readCheckpoints() reads all that the Python tool wrote, and names what is damaged", async () => {
  const directory = `${Deno.cwd()}/${THEIRS}`;
  const kept = checkpointsIn(Deno.cwd(), directory);
  const { checkpoints: entries, problems } = await readCheckpoints(kept, "s1");
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
  const read = decoded(await kept.read(first?.id ?? ""));
  assertEquals(read.snapshot?.get("task_description"), "x");
});

Deno.test("readCheckpoints() finds nothing where there is no directory", () =>
  withTemporaryDirectory(async (root) => {
    const layout = repositoryLayout(root);
    const { legacyCheckpoints } = layout;
    const found = await readCheckpoints(
      checkpointsIn(layout.root, legacyCheckpoints),
    );
    assertEquals(found, { checkpoints: [], problems: [] });
  }));

Deno.test("readCheckpoints() names directories, foreign names and broken text, and leaves alone other names", () =>
  withCheckpoints({
    "cp_a.json": textOf("cp_b"),
    "cp_c.json/": "",
    "cp_d.json": "",
    "cp_e.json": "[]",
    "cp_f.json": "\u0000\u0000",
    "cp_g.json": textOf("cp_g"),
    "notes.json": "x",
    "cp_b.json.bak": "x",
    "cp_b.c.json": "x",
    "cp_.json": "x",
  }, async (layout, directory) => {
    const kept = checkpointsIn(layout.root, directory);
    const found = await readCheckpoints(kept, "s1");
    assertEquals(found.checkpoints.map(({ id }) => id), ["cp_g"]);
    assertEquals(found.problems.length, 5);
    const misnamed = await kept.read("cp_a");
    assertEquals(
      [
        orcErrorOf(() => decoded(misnamed)).code,
        await codeOf(() => kept.read("cp_none")),
      ],
      ["misnamed_checkpoint", "not_found no_such_checkpoint"],
    );
    await assertRejects(() => kept.read("../x"), Error, "No checkpoint id");
  }));

const FACTS = { message: null, decisions: [], files: [] };

function write(fixture: StoredFixture, sessionId = SESSION_ID) {
  return writeCheckpoint(fixture, sessionId, FACTS);
}

test("writeCheckpoint() stores the state as it is under the lock, and changes nothing else", async (fixture) => {
  const { store, paths } = fixture;
  await store.update(SESSION_ID, complete("a"));
  const before = readTree(paths.directory);
  const { path, checkpoint } = await write(fixture);
  const written = decodeCheckpoint(Deno.readTextFileSync(path), path);
  assertEquals(written, checkpoint);
  assertEquals(completedItems(stateIn(written)), ["a"]);
  assertEquals(written.snapshot?.has("_checksum"), false);
  const rest = Object.entries(readTree(paths.directory))
    .filter(([name]) => !name.startsWith("checkpoints/"));
  assertEquals(Object.fromEntries(rest), before);
});

test("writeCheckpoint() takes a free name where one is taken already", async (fixture) => {
  const token = tokenOf(1);
  // The lock's token, twice the same for the name, then another.
  const tokens = [token, token, token, token, `1${token.slice(1)}`];
  const newToken = () => tokens.shift() ?? token;
  const context = { ...fixture.context, newToken };
  const first = await write({ ...fixture, context });
  const text = Deno.readTextFileSync(first.path);
  const second = await write({ ...fixture, context });
  assert(first.path !== second.path);
  assertEquals(Deno.readTextFileSync(first.path), text);
  assertEquals(namesIn(fixture.paths.checkpoints).length, 2);
});

test("writeCheckpoint() sweeps up what a killed one left", async (fixture) => {
  const { paths } = fixture;
  const left = `cp_x.json.${tokenOf(0xdead)}.tmp`;
  writeTree(paths.directory, { [left]: "{" });
  await write(fixture);
  assert(!namesIn(paths.directory).includes(left));
  assertEquals(namesIn(paths.checkpoints).length, 1);
});

test("writeCheckpoint() refuses sessions that are closed, missing, locked or changed outside", async (fixture) => {
  const { paths, store } = fixture;
  const refused = (expected: string, id?: string) =>
    assertRefused(expected, () => write(fixture, id));
  await refused("not_found no_such_session", "nobody");
  writeTree(paths.directory, { lock: lockText(foreignRecord()) });
  await refused("conflict lock_held");
  Deno.removeSync(`${paths.directory}/lock`);
  await store.update(SESSION_ID, (session) => ({
    ...complete("a")(session),
    state: { ...session.state, status: "abandoned" },
  }));
  await refused("refused session_closed");
  const text = Deno.readTextFileSync(paths.state);
  Deno.writeTextFileSync(paths.state, text.replace("abandoned", "active"));
  await refused("corrupt changed_outside");
  assertEquals(namesIn(paths.directory).includes("checkpoints"), false);
});

test("writeCheckpoint() stores nothing for who is displaced", async (fixture) => {
  await write(fixture);
  const { directory } = fixture.paths;
  const before = readTree(directory);
  const lose = () => Deno.removeSync(`${directory}/lock`);
  const code = await codeOf(() => atSync(1, lose, () => write(fixture)));
  assertEquals(code, "conflict lock_lost");
  assertEquals(readTree(directory), before);
});

test("writeCheckpoint() refuses a file in the place of the directory", async (fixture) => {
  writeTree(fixture.paths.directory, { checkpoints: "mine" });
  const run = () => write(fixture);
  await assertRefused("corrupt not_a_directory", run);
  assertEquals(Deno.readTextFileSync(fixture.paths.checkpoints), "mine");
});

test("removeCheckpoints() removes what is named and still there", async (fixture) => {
  const first = await write(fixture);
  const second = await write(fixture);
  const ids = [first.checkpoint.id, "cp_gone"];
  const kept = await fixture.store.checkpoints(SESSION_ID);
  const removed = await kept.remove(ids);
  assertEquals(removed, [first.checkpoint.id]);
  const [left] = namesIn(fixture.paths.checkpoints);
  assertEquals(left, `${second.checkpoint.id}.json`);
});

const CUT = "… 70000 bytes left out …";

Deno.test("changedFiles() names what git sees as changed, up to ten, without names that were cut or state of orc", async () => {
  const names = Array.from({ length: 12 }, (_, index) => `src/é ${index}.ts`);
  const all = [".orchestrator/meta.json", ...names, ""].join("\0");
  const problem = "git was not found";
  const stdout = "a.ts\0";
  const cases: readonly [Programs[string], readonly string[]][] = [
    [{ stdout: all }, names.slice(0, 10)],
    [{ stdout: `a.ts\0half of a na\n${CUT}\nme\0z.ts\0` }, ["a.ts"]],
    [{ stdout, exitCode: 128 }, []],
    [{ stdout, exitCode: -1, problem }, []],
  ];
  for (const [ending, expected] of cases) {
    const host = fixedHost({ programs: { [GIT_LS_FILES]: ending } });
    assertEquals(await changedFiles(host, "/shop"), expected);
  }
});

Deno.test("changedFiles() names nothing where git may not be run, and hides no bug", async () => {
  const denied = new OrcError("denied", "permission_missing", "No");
  const host = { ...fixedHost(), runProgram: () => Promise.reject(denied) };
  assertEquals(await changedFiles(host, "/shop"), []);
  await assertRejects(() => changedFiles(fixedHost(), "/shop"), Error, "git");
});

Deno.test("changedFiles() turns off each filter by its name", async () => {
  const stdout = "filter.lfs.clean\0filter.a=b.process\0filter.lfs.smudge\0";
  const overrides = ["lfs.clean", "a=b.process"]
    .map((name) => `--config-env=filter.${name}=ORCHESTRATOR_NOTHING`);
  const words = [...overrides, "ls-files"].join(" ");
  const programs = {
    [GIT_FILTERS]: { stdout },
    [GIT_LS_FILES.replace("ls-files", words)]: { stdout: "a.ts\0" },
  };
  const host = fixedHost({ programs });
  assertEquals(await changedFiles(host, "/shop"), ["a.ts"]);
  for (const { variables = {} } of host.requests) {
    assertEquals(variables.ORCHESTRATOR_NOTHING, "");
    assertEquals(variables.GIT_ALLOW_PROTOCOL, "");
    assertEquals(variables.GIT_OPTIONAL_LOCKS, "0");
  }
});

Deno.test("changedFiles() asks for no files where it does not know all filters", async () => {
  const endings: readonly Programs[string][] = [
    { stdout: `filter.a.clean\0fil\n${CUT}\nter.b.clean\0` },
    { stdout: "filter.\ufffd.clean\0", notUtf8: ["stdout"] },
    { exitCode: 128 },
    { exitCode: -1, problem: "git was not found" },
  ];
  for (const ending of endings) {
    const host = fixedHost({ programs: { [GIT_FILTERS]: ending } });
    assertEquals(await changedFiles(host, "/shop"), []);
    assertEquals(host.requests.length, 1);
  }
});
