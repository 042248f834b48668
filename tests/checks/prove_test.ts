/** A check that has to be proved able to fail: green now, and red on the base. */
import { repositoryLayout, sessionLayout } from "../../src/base/layout.ts";
import { scratchPath } from "../../src/checks/tree_cache.ts";
import { type BaseReceipt, parseReceipt } from "../../src/engine/receipt.ts";
import type { Host } from "../../src/host/host.ts";
import { completeItem } from "../../src/work/complete.ts";
import { startSession } from "../../src/work/start.ts";
import { verifySession } from "../../src/trust/use.ts";
import { publishRecord } from "../../src/files/lock_record.ts";
import { fileKind } from "../../src/files/read.ts";
import { test, writeTree } from "../files/temporary.ts";
import {
  edit,
  eventsOf,
  fixedHost,
  idOf,
  refusalOf,
  stateOf,
} from "../work/fixtures.ts";
import { commit, run } from "./fixtures.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";

function workflow(command: string, prove = "base", more = ""): string {
  return `name: Fix
phases:
  - id: FIX
    name: Fix
    items:
      - {id: t, name: T, step_type: gate, ${more}verification: {type: command, command: "${command}", prove: ${prove}}}
`;
}

/** A test of a script that adds: what it says looks like the summary of a runner. */
const ADDS = `. ./add.sh
if [ "$(add 1 1)" = 2 ]; then pass=1 fail=0; else pass=0 fail=1; fi
printf '# tests 1\\n# pass %s\\n# fail %s\\n' "$pass" "$fail"
exit "$fail"
`;
const WRONG = "add() { echo $(($1 - $2)); }\n";
const RIGHT = "add() { echo $(($1 + $2)); }\n";
/** Runs what lies there, and says so where that is nothing. */
const ALL = `n=0
for one in tests/*.test.sh; do [ -f "$one" ] && n=1 && { sh "$one" || exit 1; }; done
[ "$n" = 1 ] || printf '# tests 0\\n# pass 0\\n# fail 0\\n'
`;

let machines = 0;

function realHost(changes: Partial<Host> = {}): Host {
  machines = machines % 90 + 1;
  return { ...fixedHost({ programs: "real", number: machines }), ...changes };
}

/** A test in a repository with a session that began with these files. */
function inWork(
  name: string,
  files: Readonly<Record<string, string>>,
  check: (root: string) => Promise<void>,
  text = workflow("sh all.sh"),
): void {
  test(name, async (root) => {
    await run(root, "git", "init", "--quiet", "--initial-branch=main");
    writeTree(root, {
      "workflow.yaml": text,
      "all.sh": ALL,
      "add.sh": WRONG,
      ...files,
    });
    await commit(root);
    await startSession(fixedHost({ programs: "real" }), { root, task: "x" });
    await check(root);
  });
}

/** Completes the item; what the receipt says of the proof. */
async function proved(root: string, host = realHost()): Promise<BaseReceipt> {
  await completeItem(host, { root, itemId: "t" });
  return lastProof(root);
}

/** Why the item cannot be completed; no other reason than a missing proof is one. */
async function notProved(root: string, host = realHost()): Promise<string> {
  const { code, message } = await refusalOf(() =>
    completeItem(host, { root, itemId: "t" })
  );
  assertEquals(code, "not_proved");
  const [first = ""] = message.split("\n");
  assertNothingLeft(root);
  return first.replace('Cannot complete item "t": not proved: ', "");
}

function lastProof(root: string): BaseReceipt {
  const proofs = eventsOf(root).flatMap(({ details }) =>
    parseReceipt(details.get("receipt"))?.proved ?? []
  );
  const proof = proofs.at(-1);
  assert(proof !== undefined);
  return proof;
}

function assertNothingLeft(root: string): void {
  const scratch = scratchPath(repositoryLayout(root));
  assertEquals(fileKind(scratch), "absent");
}

inWork(
  "a test that fails without the change proves the check",
  { "tests/old.test.sh": "exit 0\n" },
  async (root) => {
    writeTree(root, { "add.sh": RIGHT, "tests/new.test.sh": ADDS });
    const base = await run(root, "git", "rev-parse", "HEAD");
    const before = await run(root, "git", "status", "--porcelain");
    const { red, control, reason, ...rest } = await proved(root);
    assertEquals(rest, { base, origin: "start of the session" });
    assertEquals(red, { exitCode: 1, testsRun: 1 });
    assertEquals(control, { exitCode: 0, testsRun: null });
    assertEquals(reason, null);
    assertNothingLeft(root);
    assertEquals(await run(root, "git", "status", "--porcelain"), before);
    assertEquals(stateOf(root).phases.FIX.items.t.status, "completed");
    assert((await verifySession(realHost(), { root })).findings.length <= 1);
  },
);

