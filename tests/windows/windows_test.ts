/** orc on Windows, which is Wine's here: what differs from other systems, and what must not. */
import { playToTheEnd } from "../journey/honest_agent.ts";
import { APPROVING, treeOf } from "../journey/orc.ts";
import { fullTree, LOG } from "../migration/fixtures.ts";
import { problemsIn, sessionsIn } from "../parallel/whole.ts";
import { completedItems } from "../session/fixtures.ts";
import { legacyState } from "../work/fixtures.ts";
import {
  missing,
  onDriveC,
  ORC,
  setUp,
  tearDown,
  type WindowsDirectory,
} from "./wine.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

if (missing !== undefined) console.log(`windows: skipped, for ${missing}`);

Deno.test.beforeAll(setUp);
Deno.test.afterAll(tearDown);

function test(
  name: string,
  run: (directory: WindowsDirectory) => Promise<void>,
): void {
  const ignore = missing !== undefined;
  Deno.test({ name, ignore, fn: () => onDriveC(run) });
}

/** A workflow of gates that run commands, by the id of each. */
function workflowOf(commands: Readonly<Record<string, string>>): string {
  const items = Object.entries(commands).map(([id, command]) =>
    `      - {id: ${id}, name: ${id}, step_type: gate, timeout_seconds: 60, verification: {type: command, command: ${
      JSON.stringify(command)
    }}}\n`
  );
  return `name: Checks\nphases:\n  - id: P\n    name: P\n    items:\n${
    items.join("")
  }`;
}

/** The built-in workflow looks for words with git, which no package brings to Wine. */
const JOURNEY = `name: Journey
phases:
  - id: PLAN
    name: Plan
    items:
      - {id: scope, name: Scope, step_type: gate, verification: {type: file_exists, path: docs/plan.md}}
      - {id: agreed, name: Agreed, step_type: gate, verification: {type: manual_gate}}
  - id: EXECUTE
    name: Execute
    items:
      - {id: tests_pass, name: Tests, step_type: gate, verification: {type: command, command: npm test}}
      - {id: shown, name: Shown, step_type: gate, verification: {type: command, command: "node --version && npm --version"}}
`;

test("an honest agent goes from start to finish on Windows, and npm runs its tests", async (shop) => {
  await shop.write("workflow.yaml", JOURNEY);
  await shop.write("docs/plan.md", "- [x] A plan with words\n");
  await shop.write("package.json", '{"scripts":{"test":"node --test"}}');
  await shop.write("a.test.js", 'require("node:test")("ok", () => {});\n');
  await shop.result(["start", "Add login"]);
  const played = await playToTheEnd(shop);
  assert(played.includes("complete tests_pass"));
  const { status } = await shop.result(["status"]);
  assertEquals(status, "completed");
  assertEquals(await problemsIn(shop.directory), []);
});

test("a check by npm fails on Windows when the script does", async (shop) => {
  await shop.write("package.json", '{"scripts":{"test":"exit 3"}}');
  await shop.write("workflow.yaml", workflowOf({ t: "npm test" }));
  await shop.result(["start", "Task"]);
  const { code, stderr } = await shop.orc(["complete", "t"]);
  assertEquals(code, 3);
  assertStringIncludes(stderr, "exit code 3");
});

/** Wine's `cmd.exe` expands what it has expanded once more, so that `%` cannot be tried here. */
const HOSTILE = [
  "a b",
  "& echo x>out.txt",
  '" & echo x>out.txt & "',
  'a\\" & echo x>out.txt',
  '"| node out.js',
  "^& <in >out.txt (x)",
  "trailing\\",
  "",
  "!PATH!",
  "über 日本",
];

test("a batch file gets hostile arguments as they are, and nothing else runs", async (shop) => {
  await shop.write("show.cmd", '@echo off\r\nnode "%~dp0show.js" %*\r\n');
  await shop.write(
    "show.js",
    'require("fs").writeFileSync("shown.json", JSON.stringify(process.argv.slice(2)));',
  );
  const words = HOSTILE.map((word) => `"${word.replaceAll(/["\\]/g, "\\$&")}"`);
  await shop.write(
    "workflow.yaml",
    workflowOf({ all: `./show ${words.join(" ")}` }),
  );
  const before = Object.keys(await treeOf(shop.directory));
  await shop.result(["start", "Task"]);
  await shop.result(["complete", "all"]);
  const shown = await Deno.readTextFile(`${shop.directory}/shown.json`);
  assertEquals(JSON.parse(shown), HOSTILE);
  const made = Object.keys(await treeOf(shop.directory)).filter((path) =>
    !before.includes(path) && !path.startsWith(".orchestrator/")
  );
  assertEquals(made, ["shown.json"]);
});

