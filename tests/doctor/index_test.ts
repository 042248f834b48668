import { sha256Hex } from "../../src/base/checksum.ts";
import { repositoryLayout, sessionLayout } from "../../src/base/layout.ts";
import { MIN_INDEXED_SESSIONS } from "../../src/base/limits.ts";
import { diagnoseRepository, type Diagnosis } from "../../src/doctor/use.ts";
import { abandonSession } from "../../src/work/phase.ts";
import { EASY_WORKFLOW, edit, fixedHost, idOf } from "../work/fixtures.ts";
import { amongSessions, callsOf, later } from "./fixtures.ts";
import { assert, assertEquals, assertNotEquals } from "@std/assert";

const FEW = MIN_INDEXED_SESSIONS;

/** What doctor says of a session is decided here; of what they say, comments and blanks are no part. */
const DECIDING = ["look.ts", "session_facts.ts", "session_rules.ts"];
const NO_CODE = /^\s*(?:\/\/|\/\*|\*).*$|\s+/gm;

Deno.test("an index is made anew once the rules about sessions have changed", async () => {
  const read = (name: string) => Deno.readTextFileSync(`src/doctor/${name}`);
  const code = DECIDING.map((name) => read(name).replaceAll(NO_CODE, ""));
  const digest = await sha256Hex(new TextEncoder().encode(code.join("\n")));
  const [, rules] = /^const RULES = (\d+);$/m.exec(read("index.ts")) ?? [];
  assertEquals(
    [rules, digest.slice(0, 16)],
    ["3", "2d10afe2cff7bbe4"],
    "Raise RULES in src/doctor/index.ts if doctor may now say something of a session that was sound; then put both here",
  );
});

function diagnose(
  root: string,
  { full = false, at = later() }: {
    readonly full?: boolean;
    readonly at?: string;
  } = {},
): Promise<Diagnosis> {
  return diagnoseRepository(fixedHost({ at }), { root, full });
}

/** Waits until a change shows another time than what was made before: some systems tell only seconds. */
async function nextSecond(root: string): Promise<void> {
  const probe = `${root}/probe`;
  const second = (): number | undefined => {
    Deno.writeTextFileSync(probe, "");
    return Deno.lstatSync(probe).ctime?.getTime();
  };
  const first = second();
  while (second() === first) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  Deno.removeSync(probe);
}

/** The same numbers in every run. */
function newRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}

type Random = (below: number) => number;
type Edit = (path: string, random: Random) => void;

/** Changes one byte; neither size nor time shows it. */
const inPlace: Edit = (path, random) => {
  const { mtime } = Deno.lstatSync(path);
  const bytes = Deno.readFileSync(path);
  // A letter of a name, or what holds the whole together.
  const at = random(bytes.length);
  bytes[at] = bytes[at] === 0x61 ? 0x62 : 0x61;
  Deno.writeFileSync(path, bytes);
  Deno.utimeSync(path, mtime ?? 0, mtime ?? 0);
};

const EDITS: Readonly<Record<string, Edit>> = {
  inPlace,
  renamedOver: (path, random) => {
    Deno.copyFileSync(path, `${path}.new`);
    inPlace(`${path}.new`, random);
    const { mtime } = Deno.lstatSync(path);
    Deno.utimeSync(`${path}.new`, mtime ?? 0, mtime ?? 0);
    Deno.renameSync(`${path}.new`, path);
  },
  removed: (path) => Deno.removeSync(path),
  added: (path) => Deno.mkdirSync(`${path}.d`, { mode: 0o777 }),
  leftOver: (path) =>
    Deno.writeTextFileSync(`${path}.${"0".repeat(32)}.tmp`, ""),
  longer: (path) => Deno.writeTextFileSync(path, "{", { append: true }),
  shorter: (path, random) => Deno.truncateSync(path, random(20)),
  touched: (path) => Deno.utimeSync(path, 1, 1),
  otherMode: (path) => Deno.chmodSync(path, 0o602),
  replacedByDirectory: (path) => {
    Deno.removeSync(path);
    Deno.mkdirSync(path);
  },
  locked: (path) => Deno.writeTextFileSync(path.replace(/[^/]*$/, "lock"), "{"),
};