inWork(
  "a test that passes on the base too is refused, counted and logged as a failed check",
  { "tests/old.test.sh": "exit 0\n" },
  async (root) => {
    writeTree(root, { "add.sh": RIGHT, "tests/new.test.sh": "exit 0\n" });
    const base = (await run(root, "git", "rev-parse", "HEAD")).slice(0, 12);
    assertEquals(
      await notProved(root),
      `the check passes on the base ${base} (start of the session) too: it does not show the change`,
    );
    assertEquals(lastProof(root).red, { exitCode: 0, testsRun: null });
    assertEquals(lastProof(root).control, null);
    assertEquals(eventsOf(root).at(-1)?.type, "gate_failed");
    const item = stateOf(root).phases.FIX.items.t;
    assertEquals([item.status, item.retry_count], ["pending", 1]);
    const { findings } = await verifySession(realHost(), { root });
    assertEquals(findings.map(({ code }) => code), ["session_open"]);
    // A better test is all that is missing.
    writeTree(root, { "tests/new.test.sh": ADDS });
    await proved(root);
  },
);

inWork(
  "a red check is not run on the base",
  { "tests/a.test.sh": ADDS },
  async (root) => {
    const host = realHost();
    const places: string[] = [];
    const { code } = await refusalOf(() =>
      completeItem({
        ...host,
        runProgram: (request) => {
          places.push(request.workingDirectory);
          assertNothingLeft(root);
          return host.runProgram(request);
        },
      }, { root, itemId: "t" })
    );
    assertEquals(code, "check_failed");
    assertEquals(new Set(places), new Set([root]), "nothing was laid out");
  },
);

inWork(
  "a command that the base does not have proves nothing",
  {},
  async (root) => {
    writeTree(root, { "run.sh": "#!/bin/sh\nexit 0\n", "tests/x": "" });
    await run(root, "chmod", "+x", "run.sh");
    assertMatch(
      await notProved(root),
      /^on the base .* the check did not run to its end: program "\.\/run\.sh" was not found$/,
    );
  },
  workflow("./run.sh"),
);

inWork(
  "a command that a shell does not find on the base proves nothing",
  {},
  async (root) => {
    writeTree(root, { "run.sh": "#!/bin/sh\nexit 0\n", "tests/x": "" });
    await run(root, "chmod", "+x", "run.sh");
    assertMatch(
      await notProved(root),
      /a command was not found \(exit code 127\)$/,
    );
  },
  workflow("true && ./run.sh"),
);

inWork(
  "a run without tests on the base proves nothing, whatever it ends with",
  {},
  async (root) => {
    const none = "printf '# tests 0\\n# pass 0\\n# fail 0\\n'; exit 1\n";
    writeTree(root, {
      "add.sh": RIGHT,
      "tests/new.test.sh": `. ./add.sh; [ "$(add 1 1)" = 2 ] || { ${none} }`,
    });
    assertMatch(await notProved(root), /no test ran, so that none was seen/);
    assertEquals(lastProof(root).red, { exitCode: 1, testsRun: 0 });
  },
);

inWork(
  "a base that is red with its own tests proves nothing unless one of them ran",
  { "tests/old.test.sh": "exit 3\n" },
  async (root) => {
    writeTree(root, { "add.sh": RIGHT, "tests/new.test.sh": ADDS });
    writeTree(root, { "tests/old.test.sh": "exit 0\n" });
    assertMatch(
      await notProved(root),
      /^the base .* does not pass with its own tests, and none was seen to run \(exit code 1\)/,
    );
    assertEquals(lastProof(root).red, { exitCode: 1, testsRun: 1 });
  },
);

inWork(
  "a test that was red before the change proves it",
  { "tests/add.test.sh": ADDS },
  async (root) => {
    writeTree(root, { "add.sh": RIGHT });
    const { red, control } = await proved(root);
    assertEquals(red, { exitCode: 1, testsRun: 1 });
    assertEquals(control, red);
  },
);

