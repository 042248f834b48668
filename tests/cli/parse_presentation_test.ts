import { OrcError } from "../../src/base/error.ts";
import { guessPresentation } from "../../src/cli/failure.ts";
import {
  parseArguments,
  type Presentation,
  presentationOf,
  selectCommand,
} from "../../src/cli/parse.ts";
import { tableOf } from "../../src/commands/command.ts";
import { copyCommand, fakeGroups } from "./fake.ts";
import { assertEquals, assertThrows } from "@std/assert";

const plain: Presentation = {
  json: false,
  lines: false,
  full: false,
  fields: undefined,
  quiet: false,
  verbose: false,
  color: "auto",
  isFormatOpen: true,
};

/** Where a flag has said it, no setting does. */
const said: Presentation = { ...plain, isFormatOpen: false };

function asked(...flags: string[]): Presentation {
  const argv = ["copy", "a", ...flags];
  const { rest } = selectCommand(argv, tableOf(fakeGroups));
  return presentationOf(parseArguments("copy", copyCommand, rest));
}

Deno.test("presentationOf() reads the global flags", () => {
  assertEquals(asked(), plain);
  assertEquals(asked("--output", "text"), said);
  for (
    const flags of [["--json"], ["--output=json"], ["--json", "--output=json"]]
  ) {
    assertEquals(asked(...flags), { ...said, json: true });
  }
  assertEquals(asked("--full"), { ...said, json: true, full: true });
  const lines = { ...said, json: true, lines: true, full: true };
  assertEquals(asked("--full", "--output=jsonl"), lines);
  assertEquals(asked("--fields", "a"), { ...said, json: true, fields: "a" });
  assertEquals(asked("--output=jsonl"), { ...said, json: true, lines: true });
  assertEquals(asked("--quiet", "--verbose", "--no-color"), {
    json: false,
    lines: false,
    full: false,
    fields: undefined,
    quiet: true,
    verbose: true,
    color: "never",
    isFormatOpen: true,
  });
});

Deno.test("presentationOf() refuses an output it does not know, and two at once", () => {
  const unknown = assertThrows(() => asked("--output", "xml"), OrcError);
  assertEquals([unknown.kind, unknown.code], ["usage", "invalid_value"]);
  for (const output of ["text", "jsonl"]) {
    const both = assertThrows(
      () => asked("--json", `--output=${output}`),
      OrcError,
    );
    assertEquals([both.kind, both.code], ["usage", "conflicting_flags"]);
    const part = assertThrows(
      () => asked("--fields=a", `--output=${output}`),
      OrcError,
    );
    assertEquals([part.kind, part.code], ["usage", "conflicting_flags"]);
  }
});

const guesses: readonly [argv: string[], guess: object][] = [
  [["--json"], { ...said, json: true }],
  [["nope", "--json", "--nope"], { ...said, json: true }],
  [["--output", "json"], { ...said, json: true }],
  [["nope", "--output=json"], { ...said, json: true }],
  [["nope", "--full"], { ...said, json: true, full: true }],
  [["--fields", "a", "nope"], { ...said, json: true }],
  [["--output", "text"], said],
  [["--output", "jsonl"], { ...said, json: true }],
  [["--output", "jsonlines"], plain],
  [["--", "--json"], plain],
  [["--jsonx"], plain],
  [[], plain],
];

for (const [argv, guess] of guesses) {
  Deno.test(`guessPresentation() takes ${JSON.stringify(argv)} for what it says, and leaves the rest to settings`, () => {
    assertEquals(guessPresentation(argv), guess);
  });
}
