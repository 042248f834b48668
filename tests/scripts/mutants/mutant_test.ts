import { allMutants, problemWith } from "../../../scripts/mutants.ts";
import { mutated, parseMutants } from "../../../scripts/mutants/mutant.ts";
import { assertEquals, assertThrows } from "@std/assert";

const LIST = `# A comment.

file files/write.ts
in save: what is saved is on the disk
- file.sync();
tests files
in Lock: a lock has a limit
- tries < 3
+ tries <= 3
tests files/lock_test.ts: limit
nothing it ends before
`;

const SOURCE = `export function load(): void {
  file.sync();
}

export async function save(
  { file }: Options,
): Promise<
  { readonly saved: boolean }
> {
  if (isOpen) {
    file.sync(
    );
  }
}

class Lock {
  take(): boolean {
    return tries <
      3;
  }
}
`;

const [save, lock] = parseMutants(LIST);
if (save === undefined || lock === undefined) throw new Error("Two are listed");

Deno.test("parseMutants() reads what is broken where, and who must notice", () => {
  assertEquals(save, {
    promise: "what is saved is on the disk",
    file: "files/write.ts",
    within: "save",
    text: "file.sync();",
    put: "",
    tests: "files",
  });
  assertEquals([lock.file, lock.put], ["files/write.ts", "tries <= 3"]);
  assertEquals(lock.tests, "files/lock_test.ts: limit");
  assertEquals(lock.changesNothing, "it ends before");
});

Deno.test("parseMutants() refuses what it cannot read, and a mutant that lacks something", () => {
  for (const line of ["- text", "what is this", "in save: no text\ntests x"]) {
    assertThrows(() => parseMutants(`file a.ts\n${line}\n`), Error);
  }
});

Deno.test("mutated() changes the text in its function only, however it is broken into lines", () => {
  const text = "file.sync( );";
  assertEquals(
    mutated(SOURCE, { ...save, text, put: "wait();" }),
    SOURCE.replace("file.sync(\n    );", "wait();"),
  );
  assertEquals(
    mutated(SOURCE, lock),
    SOURCE.replace("tries <\n      3", "tries <= 3"),
  );
});

Deno.test("mutated() fails where its function or its text is gone, or stands there twice", () => {
  for (
    const [within, text] of [
      ["gone", "file.sync();"],
      ["load", "file.flush();"],
      ["save", "file"],
    ] as const
  ) {
    const error = assertThrows(
      () => mutated(SOURCE, { ...save, within, text }),
      Error,
    );
    assertEquals(error.message.includes(save.promise), true);
  }
});

Deno.test("every mutant of the lists finds its text in the source, and its tests", () => {
  const mutants = allMutants();
  assertEquals(mutants.flatMap(problemWith), []);
  const keys = mutants.map(({ file, within, promise, text, put }) =>
    [file, within, promise, text, put].join("\n")
  );
  assertEquals(keys.length, new Set(keys).size, "one is listed twice");
});

Deno.test("problemWith() tells a mutant whose text, file or tests are gone", () => {
  const [mutant] = allMutants();
  if (mutant === undefined) throw new Error("There are mutants");
  assertEquals(problemWith(mutant), []);
  for (
    const gone of [
      { text: "no such text" },
      { within: "noSuchFunction" },
      { file: "no/such/file.ts" },
      { tests: "no_such_suite" },
      { tests: "files/no_such_test.ts: any" },
    ]
  ) {
    assertEquals(problemWith({ ...mutant, ...gone }).length, 1);
  }
});