test("a program in the working directory does not take the place of one in PATH", async (shop) => {
  await shop.write("npm.cmd", "@echo x>out.txt\r\n");
  await shop.write("cmd.cmd", "@echo x>out.txt\r\n");
  await shop.write(
    "workflow.yaml",
    workflowOf({ npm: "npm --version", shell: "echo a && echo b" }),
  );
  await shop.result(["start", "Task"]);
  await shop.result(["complete", "npm"]);
  await shop.result(["complete", "shell"]);
  assert(!("out.txt" in await treeOf(shop.directory)));
});

test("a check is ended at its time limit on Windows", async (shop) => {
  await shop.write(
    "wait.js",
    'require("fs").writeFileSync("pid", String(process.pid)); setInterval(() => {}, 1000);',
  );
  const text = workflowOf({ wait: "node wait.js" });
  await shop.write("workflow.yaml", text.replace("60", "20"));
  await shop.result(["start", "Task"]);
  const { code, stderr } = await shop.orc(["complete", "wait"]);
  assertEquals(code, 3);
  assertStringIncludes(stderr, "time limit");
  const pid = await Deno.readTextFile(`${shop.directory}/pid`);
  const lives = await shop.node("-e", `process.kill(${pid}, 0)`);
  assertStringIncludes(lives.stderr, "ESRCH");
});

const ITEMS = Array.from({ length: 8 }, (_, index) => `item_${index}`);

test("8 processes at once on one session lose nothing on Windows", async (shop) => {
  await shop.write(
    "workflow.yaml",
    `name: T\nphases:\n  - id: P\n    name: P\n    items:\n${
      ITEMS.map((id) => `      - {id: ${id}, name: Item}\n`).join("")
    }`,
  );
  await shop.result(["start", "Task"]);
  const ended = await Promise.all(
    ITEMS.map((id) =>
      shop.orc(["complete", id, "--notes", "done", "--lock-timeout", "300"])
    ),
  );
  assertEquals(ended.map(({ stderr }) => stderr), ITEMS.map(() => ""));
  const [session] = await sessionsIn(shop.directory);
  assert(session !== undefined);
  assertEquals(completedItems(session.state).toSorted(), ITEMS);
  assertEquals(await problemsIn(shop.directory), []);
});

/** Starts commands from within Windows and ends most of them with TerminateProcess, each a little later. */
const KILLER = `
const { spawn } = require("node:child_process");
const acknowledged = [];
let killed = 0;
const play = (number) => new Promise((resolve) => {
  const orc = spawn(process.execPath, [${
  JSON.stringify(ORC)
}, "note", "note " + number], { stdio: "ignore" });
  const timer = number % 4 === 0 ? undefined : setTimeout(() => orc.kill(), 120 + number * 12);
  orc.on("exit", (code, signal) => {
    clearTimeout(timer);
    if (code === 0) acknowledged.push("note " + number); else killed++;
    resolve();
  });
});
const lane = async (lane) => { for (let n = lane; n < 32; n += 4) await play(n); };
Promise.all([0, 1, 2, 3].map(lane)).then(() =>
  require("fs").writeFileSync("played.json", JSON.stringify({ acknowledged, killed })));
`;

test("commands ended by TerminateProcess lose nothing, and others go on", async (shop) => {
  await shop.write("kill.js", KILLER);
  await shop.result(["start", "Task"]);
  await shop.node("kill.js");
  const text = await Deno.readTextFile(`${shop.directory}/played.json`);
  const { acknowledged, killed } = JSON.parse(text);
  await shop.result(["note", "last"]);
  const [session] = await sessionsIn(shop.directory);
  const stored = session?.state.notes.map(({ text }) => text) ?? [];
  assertEquals(
    acknowledged.filter((text: string) => !stored.includes(text)),
    [],
  );
  assertEquals(new Set(stored).size, stored.length);
  assertEquals(await problemsIn(shop.directory), []);
  assert(killed > 0 && acknowledged.length > 0, text);
});

