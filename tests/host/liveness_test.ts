import type { Liveness, ProcessIdentity } from "../../src/files/lock_record.ts";
import {
  listedProcess,
  livenessOf,
  ownIdentity,
} from "../../src/host/liveness.ts";
import { runScript } from "./script.ts";
import { assert, assertEquals } from "@std/assert";

const LONG_AGO = "2001-01-01T00:00:00Z";
const LONG_AGO_MS = Date.parse(LONG_AGO);

/** Calls a test with the id of a process that lives as long as the test. */
async function withSleeper(test: (pid: number) => void): Promise<void> {
  const child = new Deno.Command("sleep", { args: ["60"] }).spawn();
  try {
    test(child.pid);
  } finally {
    child.kill("SIGKILL");
    await child.status;
  }
}

async function endedPid(): Promise<number> {
  const child = new Deno.Command("true").spawn();
  await child.status;
  return child.pid;
}

function holder(changes: Partial<ProcessIdentity>): ProcessIdentity {
  return { ...ownIdentity(), startedAtMs: Date.now(), ...changes };
}

function now(): string {
  return new Date().toISOString();
}

Deno.test("ownIdentity() names this process as far as it may", () => {
  const { startedAtMs, ...identity } = ownIdentity();
  assertEquals(identity, {
    pid: Deno.pid,
    start: "",
    boot: "",
    namespace: "",
    host: Deno.hostname(),
    runtime: `deno ${Deno.version.deno}`,
  });
  assert(startedAtMs <= Date.now() && startedAtMs > LONG_AGO_MS);
});

Deno.test("livenessOf() finds this process alive", () => {
  assertEquals(livenessOf(ownIdentity(), now()), "alive");
});

Deno.test("livenessOf() finds a process dead that is not there", async () => {
  const pid = await endedPid();
  assertEquals(livenessOf(holder({ pid }), now()), "dead");
});

Deno.test("livenessOf() finds a holder dead whose id a younger process has", async () => {
  await withSleeper((pid) => {
    const gone = holder({ pid, startedAtMs: LONG_AGO_MS });
    assertEquals(livenessOf(gone, LONG_AGO), "dead");
  });
});

Deno.test("livenessOf() takes a doubtful holder for alive", async () => {
  await withSleeper((pid) => {
    assertEquals(livenessOf(holder({ pid }), now()), "alive");
    // One of two clocks was set: only both together prove that the id was used again.
    assertEquals(livenessOf(holder({ pid }), LONG_AGO), "alive");
    const stepped = holder({ pid, startedAtMs: LONG_AGO_MS });
    assertEquals(livenessOf(stepped, now()), "alive");
    assertEquals(livenessOf(stepped, "no instant"), "alive");
  });
  assertEquals(livenessOf(holder({ pid: 1 }), now()), "alive");
});

