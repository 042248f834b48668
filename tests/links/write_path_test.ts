/** Nothing is written through a link, and nothing waits for a pipe. */
import { OrcError } from "../../src/base/error.ts";
import { sweep } from "../../src/files/lock.ts";
import { writeAtomic } from "../../src/files/write.ts";
import { publishSession } from "../../src/session/create.ts";
import { readAdoption } from "../../src/session/legacy.ts";
import { appendEvents, settleLog } from "../../src/session/log.ts";
import { findWorkingFile } from "../../src/checks/run.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import {
  complete,
  completedItems,
  namesIn,
  NOW,
  SESSION_ID,
  tokenOf,
  withSession,
} from "../session/fixtures.ts";
import {
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";

function makePipe(path: string): void {
  const { success } = new Deno.Command("mkfifo", { args: [path] }).outputSync();
  if (!success) throw new Error("mkfifo does not work here");
}

/** Puts each thing that is no regular file in a place, with what it is called. */
const INTRUDERS: readonly [string, (path: string, target: string) => void][] = [
  ["a symbolic link", (path, target) => Deno.symlinkSync(target, path)],
  ["a symbolic link", (path) => Deno.symlinkSync("gone", path)],
  ["a symbolic link", (path) => Deno.symlinkSync("lock", path)],
  ["a symbolic link", (path) => Deno.symlinkSync("/dev/zero", path)],
  ["a named pipe", makePipe],
];

Deno.test("publishSession() makes no session behind a link", () =>
  withSession(({ layout }) => {
    Deno.renameSync(layout.sessions, `${layout.root}/elsewhere`);
    Deno.symlinkSync("../elsewhere", layout.sessions);
    const files = { meta: {}, log: "", state: "{}" };
    assertThrows(
      () => publishSession(layout, "new", files, tokenOf(7)),
      OrcError,
      "symbolic link",
    );
    assertEquals(namesIn(`${layout.root}/elsewhere`), [SESSION_ID]);
  }));

Deno.test("SessionStore.update() refuses a lock that is no file and leaves it", () =>
  withSession(async ({ store, paths, layout }) => {
    const target = `${layout.root}/target`;
    const lock = `${paths.directory}/lock`;
    const state = Deno.readTextFileSync(paths.state);
    for (const [name, put] of INTRUDERS) {
      Deno.writeTextFileSync(target, "precious");
      put(lock, target);
      const before = Deno.lstatSync(lock).ino;
      const error = await assertRejects(
        () => store.update(SESSION_ID, complete("a")),
        OrcError,
        `Cannot read "${lock}": it is ${name} and not a regular file`,
      );
      assertEquals([error.kind, error.path], ["corrupt", lock]);
      assertEquals(Deno.lstatSync(lock).ino, before);
      assertEquals(Deno.readTextFileSync(target), "precious");
      assertEquals(Deno.readTextFileSync(paths.state), state);
      assertEquals(namesIn(paths.directory).length, 4);
      Deno.removeSync(lock);
    }
  }));

Deno.test("settleLog() and appendEvents() write into nothing that is no file", () =>
  withTemporaryDirectory((directory) => {
    const path = `${directory}/log.jsonl`;
    for (const [, put] of INTRUDERS) {
      writeTree(directory, { target: "precious" });
      put(path, `${directory}/target`);
      const nothing = () => {};
      const settlement = {
        lastEvents: [],
        isDurable: true,
        judge: nothing,
        fence: nothing,
        token: "token",
      };
      for (
        const write of [
          () => settleLog(path, settlement),
          () => appendEvents(path, []),
        ]
      ) {
        const error = assertThrows(write, OrcError);
        assertEquals(error.code, "not_a_regular_file");
      }
      assertEquals(Deno.readTextFileSync(`${directory}/target`), "precious");
      assertEquals(namesIn(directory), ["log.jsonl", "target"]);
      Deno.removeSync(path);
    }
  }));

Deno.test("writeAtomic() replaces nothing that is no file", () =>
  withTemporaryDirectory((directory) => {
    const path = `${directory}/state.json`;
    for (const [, put] of INTRUDERS) {
      writeTree(directory, { target: "precious" });
      put(path, `${directory}/target`);
      const write = () =>
        writeAtomic(path, new Uint8Array(1), { token: tokenOf(1) });
      assertEquals(assertThrows(write, OrcError).code, "not_a_regular_file");
      assertEquals(Deno.readTextFileSync(`${directory}/target`), "precious");
      assertEquals(namesIn(directory), ["state.json", "target"]);
      Deno.removeSync(path);
    }
  }));

Deno.test("writeAtomic() writes through no link in its temporary file's place", () =>
  withTemporaryDirectory((directory) => {
    const token = tokenOf(1);
    writeTree(directory, { target: "precious" });
    Deno.symlinkSync("target", `${directory}/state.json.${token}.tmp`);
    assertThrows(() =>
      writeAtomic(`${directory}/state.json`, new Uint8Array(1), { token })
    );
    assertEquals(Deno.readTextFileSync(`${directory}/target`), "precious");
  }));

Deno.test("SessionStore.outputs() writes and reads through no link in the place of what is printed", () =>
  withSession(async ({ layout, paths, store }) => {
    writeTree(layout.root, { "elsewhere/a.txt": "secret" });
    Deno.symlinkSync(`${layout.root}/elsewhere`, paths.outputs);
    const outputs = await store.outputs({ id: SESSION_ID, lastEvents: [] });
    for (
      const act of [
        () => outputs.keep("printed"),
        () => outputs.read("outputs/a.txt"),
      ]
    ) {
      const { code } = await assertRejects(act, OrcError);
      assertEquals(code, "symbolic_link");
    }
    assertEquals(namesIn(`${layout.root}/elsewhere`), ["a.txt"]);
  }));

Deno.test("sweep() removes links and not what they lead to", () =>
  withTemporaryDirectory((directory) => {
    const foreign = tokenOf(2);
    writeTree(directory, { "kept/file": "precious", "swept/": "" });
    const swept = `${directory}/swept`;
    Deno.symlinkSync("../kept/file", `${swept}/state.json.${foreign}.tmp`);
    Deno.symlinkSync("../kept", `${swept}/current.${foreign}.tmp`);
    Deno.symlinkSync("../kept", `${swept}/.new-${foreign}`);
    Deno.mkdirSync(`${swept}/.new-${tokenOf(3)}`);
    Deno.symlinkSync("../../kept", `${swept}/.new-${tokenOf(3)}/link`);
    sweep(swept, tokenOf(1), NOW);
    assertEquals(namesIn(swept), [`.new-${foreign}`]);
    assertEquals(Deno.readTextFileSync(`${directory}/kept/file`), "precious");
  }));

Deno.test("SessionStore.update() refuses a session that is a link", () =>
  withSession(async ({ store, layout, paths }) => {
    const elsewhere = `${layout.root}/elsewhere`;
    Deno.renameSync(paths.directory, elsewhere);
    Deno.symlinkSync(elsewhere, paths.directory);
    const names = namesIn(elsewhere);
    const error = await assertRejects(
      () => store.update(SESSION_ID, complete("a")),
      OrcError,
    );
    assertEquals([error.kind, error.code], ["corrupt", "symbolic_link"]);
    assertEquals(namesIn(elsewhere), names);
    const [entry] = await store.list();
    assertStringIncludes(entry?.problem ?? "", "symbolic link");
  }));

Deno.test("readAdoption() reads nothing through a link", () =>
  withSession(({ layout, paths }) => {
    const elsewhere = `${layout.root}/elsewhere`;
    Deno.renameSync(paths.directory, elsewhere);
    Deno.symlinkSync(elsewhere, paths.directory);
    const error = assertThrows(
      () => readAdoption(layout, SESSION_ID),
      OrcError,
    );
    assertEquals(error.code, "symbolic_link");
  }));

Deno.test("SessionStore.update() gives a state with two names a file of its own", () =>
  withSession(async ({ store, layout, paths }) => {
    const other = `${layout.root}/other`;
    Deno.linkSync(paths.state, other);
    const text = Deno.readTextFileSync(other);
    const { session } = await store.update(SESSION_ID, complete("a"));
    assertEquals(completedItems(session.state), ["a"]);
    assertEquals(Deno.readTextFileSync(other), text);
  }));

Deno.test("findWorkingFile() follows links that stay in the tree", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, { "tree/docs/plan.md": "x", outside: "x" });
    const tree = `${directory}/tree`;
    Deno.symlinkSync("docs/plan.md", `${tree}/inside`);
    Deno.symlinkSync("../outside", `${tree}/out`);
    Deno.symlinkSync("gone", `${tree}/dangling`);
    assertEquals(findWorkingFile(tree, "inside"), {
      path: `${tree}/docs/plan.md`,
      problem: null,
    });
    assertEquals(
      findWorkingFile(tree, "out").problem,
      "out leads out of the repository",
    );
    assertEquals(
      findWorkingFile(tree, "dangling").problem,
      "dangling does not exist, only a link that leads nowhere",
    );
    Deno.symlinkSync(".", `${tree}/loop`);
    assertEquals(findWorkingFile(tree, "loop/loop/docs").problem, null);
    Deno.symlinkSync("circle", `${tree}/circle`);
    const error = assertThrows(
      () => findWorkingFile(tree, "circle"),
      OrcError,
    );
    assertEquals([error.kind, error.code], ["corrupt", "symbolic_link"]);
  }));

Deno.test("findWorkingFile() finds a file of a tree that is itself reached by a link", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, { "tree/plan.md": "x" });
    Deno.symlinkSync("tree", `${directory}/link`);
    assertEquals(findWorkingFile(`${directory}/link`, "plan.md"), {
      path: `${directory}/tree/plan.md`,
      problem: null,
    });
  }));
