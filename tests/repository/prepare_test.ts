import { VERSION } from "../../src/base/version.ts";
import {
  openRepository,
  type RepositoryOptions,
} from "../../src/repository/open.ts";
import { withPreparedRepository } from "../../src/repository/prepare.ts";
import { readTree } from "../files/temporary.ts";
import { foreignRecord, lockText } from "../session/fixtures.ts";
import {
  fixedHost,
  NOW,
  refusalOf,
  refusalWithoutTrace,
  withRoot,
} from "../work/fixtures.ts";
import { assertEquals, assertRejects } from "@std/assert";

/** Prepares a repository and returns the files that are there while the work is done. */
function prepare(
  options: RepositoryOptions & { readonly root: string },
  portable = false,
): Promise<readonly string[]> {
  const host = fixedHost();
  const repository = openRepository(host, options);
  return withPreparedRepository(
    host,
    repository,
    { portable },
    () => Promise.resolve(Object.keys(readTree(options.root)).sort()),
  );
}

Deno.test("withPreparedRepository() makes what is missing, holds the lock and gives it back", () =>
  withRoot({}, async (root) => {
    const made = [
      ".orchestrator/",
      ".orchestrator/.gitignore",
      ".orchestrator/meta.json",
      ".orchestrator/sessions/",
    ];
    const during = await prepare({ root });
    assertEquals(during, [...made, ".orchestrator/lock"].sort());
    assertEquals(Object.keys(readTree(root)).sort(), made);
    const meta = JSON.parse(readTree(root)[".orchestrator/meta.json"] ?? "");
    assertEquals(meta, {
      created_at: NOW,
      repo_root: root,
      git_remote: null,
      orchestrator_version: VERSION,
      repo_id: meta.repo_id,
      portable: false,
    });
  }));

Deno.test("withPreparedRepository() makes nothing where a setting cannot be read", () =>
  withRoot({ ".orchestrator.yaml": "[1]\n" }, async (root) => {
    const error = await refusalWithoutTrace(root, () => prepare({ root }));
    assertEquals(error.kind, "config");
  }));

Deno.test("withPreparedRepository() leaves out .gitignore in a portable repository, also later", () =>
  withRoot({}, async (root) => {
    await prepare({ root }, true);
    await prepare({ root });
    assertEquals(Object.keys(readTree(root)).sort(), [
      ".orchestrator/",
      ".orchestrator/meta.json",
      ".orchestrator/sessions/",
    ]);
  }));

Deno.test("withPreparedRepository() keeps the remote without its credentials", () =>
  withRoot({
    ".git/HEAD": "ref: refs/heads/main\n",
    ".git/config":
      '[remote "origin"]\n\turl = https://ada:secret@example.org/shop.git\n',
  }, async (root) => {
    await prepare({ root });
    const text = readTree(root)[".orchestrator/meta.json"] ?? "";
    assertEquals(
      JSON.parse(text).git_remote,
      "https://example.org/shop.git",
    );
    assertEquals(text.includes("secret"), false);
  }));

Deno.test("withPreparedRepository() gives the lock back when the work fails", () =>
  withRoot({}, async (root) => {
    const host = fixedHost();
    const repository = openRepository(host, { root });
    await assertRejects(
      () =>
        withPreparedRepository(
          host,
          repository,
          { portable: false },
          () => Promise.reject(new TypeError("a bug")),
        ),
      TypeError,
      "a bug",
    );
    assertEquals(".orchestrator/lock" in readTree(root), false);
  }));

Deno.test("withPreparedRepository() removes what a killed process left half made", () =>
  withRoot({
    ".orchestrator/sessions/.new-00f00000000000000000000000000000/state.json":
      "{",
    ".orchestrator/current.00f00000000000000000000000000000.tmp": "1a",
    ".orchestrator/bindings/a.json.00f00000000000000000000000000000.tmp": "{",
  }, async (root) => {
    await prepare({ root });
    assertEquals(Object.keys(readTree(root)).sort(), [
      ".orchestrator/",
      ".orchestrator/.gitignore",
      ".orchestrator/bindings/",
      ".orchestrator/meta.json",
      ".orchestrator/sessions/",
    ]);
  }));

Deno.test("withPreparedRepository() waits no longer than the time limit for the repository's lock", () =>
  withRoot(
    { ".orchestrator/lock": lockText(foreignRecord()) },
    async (root) => {
      const error = await refusalWithoutTrace(
        root,
        () => prepare({ root, lockTimeout: "0" }),
      );
      assertEquals([error.kind, error.code], ["conflict", "lock_held"]);
    },
  ));

const FOREIGN: readonly (readonly [string, string])[] = [
  [".orchestrator", "not_a_directory"],
  [".orchestrator/sessions", "not_a_directory"],
  [".orchestrator/bindings", "not_a_directory"],
  [".orchestrator/current/", "not_a_regular_file"],
  [".orchestrator/meta.json/", "not_a_regular_file"],
  [".orchestrator/meta.json", "invalid_json"],
];

for (const [path, code] of FOREIGN) {
  Deno.test(`withPreparedRepository() changes nothing where ${path} is something else`, () =>
    withRoot({ [path]: "not ours" }, async (root) => {
      const error = await refusalWithoutTrace(root, () => prepare({ root }));
      assertEquals([error.kind, error.code], ["corrupt", code]);
    }));
}

Deno.test("withPreparedRepository() says which directory is missing when it was removed", () =>
  withRoot({ "a/": "" }, async (root) => {
    const host = fixedHost();
    const repository = openRepository(host, { root: `${root}/a` });
    Deno.removeSync(`${root}/a`);
    const error = await refusalOf(() =>
      withPreparedRepository(
        host,
        repository,
        { portable: false },
        () => Promise.resolve(),
      )
    );
    assertEquals([error.kind, error.code], ["not_found", "path_not_found"]);
    assertEquals(error.path, `${root}/a/.orchestrator`);
  }));
