/** Section G: disks, limits, signals, streams, clocks and environments that fail. */
import { instantOf } from "../../src/base/time.ts";
import { lockText, OWN_IDENTITY, tokenOf } from "../session/fixtures.ts";
import { legacyState } from "../work/fixtures.ts";
import {
  canMount,
  type Ended,
  execute,
  inDirectory,
  inLab,
  isInstalled,
  isLinux,
  type Lab,
  orcIn,
  shellWithMounts,
  test,
} from "./lab.ts";
import {
  assertOthersWork,
  assertRefused,
  assertTold,
  fingerprint,
  withoutChange,
} from "./refusal.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";

const OK = 0;
const USAGE = 2;
const REFUSED = 3;
const NOT_FOUND = 4;
const CONFLICT = 5;
const CORRUPT = 6;
const EXTERNAL = 7;
const DENIED = 77;

const hasStrace = isLinux && isInstalled("strace");

/** Files of a session, sorted. */
function namesIn(lab: Lab): readonly string[] {
  return [...Deno.readDirSync(lab.at(""))].map(({ name }) => name).sort();
}

const WHOLE = ["log.jsonl", "meta.json", "state.json"];

async function notesOf({ orc }: Lab): Promise<readonly string[]> {
  return JSON.parse((await orc(["status", "--full"])).out).result.notes;
}

/** Fills a small disk with a copy of the repository; `sums` tells what is in its state. */
const ON_SMALL_DISK = `
mount -t tmpfs -o size=1m,nr_inodes=200 none "$2" && cp -a "$1/." "$2" && cd "$2" || exit 99
sums() { find .orchestrator -type f -exec sha256sum {} + | sort; }
left() { find .orchestrator -name "*lock*" -o -name "*.tmp" -o -name ".new*"; }
fill() { dd if=/dev/zero of=fill bs=4k 2> dev_null || true; }
try() { orc "$@"; echo "exit $?"; }
`;

/** Exit codes that a line of `try`s has printed. */
function exits({ out }: Ended): readonly number[] {
  return Array.from(out.matchAll(/^exit (\d+)$/gm), ([, code]) => Number(code));
}

test({
  name:
    "G1: on a full disk nothing changes, readers work, and all goes on when there is room",
  ignore: !canMount(),
  fn: () =>
    inLab(async (lab) => {
      const ended = await shellWithMounts(
        lab,
        `${ON_SMALL_DISK} fill; before=$(sums)
        try note x; try start --beside y; try session switch ${lab.second}; try init
        try status; try session list
        test "$before" = "$(sums)" && echo same; left
        rm fill; try note x; try start --beside y; left`,
      );
      const failed = [EXTERNAL, EXTERNAL, EXTERNAL, EXTERNAL];
      assertEquals(exits(ended), [...failed, OK, OK, OK, OK], ended.err);
      assertEquals(
        ended.err.match(/disk full; nothing was changed/g)?.length,
        4,
      );
      assertStringIncludes(ended.out, "same\nNoted\nexit 0");
    }),
});

test({
  name:
    "G1: a disk that fills up at any write leaves the old state or the new one",
  ignore: !canMount(),
  fn: () =>
    inLab(async (lab) => {
      const ended = await shellWithMounts(
        lab,
        `${ON_SMALL_DISK} fill
        for page in 1 2 3 4 5 6; do
          truncate -s -4096 fill; try note "page $page"; try status; left
        done`,
      );
      const codes = exits(ended);
      const notes = codes.filter((_, index) => index % 2 === 0);
      const reads = codes.filter((_, index) => index % 2 === 1);
      assertEquals(reads, [OK, OK, OK, OK, OK, OK]);
      assert(notes.includes(EXTERNAL) && notes.includes(OK), notes.join());
      assertEquals(notes, notes.toSorted((one, other) => other - one));
      assert(!/lock|\.tmp/.test(ended.out), ended.out);
    }),
});

test({
  name: "G2: without inodes nothing changes",
  ignore: !canMount(),
  fn: () =>
    inLab(async (lab) => {
      const ended = await shellWithMounts(
        lab,
        `${ON_SMALL_DISK} before=$(sums)
        for number in $(seq 200); do touch "f$number" || break; done 2> /dev/null
        try note x; try start --beside y; test "$before" = "$(sums)" && echo same
        rm f1 f2; try note x; left`,
      );
      assertEquals(exits(ended), [EXTERNAL, EXTERNAL, OK], ended.err);
      assertStringIncludes(ended.out, "same");
    }),
});

