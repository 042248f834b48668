/** Whoever may write to a remote reaches nothing here: each copy is taken whole, or refused with one sentence. */
import { sessionLayout } from "../../src/base/layout.ts";
import { pullSessions } from "../../src/persist/pull.ts";
import { pushSessions } from "../../src/persist/push.ts";
import { readPersistStatus } from "../../src/persist/status.ts";
import { verifySession } from "../../src/trust/use.ts";
import { sessionCommands } from "../../src/work/foreign.ts";
import { addNote } from "../../src/work/item.ts";
import { abandonSession } from "../../src/work/phase.ts";
import { treeOf } from "../journey/orc.ts";
import { refusalOf } from "../work/fixtures.ts";
import { git, machine, start, tracesOf, withRemote } from "./clones.ts";
import {
  DIRECTORY,
  FILE,
  HostileRemote,
  type RawEntry,
  resigned,
} from "./hostile.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";

/** A copy of a session, and the remote it is to be put into. */
interface Scene {
  readonly remote: HostileRemote;
  /** The tree that orc made. */
  readonly tree: string;
  readonly entries: readonly RawEntry[];
}

/** Other trees in the place of a copy, and what is said of each. */
const COPIES: readonly (readonly [
  says: RegExp,
  make: (scene: Scene) => Promise<readonly RawEntry[]>,
])[] = [
  [/orc does not put "\.\." there/, async ({ remote, entries }) => [
    { mode: DIRECTORY, name: "..", id: await remote.tree(entries) },
    ...entries,
  ]],
  [/orc does not put "\.\.\/\.\.\/escaped" there/, async (
    { remote, entries },
  ) => [
    { mode: FILE, name: "../../escaped", id: await remote.blob("!") },
    ...entries,
  ]],
  [/checkpoints\/\.\.\/\.\.\/escaped\.json" there/, async (
    { remote, entries },
  ) => [
    ...entries,
    {
      mode: FILE,
      name: "checkpoints/../../escaped.json",
      id: await remote.blob("{}"),
    },
  ]],
  [/"checkpoints\/\.\." there/, async ({ remote, entries }) => [
    {
      mode: DIRECTORY,
      name: "checkpoints",
      id: await remote.tree([
        { mode: DIRECTORY, name: "..", id: await remote.tree(entries) },
      ]),
    },
    ...entries,
  ]],
  [/"checkpoints" there/, async ({ remote, entries }) => [
    { mode: "120000", name: "checkpoints", id: await remote.blob("/etc") },
    ...entries,
  ]],
  [/"state.json" there/, ({ entries }) =>
    Promise.resolve(
      entries.map((entry) =>
        entry.name === "state.json" ? { ...entry, mode: "100755" } : entry
      ),
    )],
  [/"log.jsonl" there/, ({ entries }) =>
    Promise.resolve(
      entries.map((entry) =>
        entry.name === "log.jsonl" ? { ...entry, mode: "120000" } : entry
      ),
    )],
  [/"meta.json" there/, ({ entries }) =>
    Promise.resolve(
      entries.map((entry) =>
        entry.name === "meta.json"
          ? { ...entry, mode: "160000", id: "1".repeat(40) }
          : entry
      ),
    )],
  [/"hooks" there/, async ({ remote, entries }) => [
    ...entries,
    {
      mode: DIRECTORY,
      name: "hooks",
      id: await remote.tree([
        { mode: "100755", name: "post-checkout", id: await remote.blob("#!") },
      ]),
    },
  ]],
  // Ten trees that hold each other are ten thousand million files.
  [/"checkpoints\/t0" there/, async ({ remote, entries }) => {
    const id = await remote.blob("");
    let all = [{ mode: FILE, name: "f", id }];
    for (let depth = 0; depth < 10; depth++) {
      const tree = await remote.tree(all);
      all = Array.from(
        { length: 10 },
        (_, index) => ({ mode: DIRECTORY, name: `t${index}`, id: tree }),
      );
    }
    const tree = await remote.tree(all);
    return [{ mode: DIRECTORY, name: "checkpoints", id: tree }, ...entries];
  }],
  [/it is too large/, async ({ remote, entries }) => {
    const id = await remote.blob("");
    const many = Array.from({ length: 10_001 }, (_, index) => ({
      ...{ mode: FILE, id },
      name: `cp_${String(index).padStart(6, "0")}.json`,
    }));
    const tree = await remote.tree(many);
    return [{ mode: DIRECTORY, name: "checkpoints", id: tree }, ...entries];
  }],
  [/it has no copy.json/, async ({ remote, entries }) => {
    const id = await remote.blob("{".repeat(70_000));
    return entries.map((entry) =>
      entry.name === "copy.json" ? { ...entry, id } : entry
    );
  }],
  [/it has no copy.json/, async ({ remote, entries }) => {
    const id = await remote.tree([]);
    return entries.map((entry) =>
      entry.name === "copy.json"
        ? { mode: DIRECTORY, name: "copy.json", id }
        : entry
    );
  }],
  [/is not what its label says/, async ({ remote, entries }) => {
    const id = await remote.blob("{}\n");
    return entries.map((entry) =>
      entry.name === "log.jsonl" ? { ...entry, id } : entry
    );
  }],
  [
    /its label tells another update/,
    ({ remote, tree }) => remote.signed(tree, {}, { serial: 99 }),
  ],
  [
    /its copy.json does not fit it/,
    ({ remote, tree }) =>
      remote.signed(tree, {}, { session: "../../elsewhere" }),
  ],
  [/its state is not one of that session/, async ({ remote, tree }) => {
    const state = await remote.text(`${tree}:state.json`);
    return remote.signed(tree, { "state.json": state.replace("Add", "Bad") });
  }],
  [/its state is not one of that session/, async ({ remote, tree }) => {
    const state = await remote.text(`${tree}:state.json`);
    const { session: id } = JSON.parse(await remote.text(`${tree}:copy.json`));
    const other = `${id.slice(0, -1)}${id.endsWith("0") ? "1" : "0"}`;
    const resignedState = await resigned(state, [id, other]);
    return remote.signed(tree, { "state.json": resignedState });
  }],
];

