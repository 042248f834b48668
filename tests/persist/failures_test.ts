/** What keeps sessions from leaving, as git really says it: texts, exit codes, and what is left. */
import { exitCodeOf } from "../../src/base/error.ts";
import { probeRemote } from "../../src/persist/probe.ts";
import { pullSessions } from "../../src/persist/pull.ts";
import { pushSessions } from "../../src/persist/push.ts";
import { addNote } from "../../src/work/item.ts";
import { refusalOf } from "../work/fixtures.ts";
import { git, machine, type Remote, start, withRemote } from "./clones.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

const push = (root: string) => pushSessions(machine(root), { root });

async function refused(act: () => Promise<unknown>) {
  const error = await refusalOf(act);
  return { ...error.toJSON(), exitCode: exitCodeOf(error) };
}

/** Runs a test with a clone in which a session is. */
function withSession(
  test: (root: string, remote: Remote) => Promise<void>,
): Promise<void> {
  return withRemote(async (remote) => {
    const root = await remote.clone("a");
    await start(root);
    await test(root, remote);
  });
}

function hook(bare: string, script: string): void {
  const path = `${bare}/hooks/pre-receive`;
  Deno.writeTextFileSync(path, `#!/bin/sh\n${script}\n`);
  Deno.chmodSync(path, 0o755);
}

Deno.test("a remote that is no repository is named, and the copy is kept here", () =>
  withSession(async (root) => {
    await git(root, "remote", "set-url", "origin", `${root}.gone`);
    const error = await refused(() => push(root));
    assertEquals([error.code, error.exitCode], ["no_remote", 7]);
    assertStringIncludes(error.message, "kept in git here");
    const named = await refused(() =>
      pushSessions(machine(root), { root, remote: "backup" })
    );
    assertEquals(named.code, "no_remote");
    assertStringIncludes(named.hint ?? "", "origin");
  }));

Deno.test("a remote that asks for a password is not waited for", () =>
  withSession(async (root) => {
    const server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      () =>
        new Response("", {
          status: 401,
          headers: { "WWW-Authenticate": 'Basic realm="git"' },
        }),
    );
    try {
      const url = `http://127.0.0.1:${server.addr.port}/r.git`;
      await git(root, "remote", "set-url", "origin", url);
      const error = await refused(() => push(root));
      assertEquals([error.code, error.exitCode], ["remote_auth", 77]);
      assertStringIncludes(error.hint ?? "", "git ls-remote origin");
    } finally {
      await server.shutdown();
    }
  }));

Deno.test("a remote that cannot be reached changes nothing here", () =>
  withSession(async (root) => {
    await git(root, "remote", "set-url", "origin", "http://127.0.0.1:1/r.git");
    for (
      const act of [
        push,
        (root: string) => pullSessions(machine(root), { root }),
      ]
    ) {
      const error = await refused(() => act(root));
      assertEquals([error.code, error.exitCode], ["remote_unreachable", 7]);
    }
  }));

Deno.test("a hook that refuses is not asked again, and its branch is found by the probe", () =>
  withSession(async (root, { bare, clone }) => {
    hook(
      bare,
      `while read old new ref; do case "$ref" in refs/heads/claude/*) ;; *) exit 1;; esac; done`,
    );
    const error = await refused(() => push(root));
    assertEquals([error.code, error.exitCode], ["remote_refused", 77]);
    assertStringIncludes(error.message, "pre-receive hook declined");
    assertStringIncludes(error.hint ?? "", "orc config set state_branch");
    const probed = await probeRemote(machine(root), { root });
    assertEquals(probed.references?.allowed, false);
    assertEquals([probed.branch?.allowed, probed.branch?.removed], [
      true,
      true,
    ]);
    assertEquals(probed.stateBranch, "claude/orchestrator-state");
    const refs = await git(bare, "for-each-ref", "--format=%(refname)");
    assertEquals(refs.trim(), "refs/heads/main");
    const branch = { ORCHESTRATOR_STATE_BRANCH: "claude/orchestrator-state" };
    const { sessions } = await pushSessions(machine(root, branch), { root });
    assertEquals(sessions[0]?.result, "pushed");
    const other = await clone("b");
    const pulled = await pullSessions(machine(other, branch), { root: other });
    assertEquals(pulled.sessions[0]?.comparison, "created");
  }));