test({
  name:
    "G2: a limit for the size of files kills like any signal, and nothing is lost",
  ignore: !isLinux,
  fn: () =>
    inLab(async (lab) => {
      const limited = await lab.shell("ulimit -f 8; orc note x; echo $?");
      assertEquals(limited.out, `${128 + 25}\n`);
      assertEquals((await lab.spawn(["status"])).code, OK);
      const { code, err } = await lab.spawn(["note", "y"]);
      assertEquals([code, err], [OK, ""]);
      assertEquals(await notesOf(lab), ["y"]);
      assertEquals(namesIn(lab), WHOLE);
    }),
});

/** Runs a command while the kernel refuses one call; undefined when there was no such call. */
async function inject(
  lab: Lab,
  fault: string,
  command: string,
): Promise<Ended | undefined> {
  const [call = ""] = fault.split(":");
  const trace = `${lab.root}/../trace`;
  const ended = await lab.shell(
    `strace -f -y --seccomp-bpf -o "${trace}" -e trace=${call} -e inject=${fault} \
      "$DENO" run --no-prompt -A "$CLI" ${command}`,
  );
  const isInjected = Deno.readTextFileSync(trace).includes("INJECTED");
  return isInjected ? ended : undefined;
}

/** The calls traced last that are about what orc keeps: the runtime syncs a cache of its own now and then. */
function ownCalls(lab: Lab): readonly string[] {
  return Deno.readTextFileSync(`${lab.root}/../trace`).split("\n")
    .filter((line) => line.includes("/.orchestrator/"));
}

/** Calls of an update and a start that write, and errors of disks; tests/faults tries all. */
const FAULTS: readonly (readonly [call: string, error: string])[] = [
  ["fsync", "EIO"],
  ["rename", "ENOSPC"],
  ["linkat", "EDQUOT"],
];

for (const [call, error] of FAULTS) {
  test({
    name:
      `G1, G3: ${error} at each ${call} leaves the old state or the new one`,
    ignore: !hasStrace,
    fn: () =>
      inLab(async (lab) => {
        for (const command of ["note x", "start --beside y"]) {
          for (let number = 1;; number++) {
            const before = await fingerprint(lab.root);
            const fault = `${call}:error=${error}:when=${number}`;
            const ended = await inject(lab, fault, command);
            if (ended === undefined) break;
            const { code, err } = ended;
            assert([OK, EXTERNAL].includes(code), `${fault}: ${code} ${err}`);
            const isStored = code === OK || err.includes("is stored");
            if (!isStored) assertEquals(await fingerprint(lab.root), before);
            assertEquals((await lab.orc(["note", "x"])).code, OK, fault);
            assertEquals(namesIn(lab), WHOLE, fault);
          }
        }
        await assertOthersWork(lab);
      }),
  });
}

test({
  name:
    "G3: a sync that failed is not repeated, and after the rename it is a warning",
  ignore: !hasStrace,
  fn: async () => {
    for (let tries = 1; !await isWarnedOfSync(); tries++) assert(tries < 4);
  },
});

/** False where a fault met a call of the runtime's own. */
async function isWarnedOfSync(): Promise<boolean> {
  let isMet = false;
  await inLab(async (lab) => {
    const isOwn = () => ownCalls(lab).some((line) => line.includes("INJECTED"));
    const first = await inject(lab, "fsync:error=EIO:when=1", "note one");
    if (!isOwn()) return;
    assertEquals(first?.code, EXTERNAL);
    assertStringIncludes(first?.err ?? "", "the disk reports an error");
    const second = await inject(lab, "fsync:error=EIO:when=2", "note two");
    if (!isOwn()) return;
    assertEquals(second?.code, OK);
    assertStringIncludes(
      second?.err ?? "",
      "Warning: The change is made, but",
    );
    assertEquals(await notesOf(lab), ["two"]);
    assertEquals(ownCalls(lab).length, 2);
    isMet = true;
  });
  return isMet;
}

test({
  name: "G1: a session that is stored but not chosen is told with its id",
  ignore: !hasStrace,
  fn: () =>
    inLab(async (lab) => {
      const fault = "rename:error=ENOSPC:when=2";
      const ended = await inject(lab, fault, "start --beside y");
      const { code, err } = ended ?? { code: OK, err: "" };
      assertEquals(code, EXTERNAL, err);
      const [, id = ""] = /^Session "(\w+)" is stored, but not chosen: /
        .exec(err) ?? [];
      assertStringIncludes(err, `Try: orc session switch ${id}`);
      assertEquals((await lab.orc(["session", "switch", id])).code, OK);
      assertStringIncludes((await lab.orc(["status"])).out, "y");
    }),
});

