import type { OrcErrorCode } from "../../src/base/codes.ts";
import { parseAddress } from "../../src/fetch/address_rules.ts";
import {
  type Commit,
  type FetchOptions,
  resolveReference,
  withCommit,
} from "../../src/fetch/use.ts";
import { refusalOf } from "../files/temporary.ts";
import type { OrcError } from "../../src/base/error.ts";
import { git } from "../persist/clones.ts";
import { freePort, type Server, withServer } from "./server.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";

function at(server: Server, name: string) {
  const address = parseAddress(`${server.url}/${name}`, "file");
  if ("problem" in address) throw new Error(address.problem);
  return address;
}

async function read<Answer>(
  server: Server,
  pin: { readonly name: string; readonly commit: string },
  use: (commit: Commit) => Promise<Answer>,
  options: Partial<FetchOptions> = {},
): Promise<Answer> {
  const { commit } = pin;
  const how = { mayFetch: true, ...options };
  const what = { address: at(server, pin.name), commit };
  return await withCommit(server.host, what, how, use);
}

async function assertOrcError(
  code: OrcErrorCode,
  run: () => Promise<unknown>,
): Promise<OrcError> {
  const error = await refusalOf(run);
  assertEquals(error.code, code, error.message);
  return error;
}

function fileOf(path: string) {
  return async (commit: Commit) => {
    const bytes = await commit.readFile(path);
    return bytes && new TextDecoder().decode(bytes);
  };
}

for (const format of ["sha1", "sha256"]) {
  Deno.test(`withCommit() reads a file of a commit, and later without the server (${format})`, () =>
    withServer(async (server) => {
      const files = { "a/b/base.yaml": "name: x\n" };
      const commit = await server.publish("w", files, format);
      const pin = { name: "w", commit };
      assertEquals(
        await read(server, pin, fileOf("a/b/base.yaml")),
        "name: x\n",
      );
      await server.stop();
      const offline = { mayFetch: false };
      assertEquals(
        await read(server, pin, fileOf("a/b/base.yaml"), offline),
        "name: x\n",
      );
      // What is known to be nowhere needs no server either.
      assertEquals(
        await read(server, pin, fileOf("a/b/no.yaml"), offline),
        undefined,
      );
      const left = [
        ...Deno.readDirSync(`${server.home}/.orchestrator/cache/git`),
      ];
      assertEquals(left.filter(({ name }) => name.startsWith("new-")), []);
    }));
}

Deno.test("withCommit() reads the commit that is named, wherever the branch leads by now", () =>
  withServer(async (server) => {
    const commit = await server.publish("w", { "base.yaml": "old" });
    const path = `${server.directory}/server/w`;
    await git(path, "tag", "v1");
    await git(path, "commit", "-q", "--amend", "-m", "Forced");
    await server.commit("w", { "base.yaml": "new" });
    await git(path, "tag", "-f", "v1");
    const pin = { name: "w", commit };
    assertEquals(await read(server, pin, fileOf("base.yaml")), "old");
  }));

Deno.test("withCommit() says no to a commit that nobody has, and to the id of a tag", () =>
  withServer(async (server) => {
    await server.publish("w", { "base.yaml": "x" });
    const path = `${server.directory}/server/w`;
    await git(path, "tag", "-a", "v1", "-m", "One");
    const tag = (await git(path, "rev-parse", "v1")).trim();
    const asked = (commit: string) => () =>
      read(server, { name: "w", commit }, fileOf("base.yaml"));
    await assertOrcError("fetch_failed", asked("0".repeat(39) + "1"));
    const { message } = await assertOrcError("fetched_refused", asked(tag));
    assertMatch(message, /the id of a tag/);
    await assertOrcError(
      "fetch_failed",
      () => read(server, { name: "none", commit: tag }, fileOf("base.yaml")),
    );
  }));

Deno.test("withCommit() asks no server unless it may", () =>
  withServer(async (server) => {
    const commit = await server.publish("w", { "base.yaml": "x" });
    const pin = { name: "w", commit };
    await assertOrcError(
      "not_fetched",
      () => read(server, pin, fileOf("base.yaml"), { mayFetch: false }),
    );
    assertEquals([...Deno.readDirSync(server.home)], []);
  }));