inWork(
  "a test that was deleted does not make the base red",
  { "tests/old.test.sh": "[ -f new.sh ] || exit 0; exit 1\n" },
  async (root) => {
    // Only this one would fail on the base, and only if it were there.
    writeTree(root, { "tests/a.test.sh": "[ ! -f tests/old.test.sh ]\n" });
    Deno.removeSync(`${root}/tests/old.test.sh`);
    assertMatch(await notProved(root), /passes on the base/);
  },
);

inWork(
  "only what the item names is laid over the base",
  { "checks/a.sh": "exit 0\n" },
  async (root) => {
    writeTree(root, { "add.sh": RIGHT, "checks/a.sh": ADDS });
    await proved(root);
  },
  workflow("sh checks/a.sh", "{with: [checks/**]}"),
);

inWork(
  "where nothing is to be laid over, there is no proof",
  {},
  async (root) => {
    writeTree(root, { "add.sh": RIGHT });
    assertMatch(await notProved(root), /^no file is there to be laid over/);
  },
  workflow("sh all.sh", "{with: [nowhere/**]}", "").replace(
    "prove:",
    "expect_tests: false, prove:",
  ),
);

inWork(
  "a check with another exit code is red on the base with any but that",
  { "tests/a.test.sh": "exit 0\n" },
  async (root) => {
    writeTree(root, { "tests/a.test.sh": "exit 1\n" });
    const { red, control } = await notProvedThen(root);
    assertEquals([red?.exitCode, control], [1, null]);
  },
  workflow("sh all.sh").replace("prove:", "expect_exit_code: 1, prove:"),
);

async function notProvedThen(root: string): Promise<BaseReceipt> {
  assertMatch(await notProved(root), /passes on the base/);
  return lastProof(root);
}

inWork(
  "the run on the base gets what the check gets, and is ended with it",
  { "tests/a.test.sh": "exit 0\n" },
  async (root) => {
    const gone = new AbortController();
    writeTree(root, {
      "tests/a.test.sh":
        `[ -d .orchestrator ] && exit 0\nprintf '%s' "$ORCHESTRATOR_CHECK" > ${root}/seen\nexec sleep 60\n`,
    });
    const host = realHost();
    await assertRejects(
      () =>
        completeItem(
          {
            ...host,
            runProgram: async (request) => {
              const ran = host.runProgram(request);
              const isBase = request.workingDirectory.includes("/scratch/") &&
                "timeoutMs" in request && request.timeoutMs === 300_000 &&
                JSON.stringify(request.command).includes("all.sh");
              if (isBase) {
                const seen = () => {
                  try {
                    return Deno.readTextFileSync(`${root}/seen`) !== "";
                  } catch {
                    return false;
                  }
                };
                while (!seen()) {
                  await new Promise((resolve) => setTimeout(resolve, 5));
                }
                gone.abort(new Error("nobody waits"));
              }
              return await ran;
            },
          },
          { root, itemId: "t", signal: gone.signal },
        ),
      Error,
      "nobody waits",
    );
    assertNothingLeft(root);
    assertMatch(Deno.readTextFileSync(`${root}/seen`), /^01kk.*\/t$/);
    assertEquals(eventsOf(root).at(-1)?.type, "phase_started");
  },
);

inWork(
  "what a killed run left is removed by the next, and what another one uses is not",
  { "tests/old.test.sh": "exit 0\n" },
  async (root) => {
    writeTree(root, { "add.sh": RIGHT, "tests/new.test.sh": ADDS });
    const scratch = scratchPath(repositoryLayout(root));
    const host = realHost({
      livenessOf: ({ pid }) => pid === 7 ? "dead" : "alive",
    });
    for (const [pid, digit] of [[7, "a"], [8, "b"]] as const) {
      const token = digit.repeat(32);
      writeTree(scratch, { [`${token}/tree/add.sh`]: "" });
      const record = { ...host.identity(), pid, token };
      const own = publishRecord(`${scratch}/${token}`, "owner", {
        ...record,
        at: host.now(),
        purpose: "x",
      });
      own?.close();
    }
    await proved(root, host);
    const left = Array.from(Deno.readDirSync(scratch), ({ name }) => name);
    assertEquals(left, ["b".repeat(32)]);
  },
);

