/** Sessions sent to a bucket and brought from it, as they are to a git remote. */
import { probeRemote } from "../../src/persist/probe.ts";
import { pruneSessions } from "../../src/persist/prune.ts";
import { pullSessions } from "../../src/persist/pull.ts";
import { pushSessions } from "../../src/persist/push.ts";
import { readPersistStatus } from "../../src/persist/status.ts";
import { addNote } from "../../src/work/item.ts";
import { refusalOf } from "../work/fixtures.ts";
import { start } from "../persist/clones.ts";
import { withSession, withSite } from "./clones.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";

Deno.test("pushSessions() writes what counts last, and then only what is new", () =>
  withSession(async (root, id, { server, at }) => {
    const host = at(root);
    const first = await pushSessions(host, { root });
    assertEquals(first.remote, server.url);
    assertEquals(
      first.sessions.map((
        { session, remote, result },
      ) => [session, remote, result]),
      [[id, server.url, "pushed"]],
    );
    const keys = [...server.things.keys()].sort();
    const shapes = keys.map((key) =>
      key.replace(/^team\/[0-9a-f]{12}\/sessions\//, "")
        .replaceAll(/[0-9a-f]{32}/g, "TOKEN")
    );
    assertEquals(shapes, [
      `${id}/copy.json`,
      `${id}/log/00000001-TOKEN.jsonl`,
      `${id}/meta/00000001-TOKEN.json`,
      `${id}/state/00000001-TOKEN.json`,
    ]);
    const puts = server.log.filter((line) => /^PUT .*sessions/.test(line));
    assertMatch(puts.at(-1) ?? "", /copy\.json 200$/);
    const again = await pushSessions(host, { root });
    assertEquals(again.sessions.map(({ result }) => result), ["same"]);
    await addNote(host, { root, text: "Going on" });
    const dry = await pushSessions(host, { root, dryRun: true });
    assertEquals(dry.sessions.map(({ result }) => result), ["pushed"]);
    assertEquals([...server.things.keys()].sort(), keys);
    const third = await pushSessions(host, {
      root,
      sessions: [id.slice(0, 8)],
    });
    assertEquals(third.sessions.map(({ result, serial }) => [result, serial]), [
      ["pushed", 2],
    ]);
    const logs = [...server.things].filter(([key]) => key.includes("/log/"));
    assertEquals(logs.length, 2, "the log goes on in a piece of its own");
    const states = [...server.things].filter(([key]) =>
      key.includes("/state/")
    );
    assertEquals(states.length, 1, "what nothing names any more is gone");
  }));

Deno.test("pullSessions() brings what another machine sent, and each goes on from there", () =>
  withSession(async (a, id, { clone, at }) => {
    const b = await clone("b");
    await pushSessions(at(a), { root: a });
    const pulled = await pullSessions(at(b), { root: b });
    assertEquals(
      pulled.sessions.map((
        { session, comparison, storedAs },
      ) => [session, comparison, storedAs]),
      [[id, "created", id]],
    );
    for (const name of ["state.json", "log.jsonl"]) {
      const path = `.orchestrator/sessions/${id}/${name}`;
      assertEquals(
        Deno.readTextFileSync(`${a}/${path}`),
        Deno.readTextFileSync(`${b}/${path}`),
      );
    }
    for (let round = 0; round < 20; round++) {
      const [from, to] = round % 2 === 0 ? [b, a] : [a, b];
      await addNote(at(from), { root: from, session: id, text: `${round}` });
      const { sessions } = await pushSessions(at(from), { root: from });
      assertEquals(sessions.map(({ result }) => result), ["pushed"]);
      const back = await pullSessions(at(to), { root: to });
      assertEquals(back.sessions.map(({ comparison }) => comparison), [
        "fast_forward",
      ]);
    }
    const status = await readPersistStatus(at(a), { root: a });
    assertEquals(
      status.sessions.map(({ standing, serial }) => [standing, serial]),
      [["same", 21]],
    );
  }));

Deno.test("a session that went on in both places is neither replaced nor merged", () =>
  withSession(async (a, id, { clone, at, server }) => {
    const b = await clone("b");
    await pushSessions(at(a), { root: a });
    await pullSessions(at(b), { root: b });
    await addNote(at(a), { root: a, text: "Here" });
    await addNote(at(b), { root: b, session: id, text: "There" });
    await pushSessions(at(a), { root: a });
    const before = JSON.stringify([...server.things]);
    const refused = await refusalOf(() => pushSessions(at(b), { root: b }));
    assertEquals(refused.code, "session_diverged");
    assertEquals(JSON.stringify([...server.things]), before);
    const pulled = await refusalOf(() => pullSessions(at(b), { root: b }));
    assertEquals(pulled.code, "session_diverged");
    const status = await readPersistStatus(at(b), { root: b });
    assertEquals(status.sessions.map(({ standing }) => standing), ["diverged"]);
    const kept = await pullSessions(at(b), { root: b, keepBoth: true });
    const [{ storedAs } = { storedAs: null }] = kept.sessions;
    assert(storedAs !== null && storedAs !== id);
    // Nothing is lost: theirs is here too.
    const { sessions } = await pushSessions(at(b), { root: b });
    assertEquals(sessions.map(({ result }) => result), ["pushed", "pushed"]);
  }));

Deno.test("what is newer on the other side stays, and what a name alone changed is sent", () =>
  withSession(async (a, id, { clone, at }) => {
    const b = await clone("b");
    await pushSessions(at(a), { root: a });
    await pullSessions(at(b), { root: b });
    await addNote(at(a), { root: a, text: "Newer" });
    await pushSessions(at(a), { root: a });
    const behind = await pushSessions(at(b), { root: b });
    assertEquals(behind.sessions.map(({ result }) => result), ["behind"]);
    await addNote(at(a), { root: a, text: "Newer still" });
    const older = await pullSessions(at(a), { root: a });
    assertEquals(older.sessions.map(({ comparison }) => comparison), ["older"]);
    await pushSessions(at(a), { root: a });
    const { renameSession } = await import("../../src/sessions/manage.ts");
    await renameSession(at(a), { root: a, id, name: "Called so" });
    const named = await pushSessions(at(a), { root: a });
    assertEquals(named.sessions.map(({ result }) => result), ["pushed"]);
  }));

Deno.test("pruneSessions() leaves a mark, so that nobody brings back unasked what was removed", () =>
  withSession(async (root, id, { at, server }) => {
    const { abandonSession } = await import("../../src/work/phase.ts");
    const host = at(root);
    await abandonSession(host, {
      root,
      reason: "Not needed any more",
    });
    await pushSessions(host, { root });
    const later = {
      ...host,
      now: () => new Date(Date.now() + 2 * 86_400_000).toISOString(),
    };
    const unasked = await refusalOf(() =>
      pruneSessions(later, { root, keepDays: "1" })
    );
    assertEquals(unasked.code, "approval_required");
    const pruned = await pruneSessions(later, {
      root,
      keepDays: "1",
      yes: true,
    });
    assertEquals(pruned.sessions.map(({ session }) => session), [id]);
    assertEquals(
      [...server.things.keys()].map((key) => key.split("/").at(-1)),
      ["copy.json"],
    );
    const none = await pullSessions(host, { root });
    assertEquals(none.sessions, []);
    const all = await pushSessions(host, { root });
    assertEquals(all.sessions, [], "not unasked");
    const named = await pushSessions(host, { root, sessions: [id] });
    assertEquals(named.sessions.map(({ result }) => result), ["pushed"]);
  }));

Deno.test("pruneSessions() removes what a push left that was killed, and nothing younger", () =>
  withSession(async (root, id, { at, server }) => {
    await pushSessions(at(root), { root });
    const [key = ""] = [...server.things.keys()].filter((key) =>
      key.endsWith("copy.json")
    );
    const top = key.slice(0, -"copy.json".length);
    const thing = (days: number) => ({
      bytes: new Uint8Array(3),
      etag: '"x"',
      at: new Date(Date.now() - days * 86_400_000).toISOString(),
    });
    server.things.set(`${top}state/00000001-old.json`, thing(2));
    server.things.set(`${top}state/00000001-young.json`, thing(0.5));
    const named = [...server.things.keys()];
    for (const each of server.things.values()) {
      if (each.at > thing(0.1).at) each.at = thing(3).at;
    }
    await pruneSessions(at(root), { root });
    await pruneSessions(at(root), { root, yes: true, dryRun: true });
    assertEquals([...server.things.keys()], named, "only after a yes");
    await pruneSessions(at(root), { root, yes: true });
    assertEquals(
      [...server.things.keys()],
      named.filter((each) => !each.endsWith("-old.json")),
    );
    const { sessions } = await pullSessions(at(root), { root, sessions: [id] });
    assertEquals(sessions.map(({ comparison }) => comparison), ["same"]);
  }));

Deno.test("pruneSessions() removes nothing old that a copy names meanwhile", () =>
  withSession(async (root, _id, { at, server }) => {
    await pushSessions(at(root), { root });
    const [head = ""] = [...server.things.keys()].filter((key) =>
      key.endsWith("copy.json")
    );
    const { bytes } = server.things.get(head) ?? {};
    const text = new TextDecoder().decode(bytes);
    const name = "state/00000001-old.json";
    const old = head.replace("copy.json", name);
    const day = new Date(Date.now() - 2 * 86_400_000).toISOString();
    server.things.set(old, { bytes: new Uint8Array(3), etag: '"x"', at: day });
    let lists = 0;
    server.fault = ({ key }) => {
      // By the second list it is decided what nothing named.
      if (key === "" && ++lists === 2) {
        const named = text.replace(/state\/[^"]+/, name);
        server.things.set(head, {
          ...{ bytes: new TextEncoder().encode(named), etag: '"y"', at: day },
        });
      }
      return undefined;
    };
    await pruneSessions(at(root), { root, yes: true });
    assertEquals(server.things.has(old), true);
    assertEquals(lists, 2);
  }));

Deno.test("with git and s3 a session goes to both, and the one that fails keeps nobody from the other", () =>
  withSession(async (root, id, { at, bare, server }) => {
    const { git } = await import("../persist/clones.ts");
    const both = { ORCHESTRATOR_PERSIST_TO: "git,s3" };
    const refused = await refusalOf(() =>
      pushSessions(at(root, both), { root, remote: "s3" }).then(() =>
        pushSessions(at(root, both), { root, remote: "nowhere" })
      )
    );
    assertEquals(refused.code, "no_remote");
    await git(root, "remote", "set-url", "origin", `${bare}.gone`);
    server.things.clear();
    const lost = await refusalOf(() => pushSessions(at(root, both), { root }));
    assertEquals(lost.code, "no_remote");
    assert([...server.things.keys()].some((key) => key.includes(id)));
    await git(root, "remote", "set-url", "origin", bare);
    const pushed = await pushSessions(at(root, both), { root });
    assertEquals(
      pushed.sessions.map(({ remote, result }) => [remote, result]),
      [["origin", "pushed"], [server.url, "same"]],
    );
    assertEquals(pushed.remote, `origin, ${server.url}`);
    const probed = await probeRemote(at(root, both), { root });
    assertEquals(
      [probed.references?.allowed, probed.conditions?.replaces],
      [true, true],
    );
  }));

Deno.test("six clones at once, five rounds each: all are sent, and all are found", () =>
  withSite(async ({ clone, at, server }) => {
    const roots: string[] = [];
    for (const name of ["a", "b", "c", "d", "e", "f"]) {
      roots.push(await clone(name));
    }
    const ids = await Promise.all(roots.map((root) => start(root)));
    let sent = 0;
    for (let round = 0; round < 5; round++) {
      await Promise.all(roots.map(async (root) => {
        await addNote(at(root), { root, text: `Round ${round}` });
        const { sessions } = await pushSessions(at(root), { root });
        sent += sessions.filter(({ result }) => result === "pushed").length;
      }));
    }
    assertEquals(sent, 30);
    const reader = await clone("reader");
    const { sessions } = await pullSessions(at(reader), { root: reader });
    assertEquals(
      sessions.map(({ session, serial }) => [session, serial]),
      [...ids].sort().map((id) => [id, 6]),
    );
    assertEquals(server.log.filter((line) => /copy\.json 412/.test(line)), []);
  }));

Deno.test("a push that meets another one in the middle takes nothing away from it", () =>
  withSession(async (a, id, { clone, at, server }) => {
    const b = await clone("b");
    await pushSessions(at(a), { root: a });
    await pullSessions(at(b), { root: b });
    await addNote(at(a), { root: a, text: "From a" });
    await addNote(at(b), { root: b, session: id, text: "From b" });
    // While a writes what its copy is made of, b is faster.
    let isMet = false;
    server.fault = ({ method, key }) => {
      if (isMet || method !== "PUT" || !key.includes("/state/")) {
        return undefined;
      }
      isMet = true;
      return { slowMs: 0, first: () => pushSessions(at(b), { root: b }) };
    };
    const refused = await refusalOf(() => pushSessions(at(a), { root: a }));
    assertEquals(refused.code, "session_diverged");
    const c = await clone("c");
    await pullSessions(at(c), { root: c });
    const log = `.orchestrator/sessions/${id}/log.jsonl`;
    assertEquals(
      Deno.readTextFileSync(`${c}/${log}`),
      Deno.readTextFileSync(`${b}/${log}`),
    );
    const states = [...server.things.keys()].filter((key) =>
      key.includes("/state/")
    );
    assertEquals(states.length, 1, "what the loser wrote is gone");
  }));

Deno.test("pruneSessions() removes nothing of a copy that somebody replaces meanwhile", () =>
  withSession(async (a, id, { clone, at, server }) => {
    const { abandonSession } = await import("../../src/work/phase.ts");
    const b = await clone("b");
    await pushSessions(at(a), { root: a });
    await pullSessions(at(b), { root: b });
    await abandonSession(at(a), { root: a, reason: "Not needed any more" });
    await pushSessions(at(a), { root: a });
    await pullSessions(at(b), { root: b });
    const { renameSession } = await import("../../src/sessions/manage.ts");
    await renameSession(at(b), { root: b, id, name: "Called so" });
    let isMet = false;
    server.fault = ({ method, key }) => {
      if (isMet || method !== "PUT" || !key.endsWith("/copy.json")) {
        return undefined;
      }
      isMet = true;
      return { slowMs: 0, first: () => pushSessions(at(b), { root: b }) };
    };
    const now = () => new Date(Date.now() + 2 * 86_400_000).toISOString();
    const refused = await refusalOf(() =>
      pruneSessions({ ...at(a), now }, { root: a, keepDays: "1", yes: true })
    );
    assertEquals(refused.code, "remote_refused");
    const c = await clone("c");
    const pulled = await pullSessions(at(c), { root: c });
    assertEquals(pulled.sessions.map(({ session }) => session), [id]);
  }));

Deno.test("a machine that sleeps in the middle of a push names nothing that was removed meanwhile", () =>
  withSession(async (root, _id, { at, server }) => {
    let passedMs = 0;
    const host = at(root);
    const now = () => new Date(Date.now() + passedMs).toISOString();
    server.fault = ({ method, key }) => {
      if (passedMs > 0 || method !== "PUT" || !key.includes("/meta/")) {
        return undefined;
      }
      passedMs = 13 * 3_600_000;
      return { slowMs: 0, first: () => Promise.resolve() };
    };
    const { sessions } = await pushSessions({ ...host, now }, { root });
    assertEquals(sessions.map(({ result }) => result), ["pushed"]);
    const written = server.log.filter((line) => /^PUT .*\/state\//.test(line));
    const [slept, awake] = written.map((line) => line.split(" ")[1] ?? "");
    const head = [...server.things].find(([key]) => key.endsWith("/copy.json"));
    const text = new TextDecoder().decode(head?.[1].bytes);
    const nameOf = (key = "") => key.slice(key.lastIndexOf("/") + 1);
    assertEquals(
      [text.includes(nameOf(slept)), text.includes(nameOf(awake))],
      [false, true],
    );
  }));

Deno.test("a session that was taken back here by hand does not cover what was sent of it", () =>
  withSession(async (root, id, { at, server }) => {
    const directory = `${root}/.orchestrator/sessions/${id}`;
    const names = ["state.json", "log.jsonl"];
    const older = names.map((name) =>
      Deno.readTextFileSync(`${directory}/${name}`)
    );
    await addNote(at(root), { root, text: "Sent" });
    await pushSessions(at(root), { root });
    const before = JSON.stringify([...server.things]);
    const log = Deno.readTextFileSync(`${directory}/log.jsonl`);
    for (const [index, name] of names.entries()) {
      Deno.removeSync(`${directory}/${name}`);
      Deno.writeTextFileSync(`${directory}/${name}`, older[index] ?? "");
    }
    // Its log alone proves nothing: the state is what it was before.
    Deno.writeTextFileSync(`${directory}/log.jsonl`, log);
    const { sessions } = await pushSessions(at(root), { root });
    assertEquals(sessions.map(({ result }) => result), ["behind"]);
    assertEquals(JSON.stringify([...server.things]), before);
  }));

Deno.test("where sessions leave by themselves to a bucket, nobody is warned; without its URL, they are", () =>
  withSession(async (root, _id, { at }) => {
    const { vanishingWarning } = await import("../../src/persist/after.ts");
    const vanishing = { ORCHESTRATOR_EPHEMERAL: "1" };
    assertEquals(await vanishingWarning(at(root, vanishing), root), undefined);
    const nowhere = { ...vanishing, ORCHESTRATOR_PERSIST_S3_URL: "" };
    assertEquals(
      await vanishingWarning(at(root, nowhere), root),
      "This machine may vanish: orc persist probe",
    );
  }));
