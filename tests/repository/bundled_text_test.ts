import { OrcError } from "../../src/base/error.ts";
import { bundledText } from "../../src/repository/bundled_text.ts";
import { withoutTrace, withRoot } from "../work/fixtures.ts";
import {
  assert,
  assertEquals,
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
    () => Promise.resolve(bundledText(root, settings)),
  );
}

Deno.test("bundledText() fills in the commands of the project it finds", () =>
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

Deno.test("bundledText() prefers commands that are named to those it finds", () =>
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

Deno.test("bundledText() says how to add tests where it finds none, unless they are named", () =>
  withRoot({}, async (root) => {
    assertStringIncludes(await textFor(root), "No way to run tests was found");
    const named = await textFor(root, { test_command: "./check" });
    assert(!named.includes("No way to run tests was found"));
  }));

Deno.test("bundledText() is not kept from working by a manifest that cannot be read", () =>
  withRoot({ "package.json/": "", "deno.json": "{" }, async (root) => {
    assertStringIncludes(await textFor(root), "name: Software change");
    Deno.writeFileSync(`${root}/deno.json`, new Uint8Array([0xff]));
    assertStringIncludes(await textFor(root), "name: Software change");
  }));

Deno.test("bundledText() says so when the directory is gone", () =>
  withRoot({}, (root) => {
    const error = assertThrows(() => bundledText(`${root}/gone`), OrcError);
    assertEquals([error.kind, error.path], ["not_found", `${root}/gone`]);
    return Promise.resolve();
  }));
