import { OrcError } from "../../src/base/error.ts";
import { repositoryLayout } from "../../src/base/layout.ts";
import {
  ensureRepository,
  normaliseRemote,
  readRepositoryMeta,
  type RepositoryFacts,
  type RepositoryMeta,
  withoutCredentials,
} from "../../src/session/repository.ts";
import {
  codeWithoutTrace,
  readTree,
  refusalOf,
  refusalWithoutTrace,
  test,
  writeTree,
} from "../files/temporary.ts";
import {
  assertEquals,
  assertFalse,
  assertMatch,
  assertNotEquals,
  assertThrows,
} from "@std/assert";

const FACTS: RepositoryFacts = {
  now: "2026-11-20T09:00:00Z",
  repoRoot: "/home/dev/shop",
  remote: "https://me:secret@github.com/org/shop.git",
  version: "0.1.0",
  portable: false,
  newToken: () => "00112233445566778899aabbccddeeff",
};

const META_TEXT = `{
  "created_at": "2026-11-20T09:00:00Z",
  "repo_root": "/home/dev/shop",
  "git_remote": "https://github.com/org/shop.git",
  "orchestrator_version": "0.1.0",
  "repo_id": "3fb44599c761",
  "portable": false
}
`;

function ensure(
  root: string,
  facts: Partial<RepositoryFacts> = {},
): Promise<RepositoryMeta> {
  const layout = repositoryLayout(root);
  return ensureRepository(
    layout,
    { ...FACTS, ...facts },
    Deno.writeTextFileSync,
  );
}

test("ensureRepository() makes the directories, .gitignore and meta.json", async (root) => {
  await ensure(root);
  assertEquals(readTree(root), {
    ".orchestrator/": "",
    ".orchestrator/sessions/": "",
    ".orchestrator/.gitignore": "*\n",
    ".orchestrator/meta.json": META_TEXT,
  });
});

test("ensureRepository() lets git see a portable repository", async (root) => {
  const meta = await ensure(root, { portable: true });
  assertEquals(meta.portable, true);
  assertEquals(Object.keys(readTree(`${root}/.orchestrator`)).sort(), [
    ".gitattributes",
    "meta.json",
    "sessions/",
  ]);
});

test("ensureRepository() adds to the rules of a portable repository what they lack, and keeps the rest", async (root) => {
  await ensure(root, { portable: true });
  const path = `${root}/.orchestrator/.gitattributes`;
  const rules = Deno.readTextFileSync(path);
  assertMatch(rules, /^\*\.jsonl merge=union\n\*\.json -merge\n/m);
  Deno.writeTextFileSync(path, "*.png binary");
  await ensure(root);
  assertEquals(Deno.readTextFileSync(path), "*.png binary");
  await ensure(root, { portable: true });
  assertEquals(
    Deno.readTextFileSync(path),
    `*.png binary\n${rules.split("\n").slice(1).join("\n")}`,
  );
});

test("ensureRepository() changes nothing of a repository that is set up", async (root) => {
  const first = await ensure(root);
  const before = readTree(root);
  const again = await ensure(root, {
    now: "2027-01-01T00:00:00Z",
    remote: undefined,
    portable: true,
  });
  assertEquals(again, first);
  assertEquals(readTree(root), before);
});

test("ensureRepository() completes what the Python tool began", async (root) => {
  writeTree(root, {
    ".orchestrator/.gitignore": "*\n!keep\n",
    ".orchestrator/current": "34aa3244",
    ".orchestrator/sessions/34aa3244/state.json": "{}",
  });
  const before = readTree(root);
  await ensure(root);
  const after = readTree(root);
  assertEquals(after, { ...before, ".orchestrator/meta.json": META_TEXT });
});

test("ensureRepository() gives all clones of a remote the same id", async (root) => {
  const idWith = async (facts: Partial<RepositoryFacts>): Promise<string> => {
    Deno.removeSync(root, { recursive: true });
    Deno.mkdirSync(root);
    return (await ensure(root, facts)).repoId;
  };
  const id = await idWith({});
  assertMatch(id, /^[0-9a-f]{12}$/);
  assertEquals(await idWith({ remote: "git@github.com:org/shop" }), id);
  const random = await idWith({ remote: undefined });
  assertNotEquals(random, id);
  assertEquals(await idWith({ remote: "../shop.git" }), random);
  const other = await idWith({ remote: undefined, newToken: () => "ff" });
  assertNotEquals(other, random);
});

test("ensureRepository() never overwrites meta.json that it cannot read", async (root) => {
  const bad = ["", "{", "[]", "null", "{}", "\0\0", META_TEXT.slice(0, -9)];
  for (const text of bad) {
    writeTree(root, { ".orchestrator/meta.json": text });
    const error = await refusalWithoutTrace(root, () => ensure(root));
    assertEquals(error.kind, "corrupt", text);
  }
});

test("ensureRepository() refuses files where directories are expected", async (root) => {
  for (const name of [".orchestrator", ".orchestrator/sessions"]) {
    writeTree(root, { [name]: "junk" });
    assertEquals(
      await codeWithoutTrace(root, () => ensure(root)),
      "corrupt not_a_directory",
    );
    Deno.removeSync(`${root}/.orchestrator`, { recursive: true });
  }
});

test("ensureRepository() can be called by two at the same time", async (root) => {
  const [first, second] = await Promise.all([ensure(root), ensure(root)]);
  assertEquals(first, second);
  assertEquals(readRepositoryMeta(repositoryLayout(root)), first);
});

