import { OrcError } from "../../src/base/error.ts";
import {
  factOf,
  hashFile,
  type LegacyFile,
  loadHash,
} from "../../src/files/tree.ts";
import { stageMigration } from "../../src/migration/apply.ts";
import type { MigrationStep } from "../../src/migration/session_plan.ts";
import {
  readTree,
  withTemporaryDirectory,
  writeTree,
} from "../files/temporary.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";

const newHash = await loadHash();

function fileAt(root: string, path: string): LegacyFile {
  const fact = factOf(root, path);
  if (fact === undefined) throw new Error(`There is no ${path}`);
  return { ...fact, sha256: hashFile(`${root}/${path}`, newHash) };
}

/** Puts aside what steps say, next to legacy files. */
function stage(
  root: string,
  steps: readonly MigrationStep[],
  { canLink = true, onBytes }: {
    readonly canLink?: boolean;
    readonly onBytes?: () => void;
  } = {},
): ReturnType<typeof stageMigration> {
  Deno.mkdirSync(`${root}/staged`);
  return stageMigration({
    source: root,
    present: `${root}/present`,
    directory: `${root}/staged`,
    plan: { steps },
    canLink,
    newHash,
    workflowOfHash: new Map(),
    onBytes,
  });
}

function withFiles(test: (root: string) => void): Promise<void> {
  return withTemporaryDirectory((root) => {
    writeTree(root, { "cp_1.json": "one", "present/lines": "new\n" });
    Deno.chmodSync(`${root}/cp_1.json`, 0o640);
    Deno.utimeSync(`${root}/cp_1.json`, 1_700_000_000.5, 1_700_000_000.5);
    test(root);
  });
}

Deno.test("stageMigration() links what never changes, and copies it where it cannot", async () => {
  for (const [canLink, links] of [[true, 2], [false, 1]] as const) {
    await withFiles((root) => {
      const from = fileAt(root, "cp_1.json");
      const placed = stage(root, [{ type: "link", from, to: "a/b" }], {
        canLink,
      });
      assertEquals(placed, [
        { path: "a/b", sizeBytes: 3, sha256: from.sha256 ?? "" },
      ]);
      const { nlink, mode, mtime } = Deno.lstatSync(`${root}/staged/a/b`);
      assertEquals(
        [nlink, (mode ?? 0) & 0o777, mtime?.getTime()],
        [links, 0o640, 1_700_000_000_500],
      );
    });
  }
});

Deno.test("stageMigration() gives the parts of a divided file its mode and time", () =>
  withFiles((root) => {
    const from = {
      file: fileAt(root, "cp_1.json"),
      role: "log",
      parts: [],
    } as const;
    stage(root, [{ type: "divide", from, to: new Map([["", "a"]]) }]);
    const { mode, mtime } = Deno.lstatSync(`${root}/staged/a`);
    assertEquals(
      [(mode ?? 0) & 0o777, mtime?.getTime()],
      [0o640, 1_700_000_000_500],
    );
  }));

Deno.test("stageMigration() puts what stands there behind what comes, on a line of its own", () =>
  withFiles((root) => {
    stage(root, [
      { type: "text", text: "old", to: "lines" },
      { type: "append", to: "lines" },
    ]);
    assertEquals(readTree(`${root}/staged`), { lines: "old\nnew\n" });
  }));

Deno.test("stageMigration() reads back what it wrote", () =>
  withFiles((root) => {
    const step: MigrationStep = { type: "text", to: "a", text: "meant" };
    const spoil = () => Deno.writeTextFileSync(`${root}/staged/a`, "other");
    const error = assertThrows(
      () => stage(root, [step], { onBytes: spoil }),
      Error,
    );
    assertStringIncludes(error.message, "is not what was written");
  }));

Deno.test("stageMigration() takes nothing that is not what was read before", async () => {
  for (const type of ["link", "copy", "divide"] as const) {
    await withFiles((root) => {
      const from = fileAt(root, "cp_1.json");
      Deno.writeTextFileSync(`${root}/cp_1.json`, "two!");
      const step: MigrationStep = type === "divide"
        ? {
          type,
          from: { file: from, role: "log", parts: [] },
          to: new Map([["", "a"]]),
        }
        : { type, from, to: "a" };
      const error = assertThrows(() => stage(root, [step]), OrcError);
      assertEquals([error.kind, error.code], ["conflict", "legacy_changed"]);
    });
  }
});