Deno.test("a hostile copy writes nothing, runs nothing, keeps nobody from the others, and is refused with one sentence", () =>
  withRemote(async ({ bare, clone, directory }) => {
    const [a, b, c] = [await clone("a"), await clone("b"), await clone("c")];
    const id = await start(a);
    const good = await start(c, "A good one");
    await pushSessions(machine(a), { root: a });
    await pushSessions(machine(c), { root: c });
    await pullSessions(machine(b), { root: b, sessions: [good] });
    const ref = `refs/orchestrator/sessions/${id}`;
    const tree = (await git(bare, "rev-parse", `${ref}^{tree}`)).trim();
    const remote = new HostileRemote(bare);
    const scene = { remote, tree, entries: await remote.entries(tree) };
    const traces = await tracesOf(b);
    await readPersistStatus(machine(b), { root: b });
    const files = await treeOf(`${b}/.orchestrator`);
    for (const [says, make] of COPIES) {
      const sentence = String(says);
      await remote.put(ref, await remote.tree(await make(scene)));
      const pulled = await pullSessions(machine(b), { root: b });
      assertEquals(
        pulled.sessions.map(({ comparison }) => comparison),
        ["same"],
        sentence,
      );
      const [warning = "", ...more] = pulled.warnings;
      assertEquals(more, [], sentence);
      assertMatch(warning, says);
      const named = await refusalOf(() =>
        pullSessions(machine(b), { root: b, sessions: [id] })
      );
      assertMatch(named.message, says);
      assertEquals(named.kind, "corrupt", sentence);
      assertEquals(named.message.includes("\n"), false);
      const { sessions } = await readPersistStatus(machine(b), { root: b });
      const standing = sessions.find(({ session }) => session === id)?.standing;
      // Without an own session to compare it with, its label is believed until it is read.
      assertMatch(standing ?? "", /^(?:only_there|unreadable)$/, sentence);
      // Whoever has the session puts a good one in its place, once that is meant.
      const unasked = await refusalOf(() =>
        pushSessions(machine(a), { root: a })
      );
      assertMatch(unasked.message, says);
      const pushed = await pushSessions(machine(a), {
        root: a,
        sessions: [id],
      });
      assertEquals(pushed.sessions[0]?.result, "pushed", sentence);
      assertEquals(
        (await git(bare, "rev-parse", `${ref}^{tree}`)).trim(),
        tree,
      );
    }
    assertEquals(await treeOf(`${b}/.orchestrator`), files);
    assertEquals(await tracesOf(b), traces);
    const names = [...Deno.readDirSync(directory)].map(({ name }) => name);
    assertEquals(names.includes("escaped"), false);
  }));