test({
  name: "G4: without a file to open nothing changes, and the hint says ulimit",
  ignore: !isLinux,
  fn: () =>
    inLab(async (lab) => {
      const script = new URL("./few_files.ts", import.meta.url).pathname;
      const ended = await lab.shell(
        `ulimit -n 64; "$DENO" run --no-prompt -A "${script}"`,
      );
      assertStringIncludes(ended.out, `0 ${EXTERNAL}\n`);
      assertStringIncludes(ended.out, `5 ${OK}\n`);
      assertStringIncludes(ended.err, "too many files are open\nTry: raise");
      const notes = await notesOf(lab);
      assert(!notes.includes("with 0 files") && notes.includes("with 5 files"));
      assertEquals(namesIn(lab), WHOLE);
    }),
});

test("G5: whoever runs out of memory dies like any other, and nothing is lost", () =>
  inLab(async (lab) => {
    const path = `${lab.root}/.orchestrator/sessions/large`;
    Deno.mkdirSync(path);
    const state = `{"workflow_id":"x","a":[${"[{}],".repeat(5_000_000)}0]}`;
    Deno.writeTextFileSync(`${path}/state.json`, state);
    const { code } = await lab.shell(
      "orc_with '-A --v8-flags=--max-old-space-size=30' note x --session large",
    );
    assert(code > 128, `${code}`);
    assertEquals(Deno.readTextFileSync(`${path}/state.json`), state);
    Deno.removeSync(path, { recursive: true });
    await assertOthersWork(lab, lab.spawn);
  }));

/** Runs orc and sends it a signal after a while; returns its exit code. */
async function interrupt(
  lab: Lab,
  args: readonly string[],
  { signal, delayMs }: { signal: Deno.Signal; delayMs: number },
): Promise<number> {
  const child = begin(lab, args);
  const timer = setTimeout(() => {
    try {
      child.kill(signal);
    } catch (error) {
      // It has ended in the meantime.
      if (!(error instanceof TypeError)) throw error;
    }
  }, delayMs);
  const { code } = await child.status;
  clearTimeout(timer);
  return code;
}

function begin(lab: Lab, args: readonly string[]): Deno.ChildProcess {
  const cli = new URL("../../cli.ts", import.meta.url).pathname;
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "-A", cli, ...args],
    cwd: lab.root,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

const SIGNALS = [["SIGHUP", 129], ["SIGINT", 130], ["SIGTERM", 143]] as const;

for (const [signal, exit] of SIGNALS) {
  test(`G6: ${signal} at any moment leaves the old state or the new one`, () =>
    inLab(async (lab) => {
      for (const delayMs of [0, 15, 30, 45, 60, 75]) {
        const args = ["note", `after ${delayMs}`];
        const code = await interrupt(lab, args, { signal, delayMs });
        assert([OK, exit].includes(code), `${code}`);
        const notes = await notesOf(lab);
        if (code === OK) assert(notes.includes(`after ${delayMs}`));
        assertEquals((await lab.spawn(["start-item", "idea"])).code, OK);
        assertEquals(namesIn(lab), WHOLE);
      }
    }));

  test(`G6: ${signal} ends a command that waits for a lock`, () =>
    inLab(async (lab) => {
      const lock = { ...OWN_IDENTITY, pid: Deno.pid, start: "", boot: "" };
      const record = { ...lock, token: tokenOf(7), at: "", purpose: "a test" };
      Deno.writeTextFileSync(lab.at("lock"), lockText(record));
      await withoutChange(lab.root, async () => {
        const when = { signal, delayMs: 300 };
        assertEquals(await interrupt(lab, ["note", "x"], when), exit);
      });
    }));
}

test("G6: a reader that leaves is no error", () =>
  inLab(async (lab) => {
    const line = "{ orc note x; echo $? >&2; } | true";
    assertEquals((await lab.shell(line)).err, "0\n");
    assertEquals(await notesOf(lab), ["x"]);
  }));

/** The process of holder.ts, told line by line. */
class Holder {
  readonly child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;

  constructor({ root, first }: Lab) {
    const script = new URL("./holder.ts", import.meta.url).pathname;
    this.child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "-A", script, root, first, "idea"],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#lines = this.child.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
  }

  async line(): Promise<string> {
    return (await this.#lines.read()).value?.trim() ?? "";
  }

  async goOn(): Promise<void> {
    const writer = this.child.stdin.getWriter();
    await writer.write(new Uint8Array([1]));
    await writer.close();
  }
}

