import { pullSessions } from "../../src/persist/pull.ts";
import { pushSessions } from "../../src/persist/push.ts";
import { sessionLayout } from "../../src/base/layout.ts";
import { saveCheckpoint } from "../../src/checkpoints/use.ts";
import { verifySession } from "../../src/trust/use.ts";
import { addNote } from "../../src/work/item.ts";
import { readStatus } from "../../src/work/status.ts";
import { refusalOf } from "../work/fixtures.ts";
import { git, machine, start, tracesOf, withRemote } from "./clones.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const push = (root: string, sessions: readonly string[] = []) =>
  pushSessions(machine(root), { root, sessions });
const pull = (root: string, more = {}) =>
  pullSessions(machine(root), { root, ...more });
const note = (root: string, text: string, session?: string) =>
  addNote(machine(root), { root, text, session });

async function notesIn(
  root: string,
  session?: string,
): Promise<readonly string[]> {
  const { readSession } = await import("../../mod.ts");
  const { state } = await readSession(machine(root), { root, session });
  return state.notes.map(({ text }) => text);
}

function filesOf(root: string, id: string): Readonly<Record<string, string>> {
  const { state, log } = sessionLayout(root, id);
  const [a, b] = [state, log].map((path) => Deno.readTextFileSync(path));
  return { state: a ?? "", log: b ?? "" };
}

Deno.test("pullSessions() goes on elsewhere with a session, and its first machine with what was done there", () =>
  withRemote(async ({ clone }) => {
    const [a, b] = [await clone("a"), await clone("b")];
    const id = await start(a);
    await saveCheckpoint(machine(a), { root: a, message: "here" });
    await push(a);
    const before = [await tracesOf(a), await tracesOf(b)];
    const dry = await pull(b, { dryRun: true });
    assertEquals(dry.sessions.map((one) => [one.comparison, one.storedAs]), [
      ["created", null],
    ]);
    const first = await pull(b);
    assertEquals(first.sessions.map(({ comparison }) => comparison), [
      "created",
    ]);
    assertEquals(filesOf(b, id), filesOf(a, id));
    assertEquals(
      [...Deno.readDirSync(sessionLayout(b, id).checkpoints)].length,
      1,
    );
    await note(b, "From b");
    await note(b, "And more");
    assertEquals((await push(b)).sessions[0]?.result, "pushed");
    const back = await pull(a);
    assertEquals(back.sessions.map(({ comparison }) => comparison), [
      "fast_forward",
    ]);
    assertEquals(filesOf(b, id), filesOf(a, id));
    await note(a, "Home again");
    assertEquals(await notesIn(a), ["From b", "And more", "Home again"]);
    assertEquals((await push(a)).sessions[0]?.result, "pushed");
    const { findings } = await verifySession(machine(a), { root: a });
    assertEquals(findings.map(({ code }) => code), ["session_open"]);
    assertEquals((await pull(b)).sessions[0]?.comparison, "fast_forward");
    assertEquals((await pull(b)).sessions[0]?.comparison, "same");
    assertEquals([await tracesOf(a), await tracesOf(b)], before);
  }));

Deno.test("a session that went on in both places is refused, and kept twice where that is asked for", () =>
  withRemote(async ({ clone }) => {
    const [a, b] = [await clone("a"), await clone("b")];
    const id = await start(a);
    await push(a);
    await pull(b);
    await note(a, "Of a");
    await note(b, "Of b");
    await push(a);
    const pushed = await refusalOf(() => push(b));
    assertEquals([pushed.code, pushed.kind], ["session_diverged", "conflict"]);
    assertStringIncludes(pushed.message, "at update 2");
    assertStringIncludes(pushed.message, 'on "a"');
    assertStringIncludes(pushed.hint ?? "", "--keep-both");
    const pulled = await refusalOf(() => pull(b));
    assertEquals(pulled.code, "session_diverged");
    assertEquals(await notesIn(b, id), ["Of b"]);
    // Also where it was seen before what the remote has.
    assertEquals((await refusalOf(() => push(b))).code, "session_diverged");
    const kept = await pull(b, { keepBoth: true });
    const other = kept.sessions[0]?.storedAs ?? "";
    assertEquals(kept.sessions[0]?.comparison, "diverged");
    assertEquals(await notesIn(b, id), ["Of b"]);
    assertEquals(await notesIn(b, other), ["Of a"]);
    const again = await pull(b, { keepBoth: true });
    assertEquals(again.sessions[0]?.storedAs, other, "it is kept once");
    // Nothing is lost any more when it is replaced.
    const both = await push(b);
    assertEquals(
      both.sessions.map(({ session, result }) => [session, result]).sort(),
      [[id, "pushed"], [other, "pushed"]].sort(),
    );
    await note(b, "Goes on", other);
  }));