Deno.test("what a copy says of where it lies and whose it is does not count, and a log that was changed is named", () =>
  withRemote(async ({ bare, clone }) => {
    const [a, b] = [await clone("a"), await clone("b")];
    const id = await start(a);
    await addNote(machine(a), { root: a, text: "One" });
    await addNote(machine(a), { root: a, text: "Two" });
    await pushSessions(machine(a), { root: a });
    const ref = `refs/orchestrator/sessions/${id}`;
    const tree = (await git(bare, "rev-parse", `${ref}^{tree}`)).trim();
    const remote = new HostileRemote(bare);
    const log = (await remote.text(`${tree}:log.jsonl`)).replace("One", "0ne");
    const { ino } = Deno.lstatSync(b);
    const metas = [
      JSON.stringify({ owner: { agent: "x" }, place: String(ino), name: "N" }),
      "{",
      "[]",
      `"${"x".repeat(70_000)}"`,
    ];
    for (const meta of metas) {
      const changed = { "log.jsonl": log, "meta.json": meta };
      await remote.put(
        ref,
        await remote.tree(await remote.signed(tree, changed)),
      );
      const { sessions, warnings } = await pullSessions(machine(b), {
        root: b,
      });
      assertEquals(sessions[0]?.comparison, "created");
      assertEquals(warnings.length, 1, String(warnings));
      assertStringIncludes(warnings[0] ?? "", "is not as orc left it");
      const own = JSON.parse(
        Deno.readTextFileSync(sessionLayout(b, id).meta),
      );
      assertEquals(["owner" in own, "place" in own], [false, false]);
      assertEquals(own.origin.session, id);
      const at = { root: b, session: id };
      const { trusted } = await sessionCommands(machine(b), at);
      assertEquals(trusted, false);
      Deno.removeSync(sessionLayout(b, id).directory, { recursive: true });
      await removeTraces(b, id);
    }
  }));

Deno.test("a changed log that is too long to be replayed while others wait is taken, and orc verify says it", () =>
  withRemote(async ({ bare, clone }) => {
    const [a, b] = [await clone("a"), await clone("b")];
    const id = await start(a);
    await addNote(machine(a), { root: a, text: "One" });
    await addNote(machine(a), { root: a, text: "Two" });
    // A line that no event is in counts as a log that was changed does, and makes it as long as it has to be.
    const { log } = sessionLayout(a, id);
    const filler = `{"filler": "${"x".repeat(100_000)}"}\n`;
    await pushSessions(machine(a), { root: a });
    const ref = `refs/orchestrator/sessions/${id}`;
    const tree = (await git(bare, "rev-parse", `${ref}^{tree}`)).trim();
    const remote = new HostileRemote(bare);
    for (const lines of [1, 51]) {
      const text = Deno.readTextFileSync(log).replace("One", "0ne") +
        filler.repeat(lines);
      const changed = { "log.jsonl": text };
      const copy = await remote.signed(tree, changed);
      await remote.put(ref, await remote.tree(copy));
      const pulled = await pullSessions(machine(b), { root: b });
      assertEquals(pulled.sessions[0]?.comparison, "created");
      assertEquals(pulled.warnings.length, lines === 1 ? 1 : 0, `${lines}`);
      const where = { root: b, session: id };
      const { findings } = await verifySession(machine(b), where);
      const codes = findings.map(({ code }) => code);
      assert(codes.some((code) => code !== "session_open"), String(codes));
      Deno.removeSync(sessionLayout(b, id).directory, { recursive: true });
      await removeTraces(b, id);
    }
  }));

/** As on a machine that never had the session. */
async function removeTraces(root: string, id: string): Promise<void> {
  await git(root, "update-ref", "-d", `refs/orchestrator/sessions/${id}`);
  Deno.removeSync(`${root}/.git/orchestrator`, { recursive: true });
}

Deno.test("a reference that leads to no commit of a copy keeps nobody from the others", () =>
  withRemote(async ({ bare, clone }) => {
    const [a, b] = [await clone("a"), await clone("b")];
    const id = await start(a);
    await pushSessions(machine(a), { root: a });
    const remote = new HostileRemote(bare);
    const blob = await remote.blob("hello");
    const prefix = "refs/orchestrator/sessions/";
    const [tree] = [
      await remote.tree([{ mode: FILE, name: "copy.json", id: blob }]),
    ];
    await git(bare, "update-ref", `${prefix}01aaaaaaaaaaaaaaaaaaaaaaaa`, blob);
    await git(bare, "update-ref", `${prefix}01bbbbbbbbbbbbbbbbbbbbbbbb`, tree);
    await git(bare, "tag", "-a", "-m", "t", "t", blob);
    const tag = (await git(bare, "rev-parse", "refs/tags/t")).trim();
    await git(bare, "update-ref", `${prefix}01cccccccccccccccccccccccc`, tag);
    await git(bare, "update-ref", `${prefix}NO_ID!`.replace("!", ""), blob);
    await git(bare, "update-ref", `${prefix}01dd/01ee`, tag);
    const { sessions, warnings } = await pullSessions(machine(b), { root: b });
    assertEquals(sessions.map(({ session }) => session), [id]);
    assertEquals(warnings.length, 3, String(warnings));
  }));