Deno.test("livenessOf() finds a process dead that nobody has waited for", async () => {
  const child = new Deno.Command("sh", {
    args: ["-c", "true & echo $!; exec sleep 60"],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const pid = Number(new TextDecoder().decode((await reader.read()).value));
  while (listedProcess(pid)?.isDefunct === false);
  assertEquals(livenessOf(holder({ pid }), now()), "dead");
  child.kill("SIGKILL");
  await reader.cancel();
  await child.status;
});

/** How a process gets a child whose end nobody hears of: the shell is another program by then. */
const DEFUNCT = ["sh", "-c", "sleep 0.2 & echo $!; exec sleep 60"];

/** How a process goes on although its main thread has ended. */
const HEADLESS = ["python3", "-c"].concat(
  `import ctypes, os, threading, time
print(os.getpid(), flush=True)
threading.Thread(target=time.sleep, args=(60,)).start()
ctypes.CDLL(None).pthread_exit(None)`,
);

for (
  const [what, words, expected] of [
    ["that nobody has waited for is dead", DEFUNCT, "dead"],
    ["whose other threads go on is alive", HEADLESS, "alive"],
  ] as const
) {
  Deno.test({
    name: `livenessOf() is told by the kernel that a process ${what}`,
    ignore: Deno.build.os !== "linux" || !isInstalled(words[0] ?? ""),
    fn: async () => {
      const { stdout, stderr } = await runScript(
        `import { livenessOf, ownIdentity } from "./src/host/liveness.ts";
         const [program, ...args] = ${JSON.stringify(words)};
         const child = new Deno.Command(program, { args, stdout: "piped" })
           .spawn();
         const reader = child.stdout.getReader();
         const { value } = await reader.read();
         const pid = Number(new TextDecoder().decode(value));
         const fields = () => Deno.readTextFileSync("/proc/" + pid + "/stat")
           .split(") ")[1].split(" ");
         while (fields()[0] !== "Z");
         const holder = { ...ownIdentity(), pid, start: fields()[19] };
         console.log(livenessOf(holder, new Date().toISOString()));
         child.kill("SIGKILL");
         await reader.cancel();`,
        { flags: ["-A"] },
      );
      assertEquals([stdout, stderr], [`${expected}\n`, ""]);
    },
  });
}

function isInstalled(program: string): boolean {
  const args = ["-c", `command -v ${program}`];
  return new Deno.Command("sh", { args, stdout: "null" }).outputSync().success;
}

Deno.test("livenessOf() does not judge what is not on this machine", async () => {
  const pid = await endedPid();
  for (const host of ["elsewhere", ""]) {
    assertEquals(livenessOf(holder({ pid, host }), LONG_AGO), "unknown");
  }
});

Deno.test("livenessOf() does not judge what is no process id", () => {
  for (const pid of [0, -1, 1.5, NaN, 2 ** 31, 2 ** 40]) {
    assertEquals(livenessOf(holder({ pid }), LONG_AGO), "unknown");
  }
});

const ENDED = { pid: -1 };
const LESSER = { start: "", boot: "" };

/** What another holder has that this process has not; all began at the same moment. */
const HOLDERS: readonly [Partial<ProcessIdentity>, Liveness][] = [
  [{}, "alive"],
  [{ start: "1" }, "dead"],
  [{ host: "renamed" }, "alive"],
  [{ boot: "b" }, "dead"],
  [{ boot: "b", host: "other" }, "unknown"],
  [{ boot: "", host: "other" }, "unknown"],
  [ENDED, "dead"],
  [{ ...LESSER, namespace: "" }, "alive"],
  [{ ...LESSER, ...ENDED }, "dead"],
];

Deno.test({
  name: "livenessOf() goes by what the kernel says where it may read it",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const { stdout, stderr } = await runScript(
      `import { livenessOf, ownIdentity } from "./src/host/liveness.ts";
       const own = ownIdentity();
       const ended = new Deno.Command("true").spawn();
       await ended.status;
       console.log([own.start, own.boot, own.namespace].every(Boolean));
       for (const [holder] of ${JSON.stringify(HOLDERS)}) {
         if (holder.pid === -1) holder.pid = ended.pid;
         console.log(livenessOf({ ...own, ...holder }, "${LONG_AGO}"));
       }`,
      { flags: ["-A"] },
    );
    assertEquals(stderr, "");
    const expected = HOLDERS.map(([, liveness]) => liveness);
    assertEquals(stdout.trim().split("\n"), ["true", ...expected]);
  },
});

Deno.test({
  name:
    "livenessOf() takes no machine of the same name for this one before it booted",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const { stdout, stderr } = await runScript(
      `import { livenessOf, ownIdentity } from "./src/host/liveness.ts";
       const other = { ...ownIdentity(), boot: "b" };
       const now = new Date().toISOString();
       console.log(livenessOf(other, now), livenessOf(other, "${LONG_AGO}"));`,
      { flags: ["-A"] },
    );
    assertEquals([stderr, stdout], ["", "unknown dead\n"]);
  },
});

