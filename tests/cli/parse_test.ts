import { OrcError } from "../../src/base/error.ts";
import {
  type ColorChoice,
  parseArguments,
  selectCommand,
  styleFor,
} from "../../src/cli/parse.ts";
import { tableOf, type Values } from "../../src/commands/command.ts";
import { copyCommand, fakeGroups, fakeHost, type FakeMachine } from "./fake.ts";
import { unknownCommand } from "../../src/commands/unknown.ts";
import { assertEquals, assertThrows } from "@std/assert";

const table = tableOf(fakeGroups);

/** Reads a command line of the fake command `copy`. */
function parse(...argv: string[]): Values {
  return parseArguments("copy", copyCommand, selectCommand(argv, table).rest);
}

function usageError(...argv: string[]): OrcError {
  const error = assertThrows(() => parse(...argv), OrcError);
  assertEquals(error.kind, "usage");
  return error;
}

/** Everything that was given, by name. */
function given(values: Values): Record<string, readonly string[]> {
  const names = ["FROM", "TO", "note", "tag", "force", "yes", "root", "json"];
  return Object.fromEntries(
    names.map((name) => [name, values.list(name)] as const)
      .filter(([, list]) => list.length > 0),
  );
}

const readable: readonly [argv: string[], Record<string, string[]>][] = [
  [["copy", "a"], { FROM: ["a"] }],
  [["copy", "a", "b", "c"], { FROM: ["a"], TO: ["b", "c"] }],
  [["copy", "a", "--note", "x"], { FROM: ["a"], note: ["x"] }],
  [["copy", "--note", "x", "a"], { FROM: ["a"], note: ["x"] }],
  [["copy", "a", "--note=x=y"], { FROM: ["a"], note: ["x=y"] }],
  [["copy", "a", "--note="], { FROM: ["a"], note: [""] }],
  [["copy", "a", "--note", ""], { FROM: ["a"], note: [""] }],
  [["copy", "a", "--note", "- did X"], { FROM: ["a"], note: ["- did X"] }],
  [["copy", "a", "--note=--json"], { FROM: ["a"], note: ["--json"] }],
  [["copy", "a", "--note", "--jsn"], { FROM: ["a"], note: ["--jsn"] }],
  [["copy", "a", "--note", "-f"], { FROM: ["a"], note: ["-f"] }],
  [["copy", "a", "--note", "--"], { FROM: ["a"], note: ["--"] }],
  [["copy", "a", "-n", "-x"], { FROM: ["a"], note: ["-x"] }],
  [["copy", "a", "-nx"], { FROM: ["a"], note: ["x"] }],
  [["copy", "a", "-n=x"], { FROM: ["a"], note: ["x"] }],
  [["copy", "a", "-n", "012"], { FROM: ["a"], note: ["012"] }],
  [["copy", "a", "-fy"], { FROM: ["a"], force: [""], yes: [""] }],
  [["copy", "a", "-fnx"], { FROM: ["a"], force: [""], note: ["x"] }],
  [["copy", "a", "-fn", "x"], { FROM: ["a"], force: [""], note: ["x"] }],
  [["copy", "a", "-t1", "-t", "2"], { FROM: ["a"], tag: ["1", "2"] }],
  [["copy", "a", "--label", "1"], { FROM: ["a"], tag: ["1"] }],
  [["copy", "--", "--note"], { FROM: ["--note"] }],
  [["copy", "a", "--", "-f", "--"], { FROM: ["a"], TO: ["-f", "--"] }],
  [["--", "copy", "-f"], { FROM: ["-f"] }],
  [["copy", "-"], { FROM: ["-"] }],
  [["copy", ""], { FROM: [""] }],
  [["copy", "é\n"], { FROM: ["é\n"] }],
  [["--root", "/r", "copy", "a"], { FROM: ["a"], root: ["/r"] }],
  [["copy", "a", "--root=/r"], { FROM: ["a"], root: ["/r"] }],
  [["-d", "/r", "copy", "a"], { FROM: ["a"], root: ["/r"] }],
  [["copy", "a", "--dir", "/r"], { FROM: ["a"], root: ["/r"] }],
  [["--json", "copy", "a"], { FROM: ["a"], json: [""] }],
];

for (const [argv, expected] of readable) {
  Deno.test(`parseArguments() reads ${JSON.stringify(argv)}`, () => {
    assertEquals(given(parse(...argv)), expected);
  });
}

const unreadable: readonly [argv: string[], code: string, message: string][] = [
  [["copy"], "missing_argument", 'Command "copy" needs FROM'],
  [["copy", "a", "--nope"], "unknown_flag", 'Unknown flag "--nope"'],
  [["copy", "a", "--not"], "unknown_flag", 'Unknown flag "--not"'],
  [["copy", "a", "--nope=1"], "unknown_flag", 'Unknown flag "--nope"'],
  [["copy", "a", "-fx"], "unknown_flag", 'Unknown flag "-x"'],
  [["copy", "a", "--version"], "unknown_flag", 'Unknown flag "--version"'],
  [
    ["copy", "a", "--note"],
    "missing_value",
    'Flag "--note" needs a value: TEXT',
  ],
  [["copy", "a", "-fn"], "missing_value", 'Flag "-n" needs a value: TEXT'],
  [["copy", "a", "--force=1"], "unexpected_value", 'Flag "--force" takes no'],
  [["copy", "a", "-n1", "--note", "2"], "repeated_flag", 'Flag "--note" was'],
  [["copy", "a", "-f", "-f"], "repeated_flag", 'Flag "-f" was given twice'],
  [
    ["--root", "a", "copy", "a", "--dir", "b"],
    "repeated_flag",
    'Flag "--dir" was given twice',
  ],
  [["copy", "a\0"], "nul_in_argument", "Argument 2 contains a NUL"],
  [["--note", "x", "copy", "a"], "unknown_flag", 'Unknown flag "--note"'],
];

