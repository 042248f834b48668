import type { Streams } from "../../src/cli/output.ts";
import { versionCommand } from "../../src/commands/groups/begin.ts";
import {
  command,
  type CommandGroup,
  type Values,
} from "../../src/commands/command.ts";
import { helpCommand } from "../../src/commands/help.ts";
import type { Host } from "../../src/host/host.ts";
import { testHost } from "../../src/host/test_host.ts";
import { OWN_IDENTITY } from "../session/fixtures.ts";

/** What the fake command `copy` answers: the values it was given. */
export interface Copied {
  readonly from: string;
  readonly to: readonly string[];
  readonly note: string | null;
  readonly root: string | null;
}

/** A command with each kind of argument and flag. */
export const copyCommand = command<Copied>({
  description: "Copies what FROM names. This paragraph is long enough that " +
    "it has to be wrapped on a terminal of eighty columns.\n\n" +
    "A second paragraph.",
  args: [
    { name: "FROM", summary: "What to copy", required: true },
    { name: "TO", summary: "Where to", required: false, variadic: true },
  ],
  flags: [
    { name: "note", short: "n", value: "TEXT", summary: "Why it is copied" },
    {
      name: "tag",
      short: "t",
      aliases: ["label"],
      value: "TAG",
      repeatable: true,
      summary: "Mark the copies",
    },
    { name: "force", short: "f", summary: "Replace what is there" },
    { name: "yes", short: "y", summary: "Do not ask" },
  ],
  effect: "writes",
  permissions: ["run"],
  examples: ["orc copy here there --note 'to be safe'"],
  run: (_host, values) =>
    Promise.resolve({
      place: { root: "/repo", rootSource: "flag", session: "s1" },
      result: copied(values),
      warnings: ["There is not much space"],
    }),
  render: ({ from, to }, style) => `${style.good("Copied")} ${from} ${to}`,
});

function copied(values: Values): Copied {
  return {
    from: values.need("FROM"),
    to: values.list("TO"),
    note: values.text("note") ?? null,
    root: values.text("root") ?? null,
  };
}

/** A command that throws what it is given. */
export function throwing(error: unknown): CommandGroup {
  const { render } = copyCommand;
  const failing = command({
    ...copyCommand,
    args: [],
    run: () => Promise.reject(error),
    render,
  });
  return {
    title: "Fail",
    entries: [{
      name: "fail",
      summary: "Fail",
      load: () => Promise.resolve(failing),
    }],
  };
}

/** A table with a command, a family with an alias, help and version. */
export const fakeGroups: readonly CommandGroup[] = [
  {
    title: "Work",
    open: ["copy"],
    entries: [
      {
        name: "copy",
        summary: "Copy something to several places",
        load: () => Promise.resolve(copyCommand),
      },
    ],
  },
  {
    title: "Boxes",
    open: ["box list"],
    entries: ["list", "switch"].map((word) => ({
      name: `box ${word}`,
      aliases: [`crate ${word}`],
      summary: `Do ${word} with boxes`,
      load: () => Promise.resolve(copyCommand),
    })),
  },
  {
    title: "About",
    open: ["help", "version"],
    entries: [
      {
        name: "help",
        summary: "Show help",
        load: () => Promise.resolve(helpCommand(fakeGroups)),
      },
      {
        name: "version",
        summary: "Show the version",
        load: () => Promise.resolve(versionCommand),
      },
    ],
  },
];

/** Values of a command line that gives none. */
export const noValues: Values = {
  command: "",
  text: () => undefined,
  need: () => "",
  list: () => [],
  on: () => false,
};

/** What was printed. */
export interface Captured extends Streams {
  out: string;
  err: string;
}

/** Streams that keep what is written to them. */
export function captureStreams(): Captured {
  return {
    out: "",
    err: "",
    stdout(text) {
      this.out += text;
    },
    stderr(text) {
      this.err += text;
    },
  };
}

/** What a test may say about its fake machine. */
export interface FakeMachine {
  readonly terminalColumns?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A machine with a stopped clock; a terminal only where the test asks for one. */
export function fakeHost(machine: FakeMachine = {}): Host {
  const { terminalColumns: columns = 0, environment = {} } = machine;
  const isTerminal = columns > 0;
  const { terminal, ...host } = testHost({
    environment,
    workingDirectory: "/repo",
    identity: () => ({ ...OWN_IDENTITY, runtime: "deno 1.2.3" }),
    runProgram: () => Promise.reject(new Error("No program is run here")),
  });
  return {
    ...host,
    terminal: {
      ...terminal,
      isOutputTerminal: isTerminal,
      isErrorTerminal: isTerminal,
      columns,
    },
  };
}
