/** Section D: the directory .orchestrator, its locks, and the repository around it. */
import { LOCK_NAME } from "../../src/base/layout.ts";
import type {
  LockRecord,
  ProcessIdentity,
} from "../../src/files/lock_record.ts";
import { lockText, tokenOf } from "../session/fixtures.ts";
import { effortOf } from "./effort.ts";
import {
  canMount,
  execute,
  git,
  inDirectory,
  inLab,
  isInstalled,
  isLinux,
  isRoot,
  type Lab,
  orcIn,
  shellIn,
  shellWithMounts,
  spawnIn,
  test,
} from "./lab.ts";
import {
  assertOthersWork,
  assertRefused,
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
const NOT_FOUND = 4;
const CONFLICT = 5;
const CORRUPT = 6;
const EXTERNAL = 7;
const DENIED = 77;

const READS = [["status"], ["next"], ["session", "list"], ["session", "info"]];

/** Commands that write; the session `second` is there. */
function writesOf({ second }: Lab): readonly (readonly string[])[] {
  return [
    ["note", "x"],
    ["start", "--beside", "Third"],
    ["session", "switch", second],
    ["init"],
  ];
}

for (
  const [row, name, make] of [
    ["D1", "a file", "touch .orchestrator"],
    ["D2", "a link out of the repository", "ln -s ../real .orchestrator"],
    ["D2", "a link that leads nowhere", "ln -s gone .orchestrator"],
    ["D2", "a link to itself", "ln -s .orchestrator .orchestrator"],
  ] as const
) {
  test(`${row}: ${name} in the place of .orchestrator is refused and stays`, () =>
    inLab(async (lab) => {
      const real = `${lab.root}/../real`;
      Deno.renameSync(`${lab.root}/.orchestrator`, real);
      await execute("sh", ["-c", make], { cwd: lab.root });
      const before = await fingerprint(real);
      const code = row === "D1" ? "not_a_directory" : "symbolic_link";
      const says = `it is ${row === "D1" ? "a file" : "a symbolic link"}`;
      const refusal = { exit: CORRUPT, code, says: [".orchestrator", says] };
      for (const args of [...READS, ...writesOf(lab)]) {
        await assertRefused({ lab }, args, refusal);
        await assertRefused({ lab }, ["--root", lab.root, ...args], refusal);
      }
      assertEquals(await fingerprint(real), before);
    }));
}

test("D3: in a directory that may not be written readers work and writers leave nothing", () =>
  inLab(async (lab) => {
    const run: Lab["spawn"] = (args) => lab.spawn(args, { unprivileged: true });
    await execute("chmod", ["-R", "a-w", ".orchestrator"], { cwd: lab.root });
    try {
      await withoutChange(lab.root, async () => {
        for (const args of READS) assertEquals((await run(args)).code, OK);
        for (const args of writesOf(lab)) {
          const { code, out, err } = await run(args);
          assertEquals([code, out], [DENIED, ""], err);
          assertStringIncludes(err, "permission denied");
          assertMatch(err, /belongs to user \d+ and has the mode 0555/);
        }
      });
    } finally {
      await execute("chmod", ["-R", "u+w", ".orchestrator"], { cwd: lab.root });
    }
  }));

test({
  name:
    "D3: on a file system that is read-only readers work and writers say why",
  ignore: !canMount(),
  fn: () =>
    inLab(async (lab) => {
      const readOnly = (command: string) =>
        shellWithMounts(
          lab,
          `mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && cd "$1" && ${command}`,
        );
      await withoutChange(lab.root, async () => {
        const status = await readOnly("orc status");
        assertEquals([status.code, status.err], [OK, ""]);
        for (
          const command of ["orc note x", "orc start --beside y", "orc init"]
        ) {
          const { code, err } = await readOnly(command);
          assertEquals(code, EXTERNAL, err);
          assertStringIncludes(err, "the file system is read-only");
          assertStringIncludes(err, "Try: ");
        }
      });
    }),
});

test({
  name: "D4, D14: what belongs to another user is read, and git is not asked",
  ignore: !isRoot,
  fn: () =>
    inLab(async (lab) => {
      await execute("chown", ["-R", "65534:65534", lab.root], {});
      for (const args of READS) assertEquals((await lab.orc(args)).code, OK);
      assertEquals((await lab.orc(["note", "x"])).code, OK);
      await assertOthersWork(lab);
    }),
});

test("D5: a file in the place of sessions is refused and stays", () =>
  inLab(async (lab) => {
    const sessions = `${lab.root}/.orchestrator/sessions`;
    Deno.removeSync(sessions, { recursive: true });
    Deno.writeTextFileSync(sessions, "mine");
    for (const args of [...READS, ...writesOf(lab)]) {
      await assertRefused({ lab }, args, {
        exit: CORRUPT,
        code: "not_a_directory",
        says: ["sessions", "where a directory is expected"],
      });
    }
  }));

test("D5: junk among the sessions is left alone", () =>
  inLab(async (lab) => {
    const sessions = `${lab.root}/.orchestrator/sessions`;
    const names = [".DS_Store", "README.md", "junk", "state.json", "Thumbs.db"];
    for (const name of names) Deno.writeTextFileSync(`${sessions}/${name}`, "");
    for (const name of ["Dir", "a b"]) Deno.mkdirSync(`${sessions}/${name}`);
    await execute("mkfifo", [`${sessions}/Pipe`], {});
    const { out } = await lab.spawn(["session", "list", "--full"]);
    assertEquals(JSON.parse(out).result.sessions.length, 2);
    for (const args of [["status"], ["start", "--beside", "Third"]]) {
      assertEquals((await lab.spawn(args)).code, OK);
    }
    for (const name of [...names, "Dir", "a b", "Pipe"]) {
      assert(Deno.lstatSync(`${sessions}/${name}`), name);
    }
  }));

test("D5: 10000 sessions cost status nothing, and a list a few calls for each", () =>
  inLab(async (lab) => {
    const status = async () => {
      assertEquals((await lab.orc(["status"])).code, OK);
    };
    const withFew = await effortOf(status);
    const sessions = `${lab.root}/.orchestrator/sessions`;
    for (let number = 0; number < 10_000; number++) {
      const path = `${sessions}/copy${String(number).padStart(22, "0")}`;
      Deno.mkdirSync(path);
      Deno.copyFileSync(lab.at("state.json"), `${path}/state.json`);
    }
    assertEquals(await effortOf(status), withFew);
    let out = "";
    const { calls } = await effortOf(async () => {
      out = (await lab.orc(["session", "list", "--full"])).out;
    });
    assert(calls < 10_000 * 2, `${calls} calls`);
    const { sessions: listed, more } = JSON.parse(out).result;
    assertEquals([listed.length, more], [100, 9_902]);
  }));

/** Who these tests are, as a process with all permissions can tell. */
async function identityOfTests(): Promise<ProcessIdentity> {
  const ask = `cut -d" " -f22 /proc/$PID/stat
    cat /proc/sys/kernel/random/boot_id
    readlink /proc/$PID/ns/pid
    uname -n`;
  const env = { PID: String(Deno.pid) };
  const { out } = isLinux
    ? await execute("sh", ["-c", ask], { env })
    : { out: "" };
  const [start = "", boot = "", namespace = "", host = ""] = out.split("\n");
  const startedAtMs = Math.round(performance.timeOrigin);
  const runtime = "deno";
  return { pid: Deno.pid, start, startedAtMs, boot, namespace, host, runtime };
}

const identity = await identityOfTests();

/** The lock of a process that runs. */
function livingLock(overrides: Partial<LockRecord> = {}): string {
  return lockText({
    ...identity,
    token: tokenOf(7),
    at: new Date().toISOString(),
    purpose: "a test",
    ...overrides,
  });
}

for (
  const [name, remove, code] of [
    ["its session", (lab: Lab) => lab.at("").slice(0, -1), "session_removed"],
    ["everything", (lab: Lab) => `${lab.root}/.orchestrator`, ""],
  ] as const
) {
  test(`D6: a command that waits while ${name} is removed does not make it again`, () =>
    inLab(async (lab) => {
      Deno.writeTextFileSync(lab.at("lock"), livingLock());
      const waits = Promise.withResolvers<void>();
      const livenessOf = () => {
        waits.resolve();
        return "alive" as const;
      };
      const waiting = lab.orc(["note", "x", "--full"], {
        host: { livenessOf },
      });
      await waits.promise;
      Deno.removeSync(remove(lab), { recursive: true });
      const { out } = await waiting;
      const { ok, error } = JSON.parse(out);
      assertEquals([ok, error.kind], [false, "conflict"], out);
      if (code !== "") assertEquals(error.code, code);
      assertStringIncludes(error.message, "removed");
      const left = await fingerprint(lab.root);
      // What git's directory keeps of it stays, for orc recover.
      const again = Object.keys(left).filter((path) =>
        path.includes(lab.first) && !path.includes(".git/orchestrator")
      );
      assertEquals(again, []);
    }));
}

for (
  const [name, make] of [
    ["a directory", "mkdir lock"],
    ["a pipe", "mkfifo lock"],
    ["a link that leads nowhere", "ln -s gone lock"],
    ["a link to the state", "ln -s state.json lock"],
    ["a file of 1 GB", "truncate -s 1G lock"],
  ] as const
) {
  test(`D7: ${name} in the place of a lock is named and stays`, () =>
    inLab(async (lab) => {
      await execute("sh", ["-c", make], { cwd: lab.at("") });
      const code = name === "a file of 1 GB"
        ? "file_too_large"
        : "not_a_regular_file";
      const says = `Cannot read "${lab.at(LOCK_NAME)}"`;
      const refusal = { exit: CORRUPT, code, says };
      await assertRefused({ lab, run: lab.spawn }, ["note", "x"], refusal);
      assertEquals((await lab.spawn(["status"])).code, OK);
      await assertOthersWork(lab, lab.spawn);
    }));
}

/** Locks that are no records of orc: after two seconds they are nobody's. */
const MALFORMED: readonly (readonly [string, string])[] = [
  ["an empty file", ""],
  ["the lock of another tool", '{"pid": 1, "owner": "another tool"}'],
  ["a record with the process id 0", livingLock({ pid: 0 })],
  ["a record with the process id -1", livingLock({ pid: -1 })],
  ["a record with the process id 2^40", livingLock({ pid: 2 ** 40 })],
];

test("D7, D8: a lock that names no holder is waited for and then taken over", async (t) => {
  const trials = MALFORMED.map(([name, text]) => ({
    name,
    ended: inLab(async (lab) => {
      Deno.writeTextFileSync(lab.at("lock"), text);
      await assertRefused({ lab }, ["note", "x", "--lock-timeout", "0.2"], {
        exit: CONFLICT,
        code: "lock_unreadable",
        says: [lab.at("lock"), "names no holder"],
      });
      const { code, err } = await lab.orc(["note", "x"]);
      assertEquals([code, err], [OK, ""]);
      assert(!Deno.readTextFileSync(lab.at("log.jsonl")).includes(text || "?"));
    }),
  }));
  for (const { name, ended } of trials) await t.step(name, () => ended);
});

/** Locks of holders that can be judged, and whether their lock is free. */
const HOLDERS: readonly {
  readonly name: string;
  readonly lock: () => string;
  readonly isDead: boolean;
}[] = [
  { name: "a living process", lock: () => livingLock(), isDead: false },
  {
    name: "a living process from the future",
    lock: () => livingLock({ at: "2999-01-01T00:00:00Z" }),
    isDead: false,
  },
  {
    name: "a living process from the past",
    lock: () => livingLock({ at: "1970-01-01T00:00:00Z" }),
    isDead: false,
  },
  {
    name: "a process that ended",
    lock: () => livingLock({ pid: 2 ** 22 + 1, start: "1" }),
    isDead: true,
  },
  {
    name: "a process whose id was used again",
    lock: () => livingLock({ start: "1" }),
    isDead: true,
  },
  {
    name: "the first process, at another start",
    lock: () => livingLock({ pid: 1, start: "1" }),
    isDead: true,
  },
  {
    name: "an earlier boot of this machine",
    lock: () => livingLock({ boot: "0000", at: "1970-01-01T00:00:00Z" }),
    isDead: true,
  },
  {
    name: "another machine",
    lock: () =>
      livingLock({ host: "elsewhere", boot: "1", at: "1970-01-01T00:00:00Z" }),
    isDead: false,
  },
  {
    name: "another machine of the same name",
    lock: () => livingLock({ boot: "1" }),
    isDead: false,
  },
];

for (const { name, lock, isDead } of HOLDERS) {
  test({
    name: `D8: the lock of ${name} is ${isDead ? "taken over" : "waited for"}`,
    ignore: !isLinux,
    fn: () =>
      inLab(async (lab) => {
        Deno.writeTextFileSync(lab.at("lock"), lock());
        const args = ["note", "x", "--lock-timeout", "0.2"];
        if (!isDead) {
          await assertRefused({ lab, run: lab.spawn }, args, {
            exit: CONFLICT,
            code: "lock_held",
            says: ["held for", "by process", "(a test)"],
          });
        } else {
          const { code, err } = await lab.spawn(args);
          assertEquals([code, err], [OK, ""]);
        }
        for (const read of READS) assertEquals((await lab.orc(read)).code, OK);
        await assertOthersWork(lab);
      }),
  });
}

test("D9: 2000 left-over files are swept by the next update", () =>
  inLab(async (lab) => {
    for (let number = 1; number <= 1000; number++) {
      const token = tokenOf(number);
      Deno.writeTextFileSync(lab.at(`state.json.${token}.tmp`), "{");
      Deno.writeTextFileSync(lab.at(`lock.break.${token}.0`), "{");
    }
    Deno.writeTextFileSync(lab.at("mine.tmp"), "");
    const { calls } = await effortOf(async () => {
      assertEquals((await lab.orc(["note", "x"])).code, OK);
    });
    assert(calls < 2000 * 2, `${calls} calls`);
    const names = [...Deno.readDirSync(lab.at(""))].map(({ name }) => name);
    const expected = ["log.jsonl", "meta.json", "mine.tmp", "state.json"];
    assertEquals(names.sort(), expected);
  }));

test("D10: a working directory that is gone is named, and --root works without it", () =>
  inLab(async (lab) => {
    const gone = { cwd: `${lab.root}/gone` };
    const refusal = { exit: EXTERNAL, says: "no longer exists" };
    for (const args of [["status"], ["start", "x"]]) {
      await assertRefused({ lab, options: gone }, args, {
        ...refusal,
        code: "working_directory_gone",
      });
    }
    const { code } = await lab.orc(["status", "--root", lab.root], gone);
    assertEquals(code, OK);
    // What Deno throws when the directory was removed under the running process.
    const line = `mkdir x && cd x && "$DENO" eval '
      const { main } = await import("${
      import.meta.resolve("../../src/cli/main.ts")
    }");
      const { denoHost } = await import("${
      import.meta.resolve("../../src/host/deno_host.ts")
    }");
      Deno.removeSync("../x");
      const codes = [];
      for (const args of [["status"], ["status", "--root", "${lab.root}"]]) {
        codes.push(await main(args, denoHost()));
      }
      console.log(codes.join());'`;
    const ended = await lab.shell(line, { env: { DENO: Deno.execPath() } });
    assertStringIncludes(ended.err, "Cannot find the working directory");
    assert(ended.out.endsWith(`${EXTERNAL},${OK}\n`), ended.out + ended.err);
  }));

test("D11: orc works from any directory of the repository, and says so within .git", () =>
  inLab(async (lab) => {
    for (const below of ["src", ".orchestrator", ".orchestrator/sessions"]) {
      const { code } = await lab.orc(["status"], {
        cwd: `${lab.root}/${below}`,
      });
      assertEquals(code, OK, below);
    }
    assertEquals((await lab.orc(["note", "x"], { cwd: lab.at("") })).code, OK);
    const options = { cwd: `${lab.root}/.git` };
    for (const args of [["status"], ["start", "x"]]) {
      await assertRefused({ lab, options }, args, {
        exit: USAGE,
        code: "inside_git_directory",
        says: "is inside the git directory",
      });
    }
  }));

for (
  const [name, text, problem] of [
    ["leads nowhere", "gitdir: /nowhere\n", "does not exist"],
    ["is no pointer", "garbage\n", "names no git directory"],
    ["is empty", "", "names no git directory"],
    ["is binary", "\0\x01\x02", "names no git directory"],
  ] as const
) {
  test(`D12: a .git file that ${name} is refused`, () =>
    inLab(async (lab) => {
      Deno.writeTextFileSync(`${lab.root}/src/.git`, text);
      const options = { cwd: `${lab.root}/src` };
      for (const args of [["status"], ["start", "x"]]) {
        await assertRefused({ lab, options }, args, {
          exit: CORRUPT,
          code: "broken_git_file",
          says: ["Cannot tell which repository this is", problem],
        });
      }
      const named = ["status", "--root", lab.root];
      assertEquals((await lab.orc(named, options)).code, OK);
    }));
}

test("D12: a linked worktree whose main one moved away is refused", () =>
  inLab(async (lab) => {
    await git(lab.root, "commit", "--quiet", "--allow-empty", "-m", "Begin");
    await git(lab.root, "worktree", "add", "--quiet", "../linked");
    const options = { cwd: `${lab.root}/../linked` };
    assertEquals((await lab.orc(["status"], options)).code, OK);
    Deno.removeSync(`${lab.root}/.git/worktrees`, { recursive: true });
    await assertRefused({ lab, options }, ["status"], {
      exit: CORRUPT,
      code: "broken_git_file",
      says: "does not exist",
    });
  }));

test("D12: GIT_DIR and GIT_WORK_TREE lead orc nowhere", () =>
  inLab(async (lab) => {
    const env = { GIT_DIR: "/nowhere", GIT_WORK_TREE: "/tmp" };
    const { code, out } = await lab.spawn(["status", "--full"], { env });
    assertEquals([code, JSON.parse(out).root], [OK, lab.root]);
  }));

test("D13: orc needs neither a git repository nor git", () =>
  inDirectory(async (directory) => {
    const at = ["--root", directory];
    for (
      const [args, code] of [[["status"], NOT_FOUND], [
        ["start", "x"],
        OK,
      ]] as const
    ) {
      assertEquals((await orcIn(directory, [...args, ...at])).code, code);
    }
    const line = 'PATH=/nowhere; orc note x --root "$PWD"';
    const ended = await shellIn(directory, line);
    assertEquals([ended.code, ended.out], [OK, "Noted\n"], ended.err);
  }));

test("D15: what git is in the middle of is nothing to orc, and stays", () =>
  inLab(async (lab) => {
    const names = ["index.lock", "MERGE_HEAD", "BISECT_LOG", "HEAD"];
    for (const name of names) {
      Deno.writeTextFileSync(`${lab.root}/.git/${name}`, "garbage");
    }
    Deno.mkdirSync(`${lab.root}/.git/rebase-merge`);
    const ofGit = async () =>
      Object.entries(await fingerprint(`${lab.root}/.git`))
        .filter(([path]) => !path.startsWith("orchestrator"));
    const before = await ofGit();
    for (const args of [...READS, ...writesOf(lab)]) {
      const { code, err } = await lab.orc(args);
      assertEquals([code, err], [OK, ""], args.join(" "));
    }
    assertEquals(await ofGit(), before);
  }));

const NAMES = [
  "a b",
  "it's",
  '"q"',
  "$(touch x)",
  "`x`",
  "new\nline",
  "#h",
  "%41",
  "q?a=b",
  "-rf",
  "*",
  "😀",
  "back\\slash",
  "\x1b[31m",
  "d".repeat(200),
];

for (const name of NAMES) {
  test(`D16: a repository can be called ${JSON.stringify(name).slice(0, 30)}`, () =>
    inDirectory(async (directory) => {
      const root = `${directory}/${name}`;
      Deno.mkdirSync(`${root}/.git/objects`, { recursive: true });
      Deno.writeTextFileSync(`${root}/.git/HEAD`, "ref: refs/heads/main\n");
      const check = "verification: {type: command, command: cat data.txt}";
      Deno.writeTextFileSync(`${root}/data.txt`, "");
      Deno.writeTextFileSync(
        `${root}/workflow.yaml`,
        `name: T\nphases: [{id: P, name: P, items: [{id: a, name: A, ${check}}]}]\n`,
      );
      const started = await spawnIn(root, ["start", "x", "--root", root]);
      assertEquals(started.code, OK, started.err);
      assert(!started.out.includes("\x1b"));
      assertEquals((await spawnIn(root, ["complete", "a"])).code, OK);
      const { out } = await orcIn(directory, [
        "status",
        "--full",
        "--root",
        root,
      ]);
      assertEquals(JSON.parse(out).root, root);
      const relative = ["status", `--root=${name}`];
      assertEquals((await orcIn(directory, relative)).code, OK);
    }));
}

test({
  name: "D16: a path that is no Unicode is refused",
  ignore: !isLinux,
  fn: () =>
    inDirectory(async (directory) => {
      const { code, err } = await shellIn(
        directory,
        `name=$(printf 'a\\377'); mkdir "$name" && cd "$name" && orc start x`,
      );
      assertEquals(code, EXTERNAL, err);
      assertStringIncludes(err, "its path is not valid Unicode");
    }),
});

test({
  name: "D17: only the exact name is that of the workflow",
  ignore: !isLinux,
  fn: () =>
    inLab(async (lab) => {
      const other = `${lab.root}/WORKFLOW.yaml`;
      Deno.writeTextFileSync(other, "not a workflow");
      const { code, out } = await lab.orc(["validate", "--full"]);
      assertEquals(code, OK, out);
      assertStringIncludes(out, `${lab.root}/workflow.yaml`);
      Deno.removeSync(other);
      Deno.renameSync(`${lab.root}/workflow.yaml`, other);
      const alone = await lab.orc(["start", "--beside", "Another"]);
      assertEquals(alone.code, OK, alone.err);
      assertStringIncludes(
        alone.err,
        'there is "WORKFLOW.yaml": only "workflow.yaml" is read',
      );
    }),
});

test("D18: the nearest directory with state is the root, and the answer names it", () =>
  inLab(async (lab) => {
    const inner = `${lab.root}/inner`;
    Deno.mkdirSync(`${inner}/src`, { recursive: true });
    await git(inner, "init", "--quiet", "--template=");
    const rootFrom = async (cwd: string) =>
      JSON.parse((await lab.orc(["session", "list", "--full"], { cwd })).out)
        .root;
    assertEquals(await rootFrom(`${inner}/src`), lab.root);
    assertEquals((await lab.orc(["init", "--root", inner])).code, OK);
    assertEquals(await rootFrom(`${inner}/src`), inner);
    assertEquals(await rootFrom(lab.root), lab.root);
  }));

/** Runs orc while the kernel refuses some of its calls. */
function injected(call: string, error: string, path = ""): string {
  const only = path === "" ? "" : `--trace-path="${path}"`;
  return `strace -f -qqq -o /dev/null ${only} -e trace=${call} -e inject=${call}:error=${error} "$DENO" run --no-prompt -A "$CLI"`;
}

/** What file systems refuse that cannot do it: exFAT, FUSE, network shares. */
const LACKS: readonly (readonly [string, string, string])[] = [
  ["hard links", "link,linkat", "EPERM"],
  ["hard links, which says EOPNOTSUPP,", "link,linkat", "EOPNOTSUPP"],
  ["hard links, which says ENOSYS,", "link,linkat", "ENOSYS"],
  ["hard links, which says EMLINK,", "link,linkat", "EMLINK"],
  ["modes", "chmod,fchmod,fchmodat", "EPERM"],
];

for (const [name, call, error] of LACKS) {
  test({
    name: `D19: a file system without ${name} will do`,
    ignore: !isLinux || !isInstalled("strace"),
    fn: () =>
      inLab(async (lab) => {
        for (const args of ["note x", "start --beside y"]) {
          const { code, err } = await lab.shell(
            `${injected(call, error)} ${args}`,
          );
          assertEquals([code, err], [OK, ""], args);
        }
        await assertOthersWork(lab);
      }),
  });
}

for (const error of ["EINVAL", "EOPNOTSUPP"]) {
  test({
    name:
      `D19: a file system that answers ${error} to the sync of a directory will do`,
    ignore: !isLinux || !isInstalled("strace"),
    fn: () =>
      inLab(async (lab) => {
        const orc = injected("fsync", error, lab.at("").slice(0, -1));
        const { code, err } = await lab.shell(`${orc} note x`);
        assertEquals([code, err], [OK, ""]);
      }),
  });
}

for (const error of ["EBUSY", "EXDEV", "ESTALE"]) {
  test({
    name:
      `D19: a file system that says ${error} changes nothing, and orc says what helps`,
    ignore: !isLinux || !isInstalled("strace"),
    fn: () =>
      inLab(async (lab) => {
        const before = Deno.readTextFileSync(lab.at("state.json"));
        const call = "rename,renameat,renameat2";
        const { code, err } = await lab.shell(
          `${injected(call, error)} note x`,
        );
        assertEquals(code, EXTERNAL, err);
        assertMatch(err, new RegExp(`^Cannot write .* \\(${error}\\)\nTry: .`));
        assertEquals(Deno.readTextFileSync(lab.at("state.json")), before);
        assertEquals((await lab.orc(["note", "x"])).code, OK);
      }),
  });
}

test("D20: no program that the repository names is run", () =>
  inLab(async (lab) => {
    const marker = `${lab.root}/ran`;
    const script = `#!/bin/sh\ntouch ${marker}\n`;
    Deno.mkdirSync(`${lab.root}/.git/hooks`);
    for (const hook of ["post-checkout", "pre-commit", "post-index-change"]) {
      const path = `${lab.root}/.git/hooks/${hook}`;
      Deno.writeTextFileSync(path, script, { mode: 0o755 });
    }
    for (const key of ["core.fsmonitor", "core.sshCommand", "core.pager"]) {
      await git(lab.root, "config", key, `touch ${marker}`);
    }
    for (const args of [...READS, ...writesOf(lab)]) {
      assertEquals((await lab.spawn(args)).code, OK);
    }
    const names = [...Deno.readDirSync(lab.root)].map(({ name }) => name);
    assert(!names.includes("ran"));
  }));