Deno.test("withCommit() takes nothing that was changed where it is kept", () =>
  withServer(async (server) => {
    const commit = await server.publish("w", { "base.yaml": "good" });
    const pin = { name: "w", commit };
    await read(server, pin, fileOf("base.yaml"));
    const blob = (await git(
      `${server.directory}/server/w`,
      ...["rev-parse", "HEAD:base.yaml"],
    )).trim();
    const kept = `${server.home}/.orchestrator/cache/git/${blob.slice(0, 2)}/${
      blob.slice(2)
    }`;
    assertEquals(Deno.readTextFileSync(kept), "good");
    const evils = {
      changed: () => Deno.writeTextFileSync(kept, "evil"),
      link: () => {
        Deno.writeTextFileSync(`${server.home}/good`, "good");
        Deno.removeSync(kept);
        Deno.symlinkSync(`${server.home}/good`, kept);
      },
    };
    for (const [name, spoil] of Object.entries(evils)) {
      spoil();
      await assertOrcError(
        "not_fetched",
        () => read(server, pin, fileOf("base.yaml"), { mayFetch: false }),
      );
      assertEquals(await read(server, pin, fileOf("base.yaml")), "good", name);
      assertEquals(Deno.lstatSync(kept).isFile, true);
      assertEquals(Deno.readTextFileSync(kept), "good", name);
    }
  }));

/** What a repository may hold that is not taken, and what it is asked for. */
const HOSTILE: Readonly<
  Record<string, { files: Record<string, string>; ask: string; says: RegExp }>
> = {
  "a link": {
    files: { "base.yaml": "->/etc/hostname" },
    ask: "base.yaml",
    says: /symbolic link/,
  },
  "a link on the way": {
    files: { "real/base.yaml": "x", "d": "->real" },
    ask: "d/base.yaml",
    says: /symbolic link/,
  },
  "a way out": {
    files: { "base.yaml": "x" },
    ask: "../base.yaml",
    says: /leads out/,
  },
  "an absolute path": {
    files: { "base.yaml": "x" },
    ask: "/etc/hostname",
    says: /leads out/,
  },
  "a directory": {
    files: { "d/base.yaml": "x" },
    ask: "d",
    says: /is a directory/,
  },
  "a file on the way": {
    files: { "base.yaml": "x" },
    ask: "base.yaml/x",
    says: /is a file/,
  },
  "a large file": {
    files: { "base.yaml": "x".repeat(1024 * 1024 + 1) },
    ask: "base.yaml",
    says: /larger than/,
  },
};

for (const [what, { files, ask, says }] of Object.entries(HOSTILE)) {
  Deno.test(`readFile() refuses ${what}`, () =>
    withServer(async (server) => {
      const commit = await server.publish("w", files);
      const pin = { name: "w", commit };
      const error = await assertOrcError("fetched_refused", () =>
        read(server, pin, fileOf(ask)));
      assertMatch(error.message, says);
    }));
}

Deno.test("readFile() and listFiles() refuse another repository", () =>
  withServer(async (server) => {
    const inner = await server.publish("inner", { "base.yaml": "x" });
    await server.publish("w", { "a.yaml": "x" });
    const path = `${server.directory}/server/w`;
    const link = `160000,${inner},sub`;
    await git(path, "update-index", "--add", "--cacheinfo", link);
    await git(path, "commit", "-qm", "Submodule");
    const commit = (await git(path, "rev-parse", "HEAD")).trim();
    const pin = { name: "w", commit };
    for (const ask of ["sub", "sub/base.yaml"]) {
      const error = await assertOrcError(
        "fetched_refused",
        () => read(server, pin, fileOf(ask)),
      );
      assertMatch(error.message, /submodules/);
    }
    await assertOrcError(
      "fetched_refused",
      () => read(server, pin, (commit) => commit.listFiles("")),
    );
  }));

Deno.test("listFiles() lists a directory, and no more than may be", () =>
  withServer(async (server) => {
    const files: Record<string, string> = { "other/x": "1" };
    for (let n = 0; n < 50; n++) files[`t/d${n % 5}/f${n}`] = `${n}`;
    const commit = await server.publish("w", files);
    const pin = { name: "w", commit };
    const listed = await read(server, pin, (one) => one.listFiles("t"));
    assertEquals(listed?.length, 50);
    const seven = listed?.find(({ path }) => path === "d2/f7");
    assertEquals(new TextDecoder().decode(seven?.bytes), "7");
    assertEquals(
      await read(server, pin, (one) => one.listFiles("u")),
      undefined,
    );
    const few = { limits: { maxFiles: 54 } };
    const error = await assertOrcError(
      "fetched_refused",
      () => read(server, pin, (one) => one.listFiles("t"), few),
    );
    assertMatch(error.message, /more than 54 files/);
  }));