Deno.test("diagnoseRepository() finds with its index what it finds without, whatever was changed", () =>
  amongSessions(async (root) => {
    const well = await diagnose(root);
    assertEquals(well.unchanged, 0);
    await nextSecond(root);
    const random = newRandom(12);
    const kinds = Object.keys(EDITS);
    // No session twice: the clock of this test is ahead, and two changes in a second look like one.
    for (let number = 0; number < FEW; number += 10) {
      const done: string[] = [];
      for (let each = number; each < number + 10; each++) {
        const { state, log, meta } = sessionLayout(root, idOf(1, each));
        const path = [state, log, meta][random(3)] ?? state;
        const kind = kinds[each < kinds.length ? each : random(kinds.length)];
        EDITS[kind ?? ""]?.(path, random);
        done.push(`${kind} ${path}`);
      }
      const known = await diagnose(root);
      const all = await diagnose(root, { full: true });
      assertEquals(known.findings, all.findings, done.join("\n"));
      assert(known.unchanged >= 0.5 * (FEW - number - 10), done.join("\n"));
      assertEquals(all.unchanged, 0);
    }
  }));

Deno.test("diagnoseRepository() finds a changed byte of every file, though size and time are as before", () =>
  amongSessions(async (root) => {
    await diagnose(root);
    await nextSecond(root);
    for (const [number, name] of ["state", "log", "meta"].entries()) {
      const paths = sessionLayout(root, idOf(1, number));
      const path = paths[name as "state" | "log" | "meta"];
      const { mtime, size } = Deno.lstatSync(path);
      edit(path, "{", "[");
      Deno.utimeSync(path, mtime ?? 0, mtime ?? 0);
      assertEquals(Deno.lstatSync(path).mtime, mtime);
      assertEquals(Deno.lstatSync(path).size, size);
    }
    const { findings, unchanged } = await diagnose(root);
    assertEquals([...new Set(findings.map(({ code }) => code))].sort(), [
      "damaged_meta",
      "damaged_state",
      "log_behind_state",
      "log_changed",
      "log_damaged_lines",
      "update_not_allowed",
    ]);
    assertEquals(unchanged, FEW - 3);
  }));

Deno.test("diagnoseRepository() does not remember a session that was changed a moment ago", () =>
  amongSessions(async (root) => {
    const { ctime } = Deno.lstatSync(sessionLayout(root, idOf(1, 0)).state);
    // A second behind the first of them, however long it took to make the others.
    const at = new Date((ctime?.getTime() ?? 0) + 1_000).toISOString();
    await diagnose(root, { at });
    const { state } = sessionLayout(root, idOf(1, 5));
    const { mtime } = Deno.lstatSync(state);
    edit(state, "Add login", "Add logon");
    Deno.utimeSync(state, mtime ?? 0, mtime ?? 0);
    const { findings, unchanged } = await diagnose(root, { at });
    assertEquals(findings.map(({ code }) => code), ["changed_outside"]);
    assertEquals(unchanged, 0);
  }));

Deno.test("diagnoseRepository() remembers no finding, only what is sound", () =>
  amongSessions(async (root) => {
    const { log } = sessionLayout(root, idOf(1, 7));
    Deno.writeTextFileSync(log, "[]\n", { append: true });
    const [first, second] = [await diagnose(root), await diagnose(root)];
    assertEquals(first.findings, second.findings);
    assertEquals(first.findings.map(({ code }) => code), ["log_damaged_lines"]);
    assertEquals(second.unchanged, FEW - 1);
  }));

Deno.test("diagnoseRepository() knows of unchanged sessions what else is asked about them", () =>
  amongSessions(async (root) => {
    await diagnose(root);
    Deno.writeTextFileSync(`${root}/workflow.yaml`, EASY_WORKFLOW);
    const known = await diagnose(root);
    assertEquals(known.unchanged, FEW);
    assertEquals(known.findings.map(({ code }) => code), ["workflow_changed"]);
    const all = await diagnose(root, { full: true });
    assertEquals(known.findings, all.findings);
  }));

Deno.test("diagnoseRepository() reads all sessions for a repair, and where all are asked for", () =>
  amongSessions(async (root) => {
    await diagnose(root);
    const host = fixedHost({ at: later() });
    const { unchanged } = await diagnoseRepository(host, { root, fix: true });
    assertEquals(unchanged, 0);
    assertEquals((await diagnose(root, { full: true })).unchanged, 0);
    assertEquals((await diagnose(root)).unchanged, FEW);
  }));

