import { findRepositories } from "../../src/sessions/find_repositories.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { assert, assertEquals } from "@std/assert";

/** Finds repositories, named by their place below the start. */
function find(
  root: string,
  { depth = 3, home = "" } = {},
): { directories: readonly string[]; problems: readonly string[] } {
  const { directories, problems } = findRepositories(root, { depth, home });
  const place = (path: string) => path.slice(root.length);
  return { directories: directories.map(place), problems };
}

Deno.test("findRepositories() finds new and legacy state, the start included", () =>
  withTemporaryDirectory((root) => {
    writeTree(root, {
      ".orchestrator/sessions/": "",
      "b/.workflow_state.json": "{}",
      "a/deep/.orchestrator/current": "x",
      "c/README.md": "nothing",
      "d/.orchestrator/config.yaml": "not a marker",
    });
    assertEquals(find(root), {
      directories: ["", "/a/deep", "/b"],
      problems: [],
    });
  }));

Deno.test("findRepositories() looks as deep as it is told", () =>
  withTemporaryDirectory((root) => {
    writeTree(root, {
      "1/.orchestrator/sessions/": "",
      "1/2/.orchestrator/sessions/": "",
      "1/2/3/.orchestrator/sessions/": "",
    });
    assertEquals(find(root, { depth: 0 }).directories, []);
    assertEquals(find(root, { depth: 1 }).directories, ["/1"]);
    assertEquals(find(root, { depth: 3 }).directories, [
      "/1",
      "/1/2",
      "/1/2/3",
    ]);
  }));

Deno.test("findRepositories() looks into nothing that programs fill", () =>
  withTemporaryDirectory((root) => {
    for (const name of [".git", "node_modules", ".orchestrator"]) {
      writeTree(root, { [`${name}/x/.orchestrator/sessions/`]: "" });
    }
    assertEquals(find(root).directories, []);
  }));

Deno.test("findRepositories() takes the user's own directory for no repository", () =>
  withTemporaryDirectory((root) => {
    writeTree(root, { "home/.orchestrator/sessions/": "" });
    assertEquals(find(root, { home: `${root}/home` }).directories, []);
    assertEquals(find(root, { home: `${root}/other` }).directories, ["/home"]);
  }));

Deno.test("findRepositories() names what is in the place of state, and goes on", () =>
  withTemporaryDirectory((root) => {
    writeTree(root, {
      "a/.orchestrator": "a file",
      "b/.orchestrator/sessions/": "",
    });
    assertEquals(find(root), {
      directories: ["/b"],
      problems: [
        `Cannot use "${root}/a/.orchestrator": it is a file and not a directory`,
      ],
    });
  }));

Deno.test({
  name: "findRepositories() names what it may not look at",
  permissions: { read: ["."] },
  fn: () => {
    const { directories, problems } = findRepositories("/proc", {
      depth: 3,
      home: undefined,
    });
    assertEquals(directories, []);
    assert(problems.length > 0);
    assert(problems.every((problem) => problem.includes("permission")));
  },
});