Deno.test("push and pull leave what is newer on the other side", () =>
  withRemote(async ({ clone }) => {
    const [a, b] = [await clone("a"), await clone("b")];
    const id = await start(a);
    await push(a);
    await pull(b);
    await note(a, "Newer");
    await push(a);
    assertEquals((await push(b)).sessions[0]?.result, "behind");
    await note(a, "Newer still");
    const { sessions } = await pull(a);
    assertEquals(sessions[0]?.comparison, "older");
    assertEquals(await notesIn(a, id), ["Newer", "Newer still"]);
  }));

Deno.test("a session from elsewhere is not trusted to run commands", () =>
  withRemote(async ({ clone }) => {
    const [a, b] = [await clone("a"), await clone("b")];
    const id = await start(a);
    await push(a);
    await pull(b);
    const { sessionCommands } = await import("../../src/work/foreign.ts");
    const commands = (root: string) =>
      sessionCommands(machine(root), { root, session: id });
    assertEquals((await commands(a)).trusted, true);
    assertEquals((await commands(b)).trusted, false);
    assertEquals((await readStatus(machine(b), { root: b })).session, id);
  }));

Deno.test("a clone whose state is gone gets its sessions back, also from a shallow clone and after git gc", () =>
  withRemote(async ({ clone }) => {
    const a = await clone("a");
    const id = await start(a);
    await note(a, "Kept");
    await push(a);
    const files = filesOf(a, id);
    await git(a, "gc", "-q", "--prune=now");
    Deno.removeSync(`${a}/.orchestrator`, { recursive: true });
    await pull(a);
    assertEquals(filesOf(a, id), files);
    const shallow = await clone("shallow", "--depth=1");
    await pull(shallow);
    assertEquals(filesOf(shallow, id), files);
    await note(shallow, "From a shallow one");
    assertEquals((await push(shallow)).sessions[0]?.result, "pushed");
    await pull(a);
    assertEquals(await notesIn(a), ["Kept", "From a shallow one"]);
    const worktree = `${a}.tree`;
    await git(a, "worktree", "add", "-q", "--detach", worktree);
    await note(a, "In a worktree");
    const host = { ...machine(a), workingDirectory: worktree };
    const { sessions } = await pushSessions(host, {});
    assertEquals(sessions[0]?.result, "pushed");
  }));

Deno.test("a repository whose ids are SHA-256 keeps copies too", () =>
  withRemote(async ({ clone }) => {
    const [a, b] = [await clone("a"), await clone("b")];
    const id = await start(a);
    assertEquals((await push(a)).sessions[0]?.result, "pushed");
    await note(a, "Again");
    assertEquals((await push(a)).sessions[0]?.result, "pushed");
    await pull(b);
    assertEquals(filesOf(b, id), filesOf(a, id));
  }, "sha256"));

Deno.test("six clones that push at once, five times each, all get through", () =>
  withRemote(async ({ clone }) => {
    const clones = await Promise.all(
      Array.from({ length: 6 }, (_, number) => clone(`c${number}`)),
    );
    const results = await Promise.all(clones.map(async (root) => {
      await start(root);
      const ended: string[] = [];
      for (let round = 0; round < 5; round++) {
        await note(root, `Round ${round}`);
        const { sessions } = await push(root);
        ended.push(...sessions.map(({ result }) => result));
      }
      return ended;
    }));
    assertEquals(results.flat(), Array(30).fill("pushed"));
    const [first = ""] = clones;
    const { sessions } = await pull(first);
    assertEquals(sessions.length, 6);
    assert(sessions.every(({ serial }) => serial === 6));
  }));

