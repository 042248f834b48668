/** A remote behind a password: git's credential helper lets orc in, nobody is asked, and nothing gives it away. */
import { main } from "../../src/cli/main.ts";
import { withoutUser } from "../../src/fetch/address_rules.ts";
import { captureStreams } from "../cli/fake.ts";
import { treeTexts } from "./clones.ts";
import { git, machine, start, withRemote } from "./clones.ts";
import {
  type GitServer,
  PASSWORD,
  PASSWORD_IN_URL,
  USER,
  withGitServer,
} from "./http.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

/** All that reaches a remote. */
const ACTS: readonly (readonly string[])[] = [
  ["probe"],
  ["push"],
  ["status"],
  ["pull"],
  ["prune", "--keep-days", "1", "--yes"],
];

interface Answer {
  readonly code: number;
  readonly text: string;
}

/** Runs `orc persist`, as people and as programs do. */
async function persist(
  root: string,
  words: readonly string[],
  flags: readonly string[] = [],
): Promise<Answer> {
  const streams = captureStreams();
  const all = ["--root", root, "persist", ...words, ...flags];
  const code = await main(all, machine(root), { streams });
  return { code, text: streams.out + streams.err };
}

function withServed(
  test: (root: string, server: GitServer, other: string) => Promise<void>,
): Promise<void> {
  return withRemote(async ({ bare, clone }) => {
    const [root, other] = [await clone("a"), await clone("b")];
    await start(root);
    await withGitServer(bare, async (server) => {
      for (const each of [root, other]) {
        await git(each, "remote", "set-url", "origin", server.url);
      }
      await test(root, server, other);
    });
  });
}

/** As `git config credential.helper store` keeps it, in a file of the test's own. */
async function storeCredential(
  root: string,
  { url }: GitServer,
  password: string,
): Promise<void> {
  const file = `${root}.credentials`;
  const { protocol, host } = new URL(url);
  Deno.writeTextFileSync(file, `${protocol}//${USER}:${password}@${host}\n`);
  await git(root, "config", "credential.helper", `store --file=${file}`);
}

Deno.test("git's credential helper lets orc in: probe, push, status, pull and prune", () =>
  withServed(async (root, server, other) => {
    for (const each of [root, other]) {
      await storeCredential(each, server, PASSWORD_IN_URL);
    }
    for (const words of ACTS) {
      const before = server.admitted();
      const { code, text } = await persist(root, words);
      assertEquals(code, 0, `${words.join(" ")}: ${text}`);
      assert(server.admitted() > before, `${words.join(" ")} asked nobody`);
    }
    const pulled = await persist(other, ["pull"]);
    assertStringIncludes(pulled.text, "stored at update 1");
    const status = await persist(other, ["status"]);
    assertStringIncludes(status.text, "the same");
  }));

Deno.test("without a credential helper, or with a wrong password, orc asks nobody and ends with 77", () =>
  withServed(async (root, server) => {
    for (const password of [undefined, "wr0ng-one"]) {
      if (password) await storeCredential(root, server, password);
      for (const words of ACTS) {
        const { code, text } = await persist(root, words, ["--json"]);
        assertEquals(code, 77, `${words.join(" ")}: ${text}`);
        const { error } = JSON.parse(text);
        assertEquals(error.code, "remote_auth", text);
        assertStringIncludes(error.hint, "git ls-remote origin");
        assert(!text.includes("wr0ng-one"), text);
      }
    }
    assertEquals(server.admitted(), 0);
  }));

Deno.test("a password in the address of a remote works, and shows nowhere", () =>
  withServed(async (root, server, other) => {
    const flags = [[], ["--json"], ["--full"], ["--verbose"]];
    const wrong = server.openUrl.replace(PASSWORD_IN_URL, "wr0ng%40one");
    const gone = server.openUrl.replace(/127\.0\.0\.1:\d+/, "127.0.0.1:1");
    for (const url of [server.openUrl, wrong, gone]) {
      for (const each of [root, other]) {
        await git(each, "remote", "set-url", "origin", url);
      }
      for (const words of ACTS) {
        for (const more of flags) {
          const { code, text } = await persist(root, words, more);
          const expected = url === server.openUrl ? 0 : url === wrong ? 77 : 7;
          assertEquals(code, expected, `${words.join(" ")}: ${text}`);
          assertHidden(text);
        }
      }
      assertHidden((await persist(other, ["pull", "--json"])).text);
    }
    const named = ["push", "--remote", server.openUrl];
    const { text } = await persist(root, named, ["--json"]);
    assertStringIncludes(text, "no_remote");
    assertHidden(text);
    for (const each of [root, other]) {
      for (const directory of [".orchestrator", ".git/orchestrator"]) {
        for (const text of treeTexts(`${each}/${directory}`)) {
          assertHidden(text);
        }
      }
      const refs = "refs/orchestrator";
      const format = "--format=%(contents)%(objectname)";
      for (
        const line of (await git(each, "for-each-ref", format, refs))
          .split("\n").filter((line) => /^[0-9a-f]{40}$/.test(line))
      ) {
        assertHidden(await git(each, "grep", "-h", "", line));
      }
    }
  }));

function assertHidden(text: string): void {
  for (const password of [PASSWORD, PASSWORD_IN_URL, "wr0ng"]) {
    assert(!text.includes(password), text);
  }
}

Deno.test("withoutUser() takes all away that stands before the host, whatever is in it", () => {
  const texts = {
    "https://u:p@host/r.git": "https://host/r.git",
    "https://u:p@ss@host/r.git": "https://host/r.git",
    "https://u@host": "https://host",
    "https://host/a@b": "https://host/a@b",
    "see 'ssh://git@host/r' and https://t@h/x":
      "see 'ssh://host/r' and https://h/x",
    "git@host:r.git": "git@host:r.git",
  };
  for (const [text, expected] of Object.entries(texts)) {
    assertEquals(withoutUser(text), expected);
  }
});