Deno.test("diagnoseRepository() reads a session again that orc has changed", () =>
  amongSessions(async (root) => {
    await diagnose(root);
    const session = idOf(1, 3);
    await abandonSession(fixedHost(), { root, session, reason: "not needed" });
    const { healthy, unchanged } = await diagnose(root);
    assertEquals([healthy, unchanged], [true, FEW - 1]);
  }));

Deno.test("diagnoseRepository() keeps its index to itself, and throws away one that it cannot trust", () =>
  amongSessions(async (root) => {
    const { doctorIndex: path } = repositoryLayout(root);
    await diagnose(root);
    assertEquals((Deno.lstatSync(path).mode ?? 0) & 0o777, 0o600);
    const good = Deno.readTextFileSync(path);
    const distrusted: readonly (() => void)[] = [
      () => Deno.removeSync(path),
      () => Deno.writeTextFileSync(path, ""),
      () => Deno.writeTextFileSync(path, good.slice(0, -100)),
      () => Deno.writeTextFileSync(path, "\0".repeat(good.length)),
      () => Deno.writeTextFileSync(path, '{"made_by": 1, "sessions": [{}]}'),
      () => edit(path, '"made_by":"orc ', '"made_by":"orc 9'),
      () => edit(path, '"status":"active"', '"status":"sound"'),
      () => edit(path, '"sight":"', '"sigh":"'),
      () => edit(path, '"sessions":[', '"sessions":[7,'),
      () => Deno.chmodSync(path, 0o660),
    ];
    for (const distrust of distrusted) {
      distrust();
      const first = await diagnose(root);
      assertEquals([first.healthy, first.unchanged], [true, 0], `${distrust}`);
      const { healthy, unchanged } = await diagnose(root);
      assertEquals([healthy, unchanged], [true, FEW], `${distrust}`);
      assertEquals((Deno.lstatSync(path).mode ?? 0) & 0o777, 0o600);
    }
    Deno.removeSync(path);
    Deno.mkdirSync(`${path}/kept`, { recursive: true });
    assertEquals((await diagnose(root)).unchanged, 0);
    assertEquals(Deno.lstatSync(`${path}/kept`).isDirectory, true);
  }));

Deno.test("diagnoseRepository() writes its index only when it tells something new", () =>
  amongSessions(async (root) => {
    const { doctorIndex: path } = repositoryLayout(root);
    await diagnose(root);
    const changedAt = () => Deno.lstatSync(path).mtime?.getTime();
    Deno.utimeSync(path, 1, 1);
    await diagnose(root);
    assertEquals(changedAt(), 1000);
    Deno.removeSync(sessionLayout(root, idOf(1, 9)).directory, {
      recursive: true,
    });
    await diagnose(root);
    assertNotEquals(changedAt(), 1000);
  }, FEW + 1));

Deno.test("diagnoseRepository() keeps no index of a few sessions", () =>
  amongSessions(async (root) => {
    await diagnose(root);
    assertEquals((await diagnose(root)).unchanged, 0);
    const { directory, doctorIndex } = repositoryLayout(root);
    const names = Array.from(Deno.readDirSync(directory), ({ name }) => name);
    assert(!names.some((name) => doctorIndex.endsWith(`/${name}`)));
  }, FEW - 1));

Deno.test("diagnoseRepository() keeps no index where git keeps the state", () =>
  amongSessions(async (root) => {
    edit(repositoryLayout(root).meta, '"portable": false', '"portable": true');
    await diagnose(root);
    assertEquals((await diagnose(root)).unchanged, 0);
  }));

Deno.test("diagnoseRepository() opens no file of an unchanged session, and its calls grow with the sessions alone", async () => {
  const counts: number[][] = [];
  for (const sessions of [FEW, 2 * FEW, 3 * FEW]) {
    await amongSessions(async (root) => {
      const first = await callsOf(() => diagnose(root));
      const second = await callsOf(() => diagnose(root));
      counts.push([first.count, second.count]);
      const { sessions: below } = repositoryLayout(root);
      const own = (path: string) => path.startsWith(`${below}/`);
      // State and meta.json of an open one twice: the second time it is asked whether it was begun here.
      assertEquals(first.opened.filter(own).length, 6 * sessions);
      assertEquals(second.opened.filter(own), []);
    }, sessions);
  }
  const [few = [], more = [], most = []] = counts;
  for (const run of [0, 1]) {
    const [a = 0, b = 0, c = 0] = [few[run], more[run], most[run]];
    // But for opening and replacing the index itself.
    assert(Math.abs((c - b) - (b - a)) <= 2, `${a} ${b} ${c}`);
  }
});