Deno.test("what a newer orc made is left where it is, however it is asked for", () =>
  withRemote(async ({ bare, clone }) => {
    const [a, b] = [await clone("a"), await clone("b")];
    const id = await start(a);
    await push(a);
    await pull(b);
    const { state } = sessionLayout(a, id);
    const text = Deno.readTextFileSync(state);
    const { checksumOf } = await import("../../src/base/checksum.ts");
    const { asObject, parseJson } = await import("../../src/base/json.ts");
    const newer = text.replace('"format": 1', '"format": 99')
      .replace(/"_checksum": "[0-9a-f]+"/, '"_checksum": ""');
    assert(newer.includes('"format": 99'));
    const object = new Map(asObject(parseJson(newer, state)));
    for (const key of ["_checksum", "_updated_at", "_version"]) {
      object.delete(key);
    }
    const { version } = { version: asObject(parseJson(newer, state)) };
    object.set("_version", version?.get("_version") ?? "3.0");
    const signed = newer.replace(
      '"_checksum": ""',
      `"_checksum": "${await checksumOf(object)}"`,
    );
    Deno.writeTextFileSync(state, signed);
    await push(a);
    const before = filesOf(b, id);
    for (const keepBoth of [false, true]) {
      const error = await refusalOf(() => pull(b, { keepBoth }));
      assertEquals(error.code, "newer_format");
    }
    assertEquals(filesOf(b, id), before);
    await git(bare, "fsck", "--strict");
  }));

for (const way of ["push", "pull"] as const) {
  Deno.test(`${way}Sessions() finishes first what a crash left of a newer copy: its log is there, and not its state`, () =>
    withRemote(async ({ clone, bare }) => {
      const [a, b] = [await clone("a"), await clone("b")];
      const id = await start(a);
      await push(a);
      await pull(b);
      await note(b, "From b");
      await push(b);
      const [own, theirs] = [a, b].map((root) => sessionLayout(root, id));
      assert(own && theirs);
      Deno.mkdirSync(own.arriving);
      Deno.copyFileSync(theirs.log, own.log);
      for (const name of ["state.json", "meta.json"]) {
        const from = `${theirs.directory}/${name}`;
        Deno.copyFileSync(from, `${own.arriving}/${name}`);
      }
      const results = way === "push"
        ? (await push(a)).sessions.map(({ result }) => result)
        : (await pull(a)).sessions.map(({ comparison }) => comparison);
      assertEquals(results, ["same"]);
      assertEquals(filesOf(a, id), filesOf(b, id));
      const ref = `refs/orchestrator/sessions/${id}:state.json`;
      assertEquals(await git(bare, "show", ref), filesOf(b, id).state);
    }));
}

Deno.test("pullSessions() passes over what is here to the byte, and what was brought is not sent back", () =>
  withRemote(async ({ bare, clone }) => {
    const [a, b] = [await clone("a"), await clone("b")];
    const id = await start(a);
    await note(a, "One");
    await push(a);
    await pull(b);
    const before = await git(
      bare,
      "rev-parse",
      `refs/orchestrator/sessions/${id}`,
    );
    assertEquals((await push(b)).sessions[0]?.result, "same");
    const after = await git(
      bare,
      "rev-parse",
      `refs/orchestrator/sessions/${id}`,
    );
    assertEquals(after, before);
    let runs = 0;
    const host = machine(b);
    const counting = {
      ...host,
      runProgram: (request: Parameters<typeof host.runProgram>[0]) => {
        runs++;
        return host.runProgram(request);
      },
    };
    const { sessions } = await pullSessions(counting, { root: b });
    assertEquals(sessions, [{
      ...{ session: id, remote: "origin" },
      ...{ comparison: "same", storedAs: null, serial: 2, present: 2 },
    }]);
    assert(runs <= 9, `git was run ${runs} times`);
    // Its state was put back to what it was before: nothing is taken for the same by its number alone.
    const { state, log } = sessionLayout(b, id);
    const [kept, lines] = [state, log].map((path) =>
      Deno.readTextFileSync(path)
    );
    await note(b, "Two");
    await push(b);
    Deno.writeTextFileSync(state, kept ?? "");
    Deno.writeTextFileSync(log, lines ?? "");
    assertEquals((await pull(b)).sessions[0]?.comparison, "fast_forward");
    assertEquals(await notesIn(b, id), ["One", "Two"]);
  }));
