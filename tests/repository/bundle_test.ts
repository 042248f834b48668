import { OrcError } from "../../src/base/error.ts";
import { bundleFor } from "../../src/repository/bundle.ts";
import { withoutTrace, withRoot } from "../work/fixtures.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";

function textFor(
  root: string,
  named?: Record<string, string>,
): Promise<string> {
  const settings = named && new Map(Object.entries(named));
  return withoutTrace(
    root,
    () => Promise.resolve(bundleFor(root, settings).text),
  );
}

Deno.test("bundleFor() fills in the commands of the project it finds", () =>
  withRoot({
    "package.json": '{"scripts":{"test":"x","build":"x","lint":"x"}}',
    "pnpm-lock.yaml": "",
  }, async (root) => {
    const text = await textFor(root);
    for (
      const line of [
        "test_command: pnpm test",
        "build_command: pnpm run build",
        "lint_command: pnpm run lint",
      ]
    ) assertStringIncludes(text, `\n  ${line}\n`);
  }));

Deno.test("bundleFor() prefers commands that are named to those it finds", () =>
  withRoot({ "Cargo.toml": "" }, async (root) => {
    const text = await textFor(root, {
      test_command: "make check",
      build_command: "make all",
    });
    assertStringIncludes(text, "\n  test_command: make check\n");
    assertStringIncludes(text, "\n  build_command: make all\n");
    const found = await textFor(root, { test_command: "" });
    assertStringIncludes(found, "\n  test_command: cargo test\n");
  }));

Deno.test("bundleFor() says how to add tests where it finds none, unless they are named", () =>
  withRoot({}, async (root) => {
    assertStringIncludes(await textFor(root), "No way to run tests was found");
    const named = await textFor(root, { test_command: "./check" });
    assert(!named.includes("No way to run tests was found"));
  }));

Deno.test("bundleFor() is not kept from working by a manifest that cannot be read", () =>
  withRoot({ "package.json/": "", "deno.json": "{" }, async (root) => {
    assertStringIncludes(await textFor(root), "name: Software change");
    Deno.writeFileSync(`${root}/deno.json`, new Uint8Array([0xff]));
    assertStringIncludes(await textFor(root), "name: Software change");
  }));

Deno.test("bundleFor() says so when the directory is gone", () =>
  withRoot({}, (root) => {
    const error = assertThrows(() => bundleFor(`${root}/gone`), OrcError);
    assertEquals([error.kind, error.path], ["not_found", `${root}/gone`]);
    return Promise.resolve();
  }));

Deno.test("bundleFor() says what it does not check, and how that is mended", () =>
  withRoot({ "setup.py": "" }, (root) => {
    const [warning, ...others] = bundleFor(root).warnings;
    assertEquals(others, []);
    assertMatch(warning ?? "", /^No command for the tests .*--test-command/);
    // A session that has started keeps what it has, and a file says it all by itself.
    const [started] = bundleFor(root, undefined, "started").warnings;
    assertMatch(
      started ?? "",
      /to name one, orc finish --abandon .*, then orc start/,
    );
    const [written] = bundleFor(root, undefined, "written").warnings;
    assertMatch(written ?? "", /to name one, see settings in workflow.yaml$/);
    const named = new Map([["test_command", "sh test.sh"]]);
    assertEquals(bundleFor(root, named).warnings, []);
    Deno.writeTextFileSync(`${root}/test_a.py`, "def test_a(): pass");
    assertEquals(bundleFor(root).warnings, []);
    return Promise.resolve();
  }));

Deno.test("bundleFor() names the parts that it leaves out, unless one command tests all", () => {
  const parts = Array.from("abcdefghij", (name) => [
    `${name}/package.json`,
    '{"scripts": {"test": "x"}}',
  ]);
  return withRoot(Object.fromEntries(parts), (root) => {
    const [warning] = bundleFor(root).warnings;
    assertStringIncludes(warning ?? "", "leaves out the tests in i, j: ");
    const named = new Map([["test_command", "sh test.sh"]]);
    assertEquals(bundleFor(root, named).warnings, []);
    return Promise.resolve();
  });
});

Deno.test("bundleFor() looks not at what tools fetched or wrote", () =>
  withRoot({
    "node_modules/a/package.json": '{"scripts": {"test": "x"}}',
    ".cache/go.mod": "",
    "vendor/go.mod": "",
    "api/go.mod": "",
    "api/a_test.go": "",
  }, (root) => {
    const { text } = bundleFor(root);
    assertStringIncludes(text, "# Found in this project (Go in api).");
    return Promise.resolve();
  }));