Deno.test("a branch of copies that was edited by hand is read with care, and keeps what others put there", () =>
  withRemote(async ({ bare, clone }) => {
    const BRANCH = { ORCHESTRATOR_STATE_BRANCH: "claude/orchestrator-state" };
    const [a, b] = [await clone("a"), await clone("b")];
    const id = await start(a);
    await pushSessions(machine(a, BRANCH), { root: a });
    const ref = "refs/heads/claude/orchestrator-state";
    const remote = new HostileRemote(bare);
    const [sessions] = (await remote.entries(ref)).filter(({ name }) =>
      name === "sessions"
    );
    assert(sessions);
    const readme = await remote.blob("read me");
    const own = [
      { mode: DIRECTORY, name: ".evil", id: await remote.tree([]) },
      { mode: "100755", name: "README", id: readme },
      { mode: "160000", name: "module", id: "1".repeat(40) },
      { mode: "120000", name: "link", id: readme },
    ];
    const tombstone = await remote.tree([{ mode: FILE, name: id, id: readme }]);
    const mark = (await remote.entries(ref)).filter(({ name }) =>
      name === "orchestrator"
    );
    const copy = await remote.entries(`${ref}:sessions/${id}`);
    const edited = copy.map((entry) =>
      entry.name === "state.json" ? { ...entry, id: readme } : entry
    );
    const all = await remote.tree([
      { mode: DIRECTORY, name: id, id: await remote.tree(edited) },
      {
        mode: "160000",
        name: "01module0000000000000000000",
        id: "1".repeat(40),
      },
    ]);
    await remote.put(
      ref,
      await remote.tree([
        ...own,
        ...mark,
        { mode: DIRECTORY, name: "removed", id: tombstone },
        { mode: DIRECTORY, name: "sessions", id: all },
      ]),
    );
    const pulled = await pullSessions(machine(b, BRANCH), { root: b });
    assertEquals([pulled.sessions.length, pulled.warnings.length], [0, 1]);
    assertMatch(pulled.warnings[0] ?? "", /is not what its label says/);
    await addNote(machine(a), { root: a, text: "Going on" });
    // It is open: no tombstone that orc writes is of it.
    const refused = await refusalOf(() =>
      pushSessions(machine(a, BRANCH), { root: a })
    );
    assertMatch(refused.message, /is not what its label says/);
    const host = machine(a, BRANCH);
    const named = await pushSessions(host, { root: a, sessions: [id] });
    assertEquals(named.sessions.map(({ result }) => result), ["pushed"]);
    const left = await remote.entries(ref);
    for (const { mode, name, id } of own) {
      assertEquals(left.find((entry) => entry.name === name), {
        ...{ mode, name, id },
      });
    }
    assertEquals(left.some(({ name }) => name === "removed"), false);
    const again = await pullSessions(machine(b, BRANCH), { root: b });
    assertEquals(again.sessions[0]?.comparison, "created");
  }));

Deno.test("a forged tombstone keeps no open session here, and of a closed one it is said", () =>
  withRemote(async ({ bare, clone }) => {
    const BRANCH = { ORCHESTRATOR_STATE_BRANCH: "claude/orchestrator-state" };
    const a = await clone("a");
    const host = machine(a, BRANCH);
    const id = await start(a);
    const forge = async () => {
      const remote = new HostileRemote(bare);
      const empty = await remote.blob("");
      const removed = await remote.tree([{ mode: FILE, name: id, id: empty }]);
      const tree = await remote.tree([
        { mode: FILE, name: "orchestrator", id: empty },
        { mode: DIRECTORY, name: "removed", id: removed },
      ]);
      await remote.put("refs/heads/claude/orchestrator-state", tree);
      await pullSessions(host, { root: a });
    };
    await forge();
    const open = await pushSessions(host, { root: a });
    assertEquals(open.sessions.map(({ result }) => result), ["pushed"]);
    await abandonSession(machine(a), { root: a, reason: "It is over" });
    await forge();
    const closed = await pushSessions(host, { root: a });
    assertEquals(closed.sessions, []);
    assertStringIncludes(closed.warnings[0] ?? "", `orc persist push ${id}`);
    const named = await pushSessions(host, { root: a, sessions: [id] });
    assertEquals(named.sessions.map(({ result }) => result), ["pushed"]);
  }));