test({
  name:
    "G6: a frozen holder is named; unlocked by force, it repeats on the fresh state",
  ignore: !isLinux,
  fn: () =>
    inLab(async (lab) => {
      const holder = new Holder(lab);
      assertEquals(await holder.line(), "holding");
      holder.child.kill("SIGSTOP");
      await assertRefused(
        { lab, run: lab.spawn },
        ["note", "x", "--lock-timeout", "0.2"],
        {
          exit: CONFLICT,
          code: "lock_held",
          says: [`by process ${holder.child.pid} `, "(holder)"],
        },
      );
      await assertOthersWork(lab);
      const env = { ORCHESTRATOR_APPROVALS: "any" };
      const forced = await lab.spawn(["unlock", "--force"], { env });
      assertEquals(forced.code, OK, forced.err);
      assertEquals((await lab.spawn(["note", "meanwhile"])).code, OK);
      holder.child.kill("SIGCONT");
      await holder.goOn();
      assertEquals(await holder.line(), "done after 2 decisions");
      await holder.child.status;
      assertEquals(await notesOf(lab), ["meanwhile"]);
      const { out } = await lab.orc(["status", "--full"]);
      assertEquals(JSON.parse(out).result.items[0].status, "completed");
      assertEquals(namesIn(lab), WHOLE);
    }),
});

/** A shell line, what it must end with, and what it must say. */
const STREAMS:
  readonly (readonly [line: string, exit: number, says: string])[] = [
    ["orc note x >&-", OK, ""],
    ["orc note x > /dev/full", EXTERNAL, 'Command "note" was done, but'],
    ["orc note x --json > /dev/full", EXTERNAL, 'Command "note" was done, but'],
    ["orc note x <&-", OK, ""],
    ["orc note x 2>&-", OK, ""],
    ["orc note x 2> /dev/full", OK, ""],
    ["orc note x <&- >&- 2>&-", OK, ""],
  ];

for (const [line, exit, says] of STREAMS) {
  test({
    name: `G7: "${line}" makes its change and does not hide it`,
    ignore: !isLinux,
    fn: () =>
      inLab(async (lab) => {
        const { code, err } = await lab.shell(line);
        assertEquals(code, exit);
        assertStringIncludes(err, says);
        assertEquals(await notesOf(lab), ["x"]);
      }),
  });
}

test({
  name: "G7: an error that nobody can read keeps its exit code",
  ignore: !isLinux,
  fn: () =>
    inLab(async (lab) => {
      assertEquals((await lab.shell("orc nope 2> /dev/full")).code, USAGE);
      const line = "orc status --session zzz --json > /dev/full";
      assertEquals((await lab.shell(line)).code, NOT_FOUND);
    }),
});

const PLAIN = [["COLUMNS", "1"], ["COLUMNS", "x"], ["TERM", "dumb"]] as const;

test("G7: without a terminal, on a dumb one and in one column it is plain text", () =>
  inLab(async (lab) => {
    for (const [name, value] of PLAIN) {
      const env = { [name]: value };
      const { code, out } = await lab.spawn(["status"], { env });
      assertEquals(code, OK);
      assertStringIncludes(out, "Add login");
      // deno-lint-ignore no-control-regex
      assert(!/[\x1b\r]/.test(out), out);
    }
  }));

const INSTANTS = [
  "2026-02-28T00:00:00Z",
  "1970-01-01T00:00:00Z",
  "2106-02-07T06:28:15Z",
  "2024-02-29T23:59:59Z",
];

test("G8: a clock that jumps changes no order and makes no time negative", () =>
  inLab(async (lab) => {
    await lab.orc(["start-item", "idea"]);
    for (const at of INSTANTS) {
      const host = { now: () => at };
      assertEquals((await lab.orc(["note", at], { host })).code, OK);
      const { out } = await lab.orc(["status"], { host });
      assert(!/-\d+ (?:min|h|d|s)|NaN|Invalid/.test(out), out);
    }
    assertEquals(await notesOf(lab), INSTANTS);
    const { out } = await lab.orc(["session", "info", "--full"]);
    assertEquals(JSON.parse(out).result.serial, 2 + INSTANTS.length);
  }));

/** Neither an id nor a file of the older tool can hold them. */
const FAR_OFF = [-1, -7e13, 253_402_300_800_000, 2 ** 48, 8.64e15];

