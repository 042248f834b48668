import { writePins } from "../../src/upstream/pin_rules.ts";
import type { Locate } from "../../src/workflow/problem.ts";
import { assertEquals } from "@std/assert";

const TO = "b".repeat(40);

/** Finds the keys of the one entry by their names. */
function locateIn(text: string): Locate {
  return (path) => {
    const key = `${path[2]}:`;
    const lines = text.split("\n");
    const index = lines.findIndex((one) => one.includes(key));
    const column = (lines[index] ?? "").indexOf(key) + 1;
    return index < 0 ? undefined : { line: index + 1, column };
  };
}

function written(text: string, newRef?: string): string | undefined {
  return writePins(text, [{ index: 0, commit: TO, newRef }], locateIn(text));
}

Deno.test("writePins() writes a commit in the place of what stands there, and keeps all else", () => {
  for (const old of ["a".repeat(40), '"v1 "', "'v1'", "v1.2"]) {
    const text =
      `# Mine\ninclude:\n  - git: https://x/y # there\n    commit: ${old}  # why\n    file: b\n`;
    assertEquals(written(text), text.replace(` ${old}  #`, ` ${TO}  #`));
  }
});

Deno.test("writePins() writes a commit where its key stands alone, on any system", () => {
  const lines = ["include:", "- git: u", "  commit: # soon", "  file: b", ""];
  const wanted = lines.with(2, `  commit: ${TO} # soon`);
  for (const end of ["\n", "\r\n"]) {
    assertEquals(written(lines.join(end)), wanted.join(end));
  }
});

Deno.test("writePins() adds a line where there is none, as deep as the others", () => {
  assertEquals(
    written("include:\n- git: u\n  file: b\n"),
    `include:\n- git: u\n  commit: ${TO}\n  file: b\n`,
  );
  assertEquals(
    written("include:\n  - file: b\n    git: u\n", "v1"),
    `include:\n  - file: b\n    git: u\n    ref: v1\n    commit: ${TO}\n`,
  );
});

Deno.test("writePins() leaves a file alone whose entries share a line", () => {
  assertEquals(written("include: [{git: u, file: b}]\n"), undefined);
  assertEquals(written("include:\n  - {git: u, file: b}\n"), undefined);
  assertEquals(
    written("include:\n  - git: u\n    commit: |\n      a b\n"),
    undefined,
  );
});