Deno.test("listFiles() refuses 10,000 files before it reads one", () =>
  withServer(async (server) => {
    await server.publish("w", { "a": "x" });
    const path = `${server.directory}/server/w`;
    const blob = (await git(path, "rev-parse", "HEAD:a")).trim();
    const lines = Array.from(
      { length: 10_000 },
      (_, n) => `100644 blob ${blob}\tf${n}`,
    );
    Deno.writeTextFileSync(`${server.directory}/list`, `${lines.join("\n")}\n`);
    const { stdout } = await new Deno.Command("sh", {
      args: [
        "-c",
        'git -C "$1" mktree < "$2"',
        "sh",
        path,
        `${server.directory}/list`,
      ],
    }).output();
    const tree = new TextDecoder().decode(stdout).trim();
    const commit = (await git(path, "commit-tree", tree, "-m", "Many")).trim();
    await git(path, "update-ref", "refs/heads/main", commit);
    const error = await assertOrcError(
      "fetched_refused",
      () => read(server, { name: "w", commit }, (one) => one.listFiles("")),
    );
    assertMatch(error.message, /more than 1000 files/);
  }));

Deno.test("withCommit() ends a fetch that brings too much", () =>
  withServer(async (server) => {
    const noise = new Uint8Array(65_536);
    const texts: Record<string, string> = {};
    for (let n = 0; n < 20; n++) {
      crypto.getRandomValues(noise);
      texts[`f${n}`] = Array.from(noise, (byte) => byte.toString(36)).join("");
    }
    const commit = await server.publish("w", { ...texts, "base.yaml": "x" });
    const error = await assertOrcError(
      "fetch_failed",
      () =>
        read(server, { name: "w", commit }, fileOf("base.yaml"), {
          limits: { maxBytes: 300_000 },
        }),
    );
    assertMatch(error.message, /more than/);
  }));

Deno.test("withCommit() does not read what is small only as it comes", () =>
  withServer(async (server) => {
    const bomb = "0".repeat(8 * 1024 * 1024);
    const commit = await server.publish("w", { "base.yaml": bomb });
    const error = await assertOrcError(
      "fetch_failed",
      () => read(server, { name: "w", commit }, fileOf("base.yaml")),
    );
    assertMatch(error.message, /a file of more than 4/);
  }));

Deno.test("withCommit() does not wait for a server that says nothing", async () => {
  const port = freePort();
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  const connections: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of listener) connections.push(connection);
  })();
  try {
    await withServer(async (server) => {
      const began = performance.now();
      const address = { url: `git://127.0.0.1:${port}/w`, protocols: ["git"] };
      const pin = { address, commit: "1".repeat(40) };
      const options = { mayFetch: true, limits: { timeoutMs: 1000 } };
      const error = await assertOrcError(
        "fetch_failed",
        () => withCommit(server.host, pin, options, fileOf("base.yaml")),
      );
      assertMatch(error.message, /no answer within 1 s/);
      assert(performance.now() - began < 20_000);
    });
  } finally {
    listener.close();
    for (const connection of connections) connection.close();
    await accepting;
  }
});

Deno.test("withCommit() reaches a server by the protocol of the address alone", () =>
  withServer(async (server) => {
    const commit = await server.publish("w", { "base.yaml": "x" });
    const address = { url: `${server.url}/w`, protocols: ["https", "ssh"] };
    const error = await assertOrcError("fetch_failed", () =>
      withCommit(
        server.host,
        { address, commit },
        { mayFetch: true },
        fileOf("base.yaml"),
      ));
    assertMatch(error.message, /transport 'git' not allowed/);
  }));

Deno.test("withCommit() runs no hook and no filter, and makes no checkout", () =>
  withServer(async (server) => {
    const path = `${server.directory}/server/w`;
    const commit = await server.publish("w", {
      "base.yaml": "x",
      ".gitattributes": "* filter=evil\n",
      ".gitmodules": '[submodule "s"]\n\tpath = s\n\turl = ext::touch\n',
    });
    const trace = `${server.directory}/touched`;
    await git(path, "config", "filter.evil.smudge", `touch ${trace}`);
    const pin = { name: "w", commit };
    assertEquals(await read(server, pin, fileOf("base.yaml")), "x");
    assertEquals(
      await read(server, pin, fileOf(".gitattributes")),
      "* filter=evil\n",
    );
    assertEquals(
      [...Deno.readDirSync(server.directory)].map(({ name }) => name)
        .toSorted(),
      ["home", "server"],
    );
  }));

Deno.test("resolveReference() finds the commit of a branch, a tag and the default branch", () =>
  withServer(async (server) => {
    const first = await server.publish("w", { "base.yaml": "x" });
    const path = `${server.directory}/server/w`;
    await git(path, "tag", "-a", "v1", "-m", "One");
    const second = await server.commit("w", { "base.yaml": "y" });
    const address = at(server, "w");
    const resolve = (reference: string) =>
      resolveReference(server.host, address, reference);
    assertEquals(await resolve("v1"), first);
    assertEquals(await resolve("main"), second);
    assertEquals(await resolve("HEAD"), second);
    const wrong: readonly string[] = ["none", "-x", "a..b", "a:b", "+main", ""];
    const code: OrcErrorCode = "fetch_failed";
    for (const one of wrong) await assertOrcError(code, () => resolve(one));
  }));
