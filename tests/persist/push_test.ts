import { pushSessions } from "../../src/persist/push.ts";
import { addNote } from "../../src/work/item.ts";
import { refusalOf } from "../work/fixtures.ts";
import { git, machine, start, tracesOf, withRemote } from "./clones.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

Deno.test("pushSessions() sends a session to a private reference, and then only what changed", () =>
  withRemote(async ({ bare, clone }) => {
    const root = await clone("a");
    const id = await start(root);
    const before = await tracesOf(root);
    const host = machine(root);
    const first = await pushSessions(host, { root });
    assertEquals(first.remote, "origin");
    assertEquals(
      first.sessions.map(({ session, result }) => [session, result]),
      [
        [id, "pushed"],
      ],
    );
    const ref = `refs/orchestrator/sessions/${id}`;
    const files = await git(bare, "ls-tree", "-r", "--name-only", ref);
    assertEquals(files.trim().split("\n"), [
      "copy.json",
      "log.jsonl",
      "meta.json",
      "state.json",
    ]);
    const state = `${root}/.orchestrator/sessions/${id}/state.json`;
    assertEquals(
      await git(bare, "show", `${ref}:state.json`),
      Deno.readTextFileSync(state),
    );
    const author = await git(bare, "log", "-1", "--format=%an %ae %cn", ref);
    assertEquals(author.trim(), "orc orc@localhost orc");
    const again = await pushSessions(host, { root });
    assertEquals(again.sessions.map(({ result }) => result), ["same"]);
    await addNote(host, { root, text: "Going on" });
    const dry = await pushSessions(host, { root, dryRun: true });
    assertEquals(dry.sessions.map(({ result }) => result), ["pushed"]);
    const third = await pushSessions(host, {
      root,
      sessions: [id.slice(0, 8)],
    });
    assertEquals(third.sessions.map(({ result, serial }) => [result, serial]), [
      ["pushed", 2],
    ]);
    assertEquals((await git(bare, "rev-list", "--count", ref)).trim(), "2");
    assertEquals(await tracesOf(root), before);
  }));

Deno.test("pushSessions() keeps the copy here where there is no remote, and says so", () =>
  withRemote(async ({ clone }) => {
    const root = await clone("a");
    await git(root, "remote", "remove", "origin");
    const id = await start(root);
    const { code, kind, message } = await refusalOf(() =>
      pushSessions(machine(root), { root })
    );
    assertEquals([code, kind], ["no_remote", "external"]);
    assertStringIncludes(message, "kept in git here");
    await git(
      root,
      "rev-parse",
      "--verify",
      `refs/orchestrator/sessions/${id}`,
    );
  }));

Deno.test("pushSessions() says of now that a remote has a copy: one that is gone, or another remote, gets it", () =>
  withRemote(async ({ bare, directory, clone }) => {
    const root = await clone("a");
    const id = await start(root);
    const results = async () => {
      const pushed = await pushSessions(machine(root), { root });
      return pushed.sessions.map(({ result }) => result);
    };
    assertEquals([await results(), await results()], [["pushed"], ["same"]]);
    const ref = `refs/orchestrator/sessions/${id}`;
    await git(bare, "update-ref", "-d", ref);
    assertEquals(await results(), ["pushed"]);
    await git(bare, "rev-parse", "--verify", ref);
    const other = `${directory}/other.git`;
    await git(directory, "init", "-q", "--bare", other);
    await git(root, "remote", "set-url", "origin", other);
    assertEquals(await results(), ["pushed"]);
    await git(other, "rev-parse", "--verify", ref);
  }));