for (const now of FAR_OFF.map(instantOf)) {
  test(`G8: at the time ${now} all is readable, and nothing is stored`, () =>
    inLab(async (lab) => {
      await lab.orc(["start-item", "idea"]);
      const options = { host: { now: () => now } };
      const refusal = { exit: EXTERNAL, code: "wrong_clock", says: now };
      const lines = [
        ["start", "Third", "--beside"],
        ["note", "x"],
        ["complete", "idea", "-n", "Done"],
        ["checkpoint", "-m", "x"],
        ["session", "switch", lab.second],
        ["session", "rename", lab.first, "x"],
        ["feedback", "capture"],
        ["finish", "--abandon", "-r", "Not wanted"],
      ];
      for (const args of lines) {
        await assertRefused({ lab, options }, args, refusal);
      }
      await withoutChange(lab.root, async () => {
        for (const words of ["status", "next", "session list", "history"]) {
          const { code, out } = await lab.orc(words.split(" "), options);
          assertEquals(code, OK, out);
          assert(!/-\d+ (?:min|h|d|s)|NaN|Invalid/.test(out), out);
        }
        assertEquals((await lab.orc(["doctor"], options)).code, OK);
      });
    }));
}

test("G8: a local time beyond 9999 starts no session", () =>
  inLab(async (lab) => {
    const localNow = () => "+010000-01-01T09:00:00.000000";
    const host = { now: () => "9999-12-31T23:59:59Z", localNow };
    const { code, err } = await lab.orc(["start", "x", "--beside"], { host });
    assertEquals(code, EXTERNAL);
    assertStringIncludes(err, `The clock says ${localNow()}`);
    assertEquals((await lab.orc(["status"])).code, OK);
  }));