inWork(
  "a session in the directory of a link to the cache lays nothing out behind it",
  { "tests/old.test.sh": "exit 0\n" },
  async (root) => {
    writeTree(root, { "add.sh": RIGHT, "tests/new.test.sh": ADDS });
    writeTree(root, { "elsewhere/": "" });
    const scratch = scratchPath(repositoryLayout(root));
    writeTree(root, { ".orchestrator/cache/": "" });
    await run(root, "ln", "-s", `${root}/elsewhere`, scratch);
    const { code, message } = await refusalOf(() =>
      completeItem(realHost(), { root, itemId: "t" })
    );
    assertEquals(code, "not_proved");
    assertMatch(message, /is a symbolic link/);
    assertEquals([...Deno.readDirSync(`${root}/elsewhere`)], []);
  },
);

test("a real fix is proved with the runner of Node", async (root) => {
  await run(root, "git", "init", "--quiet", "--initial-branch=main");
  writeTree(root, {
    "workflow.yaml": workflow("node --test"),
    "sum.mjs": "export const sum = (list) => list.reduce((a, b) => a + b);\n",
    "sum.test.mjs": `import test from "node:test";
import { equal } from "node:assert";
import { sum } from "./sum.mjs";
test("sum() adds", () => equal(sum([1, 2]), 3));
`,
  });
  await commit(root);
  await startSession(fixedHost({ programs: "real" }), { root, task: "x" });
  writeTree(root, {
    "sum.mjs":
      "export const sum = (list) => list.reduce((a, b) => a + b, 0);\n",
    "empty.test.mjs": `import test from "node:test";
import { equal } from "node:assert";
import { sum } from "./sum.mjs";
test("sum() of nothing is 0", () => equal(sum([]), 0));
`,
  });
  const { red, control } = await proved(root);
  assertEquals(red, { exitCode: 1, testsRun: 2 });
  assertEquals(control, { exitCode: 0, testsRun: 1 });
});

test("without git, and without a commit, nothing is proved, and it says so", async (root) => {
  writeTree(root, {
    "workflow.yaml": workflow("true && true"),
    "tests/a.test.sh": "",
  });
  await run(root, "git", "init", "--quiet");
  await startSession(fixedHost({ programs: "real" }), { root, task: "x" });
  const why = async (): Promise<string> => {
    const { message } = await refusalOf(() =>
      completeItem(realHost(), { root, itemId: "t" })
    );
    return message.split("\n")[0] ?? "";
  };
  assertMatch(await why(), /not proved: there is no commit yet$/);
  assertEquals(lastProof(root).base, null);
  // Git that is not there is a directory whose pointer leads nowhere.
  Deno.removeSync(`${root}/.git`, { recursive: true });
  writeTree(root, { ".git": `gitdir: ${root}/gone\n` });
  assertMatch(await why(), /not proved: there is no git repository$/);
});

inWork(
  "on the default branch the base is the commit that the session says it started from",
  { "tests/old.test.sh": "exit 0\n" },
  async (root) => {
    const start = await run(root, "git", "rev-parse", "HEAD");
    writeTree(root, { "add.sh": RIGHT, "tests/new.test.sh": ADDS });
    await commit(root);
    const { base, origin } = await proved(root);
    assertEquals([base, origin], [start, "start of the session"]);
    // An older orc did not say where it began: what is committed is a part of HEAD, and shows nothing.
    writeTree(root, { "add.sh": `# Adds.\n${RIGHT}` });
    await commit(root);
    const { log } = sessionLayout(root, idOf(0, 0));
    edit(log, `"commit": "${start}"`, '"commit": null');
    assertMatch(await notProved(root), /passes on the base .* \(HEAD\) too/);
  },
);

inWork(
  "a result that is renewed is proved again, and opens the item where it is not",
  { "tests/old.test.sh": "exit 0\n" },
  async (root) => {
    writeTree(root, { "add.sh": RIGHT, "tests/new.test.sh": ADDS });
    await proved(root);
    writeTree(root, { "add.sh": `# Adds.\n${RIGHT}` });
    const { red } = await proved(root);
    assertEquals(red, { exitCode: 1, testsRun: 1 });
    writeTree(root, { "tests/new.test.sh": "exit 0\n" });
    assertMatch(await notProved(root), /passes on the base/);
    assertEquals(stateOf(root).phases.FIX.items.t.status, "pending");
    const { findings } = await verifySession(realHost(), { root });
    assertEquals(findings.map(({ code }) => code), ["session_open"]);
  },
);