Deno.test("a hidden reference is refused, whether the remote says so or only never takes it", async () => {
  for (const setting of ["transfer.hideRefs", "receive.hideRefs"]) {
    await withSession(async (root, { bare }) => {
      await push(root);
      await addNote(machine(root), { root, text: "Later" });
      await git(bare, "config", setting, "refs/orchestrator");
      const error = await refused(() => push(root));
      assertEquals(
        [error.code, error.exitCode],
        ["remote_refused", 77],
        setting,
      );
      const { references } = await probeRemote(machine(root), { root });
      assertEquals(references?.allowed, false, setting);
    });
  }
});

Deno.test("the probe leaves nothing behind where all is well", () =>
  withSession(async (root, { bare }) => {
    const { references, branch } = await probeRemote(machine(root), { root });
    assertEquals([references?.allowed, references?.removed, branch], [
      true,
      true,
      null,
    ]);
    const refs = await git(bare, "for-each-ref", "--format=%(refname)");
    assertEquals(refs.trim(), "refs/heads/main");
  }));

Deno.test("a copy that anybody could have made is read with care", () =>
  withSession(async (root, { bare, clone }) => {
    await push(root);
    const [ref = ""] = (await git(
      bare,
      "for-each-ref",
      "--format=%(refname)",
      "refs/orchestrator",
    ))
      .split("\n");
    const other = await clone("b");
    const hostile = async (change: readonly string[]) => {
      const index = {
        GIT_INDEX_FILE: `${bare}.index`,
        GIT_DIR: bare,
        GIT_WORK_TREE: root,
      };
      const run = async (...args: readonly string[]) => {
        const { stdout } = await new Deno.Command("git", {
          args: [...args],
          env: {
            ...index,
            GIT_AUTHOR_NAME: "M",
            GIT_AUTHOR_EMAIL: "m@m",
            GIT_COMMITTER_NAME: "M",
            GIT_COMMITTER_EMAIL: "m@m",
          },
        }).output();
        return new TextDecoder().decode(stdout).trim();
      };
      await run("read-tree", ref);
      await run(...change);
      const tree = await run("write-tree");
      const commit = await run("commit-tree", tree, "-m", "hostile");
      await run("update-ref", `${ref}x`, commit);
      await run("update-ref", ref, commit);
    };
    const blob = (await git(bare, "rev-parse", `${ref}:log.jsonl`)).trim();
    const state = (await git(bare, "rev-parse", `${ref}:state.json`)).trim();
    const before = (await git(bare, "rev-parse", ref)).trim();
    for (
      const change of [
        // Its content is right, and it is a link all the same.
        ["update-index", "--cacheinfo", `120000,${state},state.json`],
        ["update-index", "--cacheinfo", `120000,${blob},state.json`],
        ["update-index", "--cacheinfo", `100644,${blob},state.json`],
        ["update-index", "--force-remove", "log.jsonl"],
        ["update-index", "--force-remove", "copy.json"],
      ]
    ) {
      await hostile(change);
      const pulled = await pullSessions(machine(other), { root: other });
      assertEquals(pulled.sessions, [], String(change));
      assertEquals(pulled.warnings.length, 2, String(change));
      const id = ref.slice(ref.lastIndexOf("/") + 1);
      const error = await refused(() =>
        pullSessions(machine(other), { root: other, sessions: [id] })
      );
      assertEquals([error.code, error.exitCode], ["copy_unreadable", 6]);
      await git(bare, "update-ref", ref, before);
    }
    await git(bare, "update-ref", "-d", `${ref}x`);
    const names = [...Deno.readDirSync(`${other}/.orchestrator/sessions`)];
    assertEquals(names, []);
  }));

Deno.test("a branch that holds something else is left as it is", () =>
  withSession(async (root, { bare }) => {
    const before = await git(bare, "rev-parse", "main");
    const host = machine(root, { ORCHESTRATOR_STATE_BRANCH: "main" });
    const error = await refused(() => pushSessions(host, { root }));
    assertEquals([error.code, error.exitCode], ["foreign_branch", 5]);
    assertEquals(await git(bare, "rev-parse", "main"), before);
  }));