for (const [argv, code, message] of unreadable) {
  Deno.test(`parseArguments() refuses ${JSON.stringify(argv)}`, () => {
    const error = usageError(...argv);
    assertEquals(error.code, code);
    assertEquals(error.message.slice(0, message.length), message);
  });
}

Deno.test("parseArguments() takes no flag for the value of another one", () => {
  for (const flag of ["--note", "-n", "-fn"]) {
    for (const next of ["--json", "--force", "--root"]) {
      const error = usageError("copy", "a", flag, next);
      assertEquals(error.code, "missing_value");
      assertEquals(
        error.hint,
        `to give it that text write --note=${next}`,
      );
    }
  }
});

Deno.test("parseArguments() suggests the flag that was meant", () => {
  assertEquals(usageError("copy", "a", "--notes").hint, "use --note");
  assertEquals(usageError("copy", "a", "--jsno").hint, "use --json");
  assertEquals(usageError("copy", "a", "-Q").hint, "use -q");
});

Deno.test("no letter is suggested in the place of another one", () => {
  for (const flag of ["-x", "-z", "-fx"]) {
    assertEquals(usageError("copy", "a", flag).hint, undefined, flag);
  }
});

Deno.test("parseArguments() says how to give an argument that begins with a dash", () => {
  const hint = 'put -- before an argument that begins with "-"';
  assertEquals(usageError("copy", "- fix it").hint, hint);
  assertEquals(usageError("copy", "-5").hint, hint);
});

Deno.test("parseArguments() refuses arguments that no argument takes", () => {
  const { rest } = selectCommand(["copy", "a", "b"], table);
  const narrow = { ...copyCommand, args: copyCommand.args.slice(0, 1) };
  const error = assertThrows(
    () => parseArguments("copy", narrow, rest),
    OrcError,
  );
  assertEquals(error.code, "unexpected_argument");
});

Deno.test("parseArguments() asks for no argument when help is wanted", () => {
  assertEquals(parse("copy", "--help").on("help"), true);
});

Deno.test("Values throws for names that nothing declares", () => {
  assertThrows(() => parse("copy", "a").text("nope"), Error, "nope");
  assertThrows(() => parse("copy", "a").need("note"), Error, "note");
});

const selections: readonly [argv: string[], string | undefined][] = [
  [["copy"], "copy"],
  [["--json", "-d", "copy", "box", "list"], "box list"],
  [["box", "--json", "list"], "box list"],
  [["crate", "list"], "box list"],
  [["box"], undefined],
  [[], undefined],
  [["--json"], undefined],
  [["--"], undefined],
];

for (const [argv, name] of selections) {
  Deno.test(`selectCommand() finds ${name} in ${JSON.stringify(argv)}`, () => {
    assertEquals(selectCommand(argv, table).entry?.name, name);
  });
}

const unknown: readonly [argv: string[], message: string, hint: string][] = [
  [["cpoy"], 'Unknown command "cpoy"', "orc copy"],
  [["cop"], 'Unknown command "cop"', "orc copy"],
  [["list"], 'Unknown command "list"', "orc box list"],
  [["box", "lits"], 'Unknown command "box lits"', "orc box list"],
  [["qqqqqq"], 'Unknown command "qqqqqq"', "orc help"],
  [[""], 'Unknown command ""', "orc help"],
  [["__proto__"], 'Unknown command "__proto__"', "orc help"],
];

for (const [argv, message, hint] of unknown) {
  Deno.test(`unknownCommand() tells what ${JSON.stringify(argv)} may mean`, () => {
    const { entry, words } = selectCommand(argv, table);
    assertEquals(entry, undefined);
    const error = unknownCommand(table, words);
    assertEquals([error.code, error.message], ["unknown_command", message]);
    assertEquals(error.hint, hint);
  });
}

function bold(machine: FakeMachine, color: ColorChoice = "auto"): string {
  return styleFor(fakeHost(machine), color).bold("x");
}

Deno.test("styleFor() colors on a terminal", () => {
  assertEquals(bold({ terminalColumns: 80 }), "\x1b[1mx\x1b[22m");
  const environment = { NO_COLOR: "", TERM: "xterm" };
  assertEquals(
    bold({ terminalColumns: 80, environment }),
    "\x1b[1mx\x1b[22m",
  );
});

Deno.test("styleFor() is plain without a terminal or when colors are not wanted", () => {
  assertEquals(bold({}), "x");
  assertEquals(bold({ terminalColumns: 80 }, "never"), "x");
  for (const [name, value] of [["NO_COLOR", "1"], ["TERM", "dumb"]] as const) {
    const environment = { [name]: value };
    assertEquals(bold({ terminalColumns: 80, environment }), "x");
  }
});

Deno.test("styleFor() colors in any case if it is to", () => {
  for (const name of ["NO_COLOR", "TERM"]) {
    const environment = { [name]: "dumb" };
    assertEquals(bold({ environment }, "always"), "\x1b[1mx\x1b[22m");
  }
});

Deno.test("styleFor() knows how wide lines may be", () => {
  const columns = (machine: FakeMachine) =>
    styleFor(fakeHost(machine), "auto").columns;
  assertEquals(columns({ terminalColumns: 120 }), 120);
  assertEquals(columns({}), 80);
  assertEquals(columns({ terminalColumns: 1 }), 20);
});