test("the lock of a process that has ended is taken over at once on Windows", async (shop) => {
  const { session } = await shop.result(["start", "Task"]);
  const told = await shop.node(
    "-p",
    'JSON.stringify({pid: process.pid, host: require("os").hostname()})',
  );
  const { pid, host } = JSON.parse(told.stdout);
  const lock = `.orchestrator/sessions/${session}/lock`;
  await shop.write(
    lock,
    JSON.stringify({
      format: 1,
      token: "0".repeat(32),
      pid,
      start: "",
      started_at_ms: Date.now(),
      boot: "",
      namespace: "",
      host,
      runtime: "node",
      at: new Date().toISOString(),
      purpose: "note",
    }),
  );
  await shop.result(["note", "After", "--lock-timeout", "0"]);
  assertEquals(await problemsIn(shop.directory), []);
});

test("what migrate moves on Windows, rollback puts back", async (shop) => {
  await shop.write(".workflow_state.json", legacyState());
  await shop.write(".workflow_log.jsonl", LOG);
  const before = fullTree(shop.directory);
  await shop.result(["migrate", "--yes"]);
  const { task, legacy } = await shop.result(["status"]);
  assertEquals(legacy, false);
  assert(!(".workflow_state.json" in fullTree(shop.directory)));
  await shop.result(["migrate", "--rollback", "--yes"]);
  const after = fullTree(shop.directory);
  for (const path of Object.keys(before)) {
    assertEquals(after[path], before[path], path);
  }
  assertEquals((await shop.result(["status"])).task, task);
});

test("doctor speaks of no mode on Windows, and each path has one spelling in all texts", async (shop) => {
  const { windowsPath } = shop;
  const root = windowsPath.replaceAll("\\", "/");
  await shop.result(["start", "Task"]);
  const home = { env: { USERPROFILE: windowsPath, HOME: "" } };
  const runs = [
    ["secrets", "init"],
    ["doctor"],
    ["secrets", "doctor"],
    ["config", "path"],
    ["session", "info"],
    ["status", "--root", windowsPath.toLowerCase().replace(/^c/, "c")],
    ["status", "--root", `\\\\?\\${windowsPath}`],
  ];
  for (const args of runs) {
    const { stdout, stderr } = await shop.orc(args, home);
    const text = stdout + stderr;
    assert(!text.includes("\\"), `${args.join(" ")}: ${text}`);
    assert(!/chmod|mode 0/.test(text), `${args.join(" ")}: ${text}`);
  }
  const here = await shop.orc(["session", "info", "--full"]);
  const there = await shop.orc(
    ["session", "info", "--full", "--root", `\\\\?\\${windowsPath}`],
  );
  assertEquals(JSON.parse(here.stdout).root, root);
  assertEquals(JSON.parse(there.stdout).root, root);
});

test("paths longer than 260 characters work on Windows", async (shop) => {
  const below = `${"long_".repeat(20)}/`.repeat(3);
  await shop.write(`${below}workflow.yaml`, workflowOf({ a: "node -e 0" }));
  const root = ["--root", `${shop.windowsPath}\\${below}`];
  await shop.result(["start", "Task", ...root]);
  await shop.result(["note", "Deep", ...root]);
  assertEquals((await shop.result(["status", ...root])).notes.length, 1);
  assertEquals(await problemsIn(`${shop.directory}/${below}`), []);
});

test("a state with the read-only attribute is updated or refused, and never lost", async (shop) => {
  const { session } = await shop.result(["start", "Task"]);
  await shop.result(["note", "one"]);
  const state =
    `${shop.directory}/.orchestrator/sessions/${session}/state.json`;
  await Deno.chmod(state, 0o444);
  const { code } = await shop.orc(["note", "two"]);
  await Deno.chmod(state, 0o644);
  const { notes } = await shop.result(["status"]);
  assertEquals(notes.length, code === 0 ? 2 : 1);
  await shop.result(["note", "three"]);
  assertEquals(await problemsIn(shop.directory), []);
});

test("line ends of Windows and backslashes in paths are read on Windows", async (shop) => {
  const text = `name: T
phases:
  - id: P
    name: P
    items:
      - {id: plan, name: Plan, step_type: gate, verification: {type: file_exists, path: docs/plan.md}}
`;
  await shop.write("workflow.yaml", text.replaceAll("\n", "\r\n"));
  await shop.write("docs/plan.md", "- [x] A plan with words\r\n");
  await shop.result(["start", "Task", "-w", ".\\workflow.yaml"]);
  await shop.result(["complete", "plan"]);
  await shop.result(["finish"], APPROVING);
});