/** A judge of a holder that is like itself but for what is given; the first word is its namespace. */
function judgeOf(changes: Partial<ProcessIdentity>): string {
  return `import { livenessOf, ownIdentity } from "./src/host/liveness.ts";
    const own = ownIdentity();
    const holder = { ...own, host: "box", ...${JSON.stringify(changes)} };
    console.log(own.namespace, livenessOf(holder, new Date().toISOString()));`;
}

const IN_NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc"];
const INITIAL = "pid:[4026531836]";

function textOf(...[program = "", ...args]: string[]): string {
  const { stdout } = new Deno.Command(program, { args }).outputSync();
  return new TextDecoder().decode(stdout).trim();
}

/** Whether this machine makes namespaces, and this process sees all that is in them. */
function canLookIntoNamespaces(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    return textOf(...IN_NAMESPACE, "echo", "yes") === "yes" &&
      textOf("readlink", "/proc/self/ns/pid") === INITIAL;
  } catch {
    return false;
  }
}

Deno.test({
  name:
    "livenessOf() finds out whether a process of a container of this machine has ended",
  ignore: !canLookIntoNamespaces(),
  fn: async () => {
    const [program = "", ...args] = [...IN_NAMESPACE, "sleep", "60"];
    const box = new Deno.Command(program, { args }).spawn();
    let sleeper = "";
    while (sleeper === "") sleeper = textOf("pgrep", "-P", `${box.pid}`);
    const [, fields = ""] = textOf("cat", `/proc/${sleeper}/stat`).split(") ");
    const identity = {
      pid: 1,
      start: fields.split(" ")[19] ?? "",
      namespace: textOf("readlink", `/proc/${sleeper}/ns/pid`),
    };
    const judge = async (changes: Partial<ProcessIdentity>) => {
      const flags = ["-A"];
      const { stdout } = await runScript(judgeOf({ ...identity, ...changes }), {
        flags,
      });
      return stdout.trim();
    };
    try {
      assertEquals(await judge({}), `${INITIAL} alive`);
      assertEquals(await judge({ pid: 7 }), `${INITIAL} dead`);
      assertEquals(await judge({ boot: "b" }), `${INITIAL} unknown`);
    } finally {
      box.kill("SIGKILL");
      Deno.kill(Number(sleeper), "SIGKILL");
      await box.status;
    }
    while (textOf("ps", "-o", "stat=", "-p", sleeper) !== "");
    assertEquals(await judge({}), `${INITIAL} dead`);
  },
});

Deno.test({
  name: "livenessOf() judges nobody outside of the container it runs in",
  ignore: !canLookIntoNamespaces(),
  fn: async () => {
    const pid = await endedPid();
    const changes = { pid, namespace: INITIAL };
    const { stdout } = await runScript(judgeOf(changes), {
      flags: ["-A"],
      wrapper: (command) => [...IN_NAMESPACE, "sh", "-c", command],
    });
    assertEquals(stdout.trim().split(" ")[1], "unknown");
  },
});

Deno.test("livenessOf() knows nothing without permissions, and does not fail", async () => {
  const source = `
    import { livenessOf, ownIdentity } from "./src/host/liveness.ts";
    const own = ownIdentity();
    const holders = [own, { ...own, host: "other" }, { ...own, pid: 1 }];
    const now = new Date().toISOString();
    console.log(holders.map((one) => livenessOf(one, now)).join());`;
  const flags = ["--allow-read=src"];
  const none = await runScript(source, { flags });
  assertEquals(none.stdout, "unknown,unknown,unknown\n");
  const onlyHost = await runScript(source, {
    flags: [...flags, "--allow-sys=hostname"],
  });
  assertEquals(onlyHost.stdout, "unknown,unknown,unknown\n");
  const onlyPs = await runScript(source, {
    flags: [...flags, "--allow-sys=hostname", "--allow-run=ps"],
  });
  assertEquals(onlyPs.stdout, "alive,unknown,alive\n");
});