Deno.test({
  name: "ensureRepository() names the permission it lacks",
  permissions: { read: ["."] },
  fn: async () => {
    const error = await refusalOf(() => ensure("tests/testdata"));
    assertEquals([error.kind, error.code], ["denied", "permission_missing"]);
    assertMatch(
      error.message,
      /--allow-write=tests\/testdata\/\.orchestrator$/,
    );
  },
});

test("readRepositoryMeta() reads what was written", async (root) => {
  const layout = repositoryLayout(root);
  assertEquals(readRepositoryMeta(layout), undefined);
  const written = await ensure(root, { remote: undefined });
  assertEquals(readRepositoryMeta(layout), written);
  assertEquals(written.gitRemote, null);
});

test("readRepositoryMeta() names the field that is wrong", (root) => {
  const meta = JSON.parse(META_TEXT);
  const cases: [string, unknown][] = [
    ["repo_id", "../../../etc"],
    ["repo_id", 12],
    ["created_at", null],
    ["git_remote", ["x"]],
  ];
  for (const [key, value] of cases) {
    const text = JSON.stringify({ ...meta, [key]: value });
    writeTree(root, { ".orchestrator/meta.json": text });
    const error = assertThrows(
      () => readRepositoryMeta(repositoryLayout(root)),
      OrcError,
      `$.${key} is not`,
    );
    assertEquals([error.kind, error.code], ["corrupt", "invalid_meta"]);
  }
});

Deno.test("normaliseRemote() is the same for all ways to one repository", () => {
  const ways = [
    "https://github.com/org/repo.git",
    "https://github.com/org/repo",
    "https://github.com/org/repo/",
    "https://github.com/org/repo.git/",
    "https://user:token@GitHub.com/org/repo.git",
    "https://x-access-token:ghs_1@github.com:443/org/repo.git?token=1#x",
    "HTTPS://github.com//org/repo.git",
    "git@github.com:org/repo.git",
    "git@github.com:/org/repo.git",
    "github.com:org/repo",
    "ssh://git@github.com/org/repo.git",
    "ssh://git@github.com:22/org/repo.git",
    "git+ssh://git@github.com/org/repo",
    "git://github.com:9418/org/repo.git",
    " git@github.com:org/repo.git\n",
  ];
  for (const url of ways) {
    assertEquals(normaliseRemote(url), "github.com/org/repo", url);
  }
});

Deno.test("normaliseRemote() keeps what tells repositories apart", () => {
  assertEquals(normaliseRemote("https://h.x:8443/o/r"), "h.x:8443/o/r");
  assertEquals(normaliseRemote("https://h.x/Org/Repo"), "h.x/Org/Repo");
  assertEquals(normaliseRemote("ssh://git@[::1]:22/r.git"), "[::1]/r");
  assertEquals(normaliseRemote("git@[::1]:r.git"), "[::1]/r");
  assertEquals(normaliseRemote("ssh://h.x/~me/r.git"), "h.x/~me/r");
});

Deno.test("normaliseRemote() names local repositories by their path", () => {
  assertEquals(normaliseRemote("/srv/git/r.git"), "/srv/git/r");
  assertEquals(normaliseRemote("file:///srv/git/r.git"), "/srv/git/r");
  assertEquals(normaliseRemote("C:\\git\\r.git"), "C:\\git\\r");
  assertEquals(normaliseRemote("C:/git/r.git"), "C:/git/r");
});

Deno.test("normaliseRemote() has no name for what depends on the directory", () => {
  for (const url of ["", " ", "../r.git", "r", "./r", "https://", "file://"]) {
    assertEquals(normaliseRemote(url), undefined, url);
  }
});

Deno.test("withoutCredentials() leaves a URL that still leads to the repository", () => {
  const cases = [
    ["https://user:token@host.x/o/r.git", "https://host.x/o/r.git"],
    ["https://token@host.x/o/r.git?a=b", "https://host.x/o/r.git"],
    ["https://host.x:8443/o/r.git", "https://host.x:8443/o/r.git"],
    ["ssh://git:pw@host.x:22/o/r.git", "ssh://git@host.x:22/o/r.git"],
    ["git@host.x:o/r.git", "git@host.x:o/r.git"],
    ["git:pw@host.x:o/r.git", "git@host.x:o/r.git"],
    ["host.x:o/r.git", "host.x:o/r.git"],
    ["/srv/r.git", "/srv/r.git"],
    ["../r.git", "../r.git"],
    ["C:\\r.git", "C:\\r.git"],
  ];
  for (const [url = "", expected] of cases) {
    assertEquals(withoutCredentials(url), expected, url);
  }
});

Deno.test("withoutCredentials() and normaliseRemote() never repeat a secret", () => {
  const urls = [
    "https://s3cret@host.x/r",
    "https://u:s3cret@host.x/r",
    "https://u:a@s3cret@host.x/r",
    "https://u:p/s3cret@host.x/r",
    "https://u:p?s3cret@host.x/r",
    "https://u:p#s3cret@host.x/r",
    "https://u:s3cret@[::1]:80/r",
    "https://host.x/r?private_token=s3cret",
    "https://host.x/r#s3cret",
    "helper::https://u:s3cret@host.x/r",
    "ssh://u:s3cret@host.x/r",
    "u:s3cret@host.x:r",
  ];
  for (const url of urls) {
    assertFalse(withoutCredentials(url).includes("s3cret"), url);
    assertFalse(normaliseRemote(url)?.includes("s3cret"), url);
  }
});