const LOCALES: readonly Readonly<Record<string, string>>[] = [
  { TZ: "garbage" },
  { TZ: "Asia/Kathmandu" },
  { TZ: "America/New_York" },
  { LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" },
  { LC_ALL: "C" },
  { LC_ALL: "de_DE.UTF-8" },
];

test("G9: time zone and language change neither files nor output", () =>
  inLab(async (lab) => {
    const { out: usual } = await lab.spawn(["session", "list"]);
    for (const env of LOCALES) {
      assertEquals((await lab.spawn(["session", "list"], { env })).out, usual);
      const note = await lab.spawn(["note", "I i"], { env });
      assertEquals([note.code, note.err], [OK, ""]);
    }
    const log = Deno.readTextFileSync(lab.at("log.jsonl"));
    const times = log.match(/"timestamp": "[^"]*"/g) ?? [];
    assertEquals(times.length, 2 + LOCALES.length);
    // As in Python, a whole second has no fraction.
    for (const time of times) assertMatch(time, /:\d\d(?:\.\d{3}000)?Z"$/);
  }));

/** Where Deno keeps what it has downloaded: a changed home must not send it away for more. */
async function denoDirectory(): Promise<string> {
  const { out } = await execute(Deno.execPath(), ["info", "--json"], {});
  return JSON.parse(out).denoDir;
}

// Deno itself refuses a home that is a file.
for (const home of ["", "relative", "/nonexistent", "/proc", "ROOT", "UNSET"]) {
  test({
    name: `G10: with the home ${
      JSON.stringify(home)
    } nothing is made outside of .orchestrator`,
    ignore: !isLinux,
    fn: () =>
      inLab(async (lab) => {
        const DENO_DIR = await denoDirectory();
        const HOME = home.replace("ROOT", lab.root);
        const options = {
          env: { HOME, DENO_DIR, XDG_CONFIG_HOME: "relative" },
        };
        const unset = home === "UNSET" ? "unset HOME; " : "";
        const outside = async () =>
          Object.keys(await fingerprint(lab.root))
            .filter((path) => !/^(?:\.git\/)?\.?orchestrator/.test(path));
        const [before, top] = [await outside(), [...Deno.readDirSync("/")]];
        for (
          const line of ["orc status", "orc note x", "orc start --beside y"]
        ) {
          const { code, err } = await lab.shell(unset + line, options);
          // In the home directory itself nothing can be started.
          const isRefused = home === "ROOT" && line.startsWith("orc start");
          assertEquals(code, isRefused ? USAGE : OK, line);
          assertEquals(err === "", !isRefused, err);
        }
        assertEquals(await outside(), before);
        assertEquals([...Deno.readDirSync("/")].length, top.length);
      }),
  });
}

const CHECKED = `name: T
phases:
  - id: P
    name: P
    items:
      - {id: git, name: A, verification: {type: command, command: git status}}
      - {id: none, name: B, verification: {type: command, command: no_such_program}}
`;

test("G11: a program that is missing is named by the check that needs it", () =>
  inLab(async (lab) => {
    Deno.writeTextFileSync(`${lab.root}/workflow.yaml`, CHECKED);
    assertEquals((await lab.orc(["start", "--beside", "x"])).code, OK);
    for (const path of ["PATH=/nowhere", "PATH=", "unset PATH"]) {
      const { code, err } = await lab.shell(`${path}; orc complete git`);
      assertEquals(code, REFUSED, err);
      assertStringIncludes(err, 'program "git" was not found');
    }
    const { code, err } = await lab.orc(["complete", "none"]);
    assertEquals(code, REFUSED);
    assertStringIncludes(err, 'program "no_such_program" was not found');
  }));

test({
  name: "G11: a git that hangs, or prints garbage, is not asked",
  ignore: !isLinux,
  fn: () =>
    inLab(async (lab) => {
      const git = `${lab.root}/../bin/git`;
      Deno.mkdirSync(`${lab.root}/../bin`);
      const script = "#!/bin/sh\necho garbage\nsleep 60\n";
      Deno.writeTextFileSync(git, script, { mode: 0o755 });
      for (const command of ["status", "note x", "start --beside y", "init"]) {
        const line = `PATH="$PWD/../bin:$PATH"; orc ${command}`;
        assertEquals((await lab.shell(line)).code, OK, command);
      }
    }),
});

for (const umask of ["000", "022", "077", "277", "777"]) {
  test(`G12: under umask ${umask} a session is whole and nobody else can write it`, () =>
    inLab(async (lab) => {
      const root = `${lab.root}/new`;
      const at = `--root "${root}"`;
      Deno.mkdirSync(root);
      const start = `orc start x --test-command make ${at}`;
      const line = `umask ${umask}; ${start} && orc note y ${at}`;
      const options = { unprivileged: true };
      const { code, err } = await lab.shell(line, options);
      assertEquals([code, err], [OK, ""]);
      for (const [path, text] of Object.entries(await fingerprint(root))) {
        const [kind, mode = ""] = text.split(" ");
        const bits = parseInt(mode, 8);
        assertEquals(bits & 0o022, 0, path);
        assertEquals(bits & 0o600, 0o600, path);
        if (kind === "directory") assertEquals(bits & 0o700, 0o700, path);
      }
    }));
}

test({
  name: "G13: what the superuser changes stays with its owner",
  ignore: Deno.uid() !== 0,
  fn: () =>
    inLab(async (lab) => {
      const owner = 65534;
      Deno.chownSync(lab.at("state.json"), owner, owner);
      const { code, err } = await lab.spawn(["note", "x"]);
      assertEquals([code, err], [OK, ""]);
      const { uid, gid } = Deno.statSync(lab.at("state.json"));
      assertEquals([uid, gid], [owner, owner]);
    }),
});

test({
  name: "G13: start by the superuser warns whoever the repository belongs to",
  ignore: Deno.uid() !== 0,
  fn: () =>
    inLab(async (lab) => {
      const root = `${lab.root}/new`;
      Deno.mkdirSync(root);
      Deno.chownSync(root, 65534, 65534);
      const { code, err } = await lab.spawn(["start", "x", "--root", root]);
      assertEquals(code, OK);
      assertStringIncludes(err, "belongs to root");
    }),
});

test({
  name: "G14: orc works as the first process of a namespace of its own",
  ignore: !canMount(),
  fn: () =>
    inLab(async (lab) => {
      const line = `unshare --map-root-user --pid --fork --mount-proc \
        "$DENO" run --no-prompt -A "$CLI" note x`;
      const { code, err } = await lab.shell(line);
      assertEquals([code, err], [OK, ""]);
      assertEquals(namesIn(lab), WHOLE);
    }),
});

/** Flags of Deno, a command, and the flag that the refusal must name; none where it works. */
const PERMISSIONS: readonly (readonly [
  flags: string,
  command: string,
  missing: string,
])[] = [
  ["", "status", "--allow-read="],
  ["--allow-read", "status", ""],
  ["--allow-read", "session list", ""],
  ["--allow-read", "note x", "--allow-write="],
  ["--allow-read", "start --beside x", "--allow-env=LOG_TOKENS,LOG_STREAM"],
  ["--allow-read=. --allow-write=.orchestrator", "status", ""],
  ["--allow-read=. --allow-write=.orchestrator", "note x", ""],
  ["-A --deny-env", "note x", ""],
  ["-A --deny-sys", "note x", ""],
  ["-A --deny-run", "note x", ""],
  ["-A --deny-run", "complete git", "--allow-run"],
  ["-A --deny-read", "status", "--allow-read="],
  ["-A --deny-write", "status", ""],
  ["-A --deny-write", "note x", "--allow-write="],
  ["-A --deny-write", "start --beside x", "--allow-write="],
];

for (const [flags, command, missing] of PERMISSIONS) {
  const what = missing === "" ? "works" : `asks for ${missing}`;
  test(`G15: "${command}" with "${flags}" ${what}`, () =>
    inLab(async (lab) => {
      Deno.writeTextFileSync(`${lab.root}/workflow.yaml`, CHECKED);
      assertEquals((await lab.orc(["start", "--beside", "x"])).code, OK);
      const run = () => lab.shell(`orc_with '${flags}' ${command}`);
      if (missing === "") {
        const { code, err } = await run();
        return assertEquals([code, err], [OK, ""]);
      }
      const { code, out, err } = await withoutChange(lab.root, run);
      assertEquals([code, out], [DENIED, ""], err);
      assertEquals(err.trimEnd().split("\n").length, 2, err);
      assertStringIncludes(err, missing);
    }));
}

const MANY = 100;

test(`G17: ${MANY} commands at once on one session all count, once`, () =>
  inLab(async (lab) => {
    const texts = Array.from({ length: MANY }, (_, index) => `note ${index}`);
    const all = await Promise.all(
      texts.map((text) => lab.orc(["note", text, "--lock-timeout", "9"])),
    );
    assertEquals(all.filter(({ code }) => code !== OK), []);
    assertEquals((await notesOf(lab)).toSorted(), texts.toSorted());
    assertEquals(namesIn(lab), WHOLE);
  }));

test("G17: 50 starts at once are 50 sessions", () =>
  inLab(async (lab) => {
    const args = ["start", "x", "--beside", "--lock-timeout", "9"];
    const starts = Array.from({ length: 50 }, () => lab.orc(args));
    const all = await Promise.all(starts);
    assertEquals(all.filter(({ code }) => code !== OK), []);
    const { out } = await lab.orc(["session", "list", "--full"]);
    assertEquals(JSON.parse(out).result.sessions.length, 52);
  }));

interface BadArguments {
  readonly args: readonly string[];
  readonly exit?: number;
  readonly says: string;
}

const ARGUMENTS: readonly BadArguments[] = [
  { args: ["statsu"], says: 'Unknown command "statsu"' },
  { args: ["status", "--nope"], says: 'Unknown flag "--nope"' },
  { args: ["status", "x"], says: 'Unexpected argument "x"' },
  {
    args: ["status", "--session", "a", "--session", "b"],
    says: 'Flag "--session" was given twice',
  },
  { args: ["status", "--session"], says: 'Flag "--session" needs a value' },
  { args: ["status", "--brief=1"], says: 'Flag "--brief" takes no value' },
  { args: ["note"], says: 'Command "note" needs TEXT' },
  { args: ["note", "--"], says: 'Command "note" needs TEXT' },
  { args: ["note", ""], says: "The note is empty" },
  { args: ["note", " \t\n "], says: "The note is empty" },
  { args: ["note", "a", "b"], says: 'Unexpected argument "b"' },
  {
    args: ["note", "a".repeat(1_000_000)],
    says: "1000000 characters; at most 2000 are kept",
  },
  { args: ["start", "--beside", " "], says: "The task is empty" },
  {
    args: ["start", "--beside", "a".repeat(10_001)],
    says: "10001 characters; at most 10000 are kept",
  },
  {
    args: ["start", "--beside", "x", "-c", "a".repeat(1001)],
    says: "1001 characters; at most 1000 are kept",
  },
  {
    args: ["skip", "idea"],
    exit: REFUSED,
    says: 'Cannot skip item "idea": the reason is empty',
  },
  ...["abc", "-1", "1e99", "NaN", "", "0x10"].map((seconds): BadArguments => ({
    args: ["note", "x", `--lock-timeout=${seconds}`],
    says: "--lock-timeout",
  })),
];

for (const { args, exit = USAGE, says } of ARGUMENTS) {
  test(`G18: orc ${args.join(" ").slice(0, 50)} is refused`, () =>
    inLab((lab) =>
      withoutChange(lab.root, async () => {
        const text = await lab.orc(args);
        assertTold(text, { exit, code: "", says });
        const json = await lab.orc(["--full", ...args]);
        assertEquals(json.code, exit);
        assertStringIncludes(JSON.parse(json.out).error.message, says);
      })
    ));
}

test("G18: @file and what is no command are texts, and - is refused as none", () =>
  inLab(async (lab) => {
    const texts = ["@file", "$(touch x)", "%s", "\ud800"];
    for (const text of texts) {
      assertEquals((await lab.orc(["note", text])).code, OK, text);
    }
    assertEquals((await lab.orc(["note", "-"])).code, USAGE);
    assertEquals(await notesOf(lab), texts);
  }));

interface BadVariable {
  readonly env: Readonly<Record<string, string>>;
  readonly exit: number;
  readonly says: string;
  readonly args?: readonly string[];
}

const LOCK_TIMEOUT = "ORCHESTRATOR_LOCK_TIMEOUT";

const VARIABLES: readonly BadVariable[] = [
  ...["abc", "-1", "1e99", "0x10", " "].map((value): BadVariable => ({
    env: { [LOCK_TIMEOUT]: value },
    exit: USAGE,
    says: `${LOCK_TIMEOUT} is "${value}"`,
  })),
  {
    env: { ORCHESTRATOR_ROOT: "/nowhere" },
    exit: NOT_FOUND,
    says: 'Cannot use "/nowhere" as root',
  },
  {
    env: { ORCHESTRATOR_ROOT: "/dev/null" },
    exit: USAGE,
    says: 'Cannot use "/dev/null" as root: it is not a directory',
  },
  {
    env: { ORCHESTRATOR_SESSION: "zzz" },
    exit: NOT_FOUND,
    says: 'Cannot find session "zzz", from ORCHESTRATOR_SESSION',
  },
  {
    env: { ORCHESTRATOR_APPROVALS: "maybe" },
    exit: USAGE,
    says: 'ORCHESTRATOR_APPROVALS is "maybe"',
    args: ["advance", "--force"],
  },
];

for (const { env, exit, says, args = ["note", "x"] } of VARIABLES) {
  test(`G19: ${Object.entries(env).join().replace(",", "=")} is refused by name`, () =>
    inLab((lab) =>
      withoutChange(lab.root, async () => {
        assertTold(await lab.orc(args, { env }), { exit, code: "", says });
      })
    ));
}

test({
  name: "G19: a variable that is no Unicode is named",
  ignore: !isLinux,
  fn: () =>
    inLab(async (lab) => {
      const line = `ORCHESTRATOR_SESSION=$(printf 'a\\377') orc status`;
      const { code, err } = await lab.shell(line);
      assertEquals(code, USAGE, err);
      assertStringIncludes(
        err,
        '"ORCHESTRATOR_SESSION": it is not valid Unicode',
      );
    }),
});

/** The older tool's file in forms that cannot be read, and what is said of them. */
const LEGACY: readonly (readonly [name: string, make: string, says: string])[] =
  [
    ["empty", ": > STATE", "is empty (0 bytes)"],
    ["torn", "truncate -s -40 STATE", "it ends after"],
    ["zero-filled", "cp /dev/null STATE; truncate -s 900 STATE", "zero-filled"],
    ["no UTF-8", "printf '\\377' >> STATE", "is not UTF-8"],
    ["a pipe", "rm STATE; mkfifo STATE", "it is a named pipe"],
    ["a link", "mv STATE real; ln -s real STATE", "it is a symbolic link"],
    ["of 2 GiB", "truncate -s 2G STATE", "is larger than"],
  ];

for (const [name, make, says] of LEGACY) {
  test(`G21: a legacy state that is ${name} is refused and kept`, () =>
    inDirectory(async (directory) => {
      const root = `${directory}/old`;
      Deno.mkdirSync(`${root}/.orchestrator/sessions`, { recursive: true });
      const path = `${root}/.workflow_state.json`;
      Deno.writeTextFileSync(path, legacyState());
      const line = make.replaceAll("STATE", ".workflow_state.json");
      await execute("sh", ["-c", line], { cwd: root });
      await withoutChange(root, async () => {
        for (const args of [["status"], ["complete", "it"], ["start", "x"]]) {
          assertTold(await orcIn(root, args), {
            exit: CORRUPT,
            code: "",
            says,
          });
        }
        const { code, err } = await orcIn(root, ["session", "list"]);
        assertEquals(code, OK);
        assertStringIncludes(err, `Warning: `);
      });
      const beside = await orcIn(root, ["start", "--beside", "x"]);
      assertEquals(beside.code, OK, beside.err);
      assertEquals((await orcIn(root, ["status"])).code, OK);
    }));
}
