/** With `--no-input` nobody is asked, with `--quiet` nobody is told of what worked; the environment may say both. */
import { switched } from "../../src/cli/switches.ts";
import { globalFlags } from "../../src/commands/command.ts";
import { rememberedMasker, rememberMasker } from "../../src/host/host.ts";
import { noValues } from "../cli/fake.ts";
import { documentOf, orc } from "../commands/orc.ts";
import { readTree } from "../files/temporary.ts";
import {
  type Files,
  fixedHost,
  legacyState,
  type Machine,
  withRoot,
} from "../work/fixtures.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const WORKFLOW = `name: Asking
phases:
  - id: DO
    name: Do
    items:
      - {id: look, name: Look, verification: {type: manual_gate}}
      - {id: tell, name: Tell, evidence_prompt: How it went}
`;

const OLD: Files = {
  ".orchestrator/sessions/1a2b3c4d/state.json": legacyState({
    status: "abandoned",
  }),
};

/** A command line that would ask who sits at the terminal, and what it ends with where nobody may be asked. */
interface Asking {
  readonly argv: readonly string[];
  readonly exitCode: number;
  readonly code: string;
  /** What the hint names: a flag, a variable, or who can answer. */
  readonly way: string;
  /** What would be answered. */
  readonly answer: string;
  readonly environment?: Readonly<Record<string, string>>;
}

const ASKING: readonly Asking[] = [
  {
    argv: ["session", "cleanup"],
    exitCode: 3,
    code: "not_confirmed",
    way: "--yes",
    answer: "y",
  },
  {
    argv: ["approve-item", "look"],
    exitCode: 77,
    code: "approval_required",
    way: "ask a human",
    answer: "look",
  },
  {
    argv: ["secrets", "set", "API_KEY"],
    environment: { ORCHESTRATOR_PASSPHRASE: "correct horse battery" },
    exitCode: 2,
    code: "no_input",
    way: "a file that holds it",
    answer: "a value of some length",
  },
  {
    argv: ["secrets", "set", "API_KEY", "--passphrase"],
    exitCode: 77,
    code: "no_passphrase",
    way: "set ORCHESTRATOR_PASSPHRASE",
    answer: "a value of some length",
  },
  {
    argv: ["complete", "tell", "--evidence", "-"],
    exitCode: 2,
    code: "no_input",
    way: "a file that holds it",
    answer: "{}",
  },
  {
    argv: ["wait", "look"],
    exitCode: 75,
    code: "unanswered",
    way: "orc wait look",
    answer: "",
  },
];

/** Runs a test in a repository with a session and something to ask about. */
function inAskingPlace(test: (root: string) => Promise<void>): Promise<void> {
  return withRoot({ "workflow.yaml": WORKFLOW, ...OLD }, async (root) => {
    const { exitCode, err } = await orc(root, ["start", "Add login"]);
    assertEquals(exitCode, 0, err);
    await test(root);
  });
}

/** Somebody sits there who would answer, long after the older tool's last session. */
function attended({ answer }: Pick<Asking, "answer">): Machine {
  const answers = Array.from({ length: 9 }, () => answer);
  return { answers, at: "2026-05-01T10:00:00Z", number: 5 };
}

for (const asking of ASKING) {
  const { argv, exitCode, code, way } = asking;
  Deno.test(`orc ${argv.join(" ")} asks nobody with --no-input, and says what answers`, () =>
    inAskingPlace(async (root) => {
      const before = readTree(`${root}/.orchestrator/sessions/1a2b3c4d`);
      const refused = async (flags: readonly string[], machine: Machine) => {
        const ran = await orc(root, [...argv, ...flags, "--json"], machine);
        const document = Object(documentOf(ran, "compact"));
        assertEquals([ran.exitCode, document.error.code], [exitCode, code]);
        assertStringIncludes(document.error.hint, way);
      };
      const { environment } = asking;
      await refused(["--no-input"], { ...attended(asking), environment });
      await refused([], {
        ...attended(asking),
        environment: { ...environment, ORCHESTRATOR_NO_INPUT: "1" },
      });
      assertEquals(
        readTree(`${root}/.orchestrator/sessions/1a2b3c4d`),
        before,
      );
    }));
}

Deno.test("orc feedback capture asks nobody with --no-input, and takes all from the session", () =>
  inAskingPlace(async (root) => {
    const machine = attended({ answer: "Much" });
    const argv = ["feedback", "capture", "--full"];
    const { out } = await orc(root, [...argv, "--no-input"], machine);
    assertEquals(JSON.parse(out).result.feedback.process.challenges, null);
    const asked = await orc(root, argv, machine);
    assertEquals(
      JSON.parse(asked.out).result.feedback.process.challenges,
      "Much",
    );
  }));

Deno.test("a variable that is off is none, and one that is neither is refused", () =>
  inAskingPlace(async (root) => {
    const cleanUp = (ORCHESTRATOR_NO_INPUT: string) =>
      orc(root, ["session", "cleanup", "--json"], {
        ...attended({ answer: "y" }),
        environment: { ORCHESTRATOR_NO_INPUT },
      });
    const wrong = await cleanUp("maybe");
    assertEquals(wrong.exitCode, 2);
    assertEquals(JSON.parse(wrong.out).error.code, "invalid_value");
    assertEquals((await cleanUp("0")).exitCode, 0);
  }));

Deno.test("switched() keeps the machine that secrets are masked for", () => {
  const host = fixedHost({ answers: ["y"] });
  const masker = { mask: (text: string) => text, learn: () => {} };
  rememberMasker(host, Object(masker));
  const on = (name: string) => name === "no-input";
  assert(switched(host, { ...noValues, on }).on("no-input"));
  assertEquals(rememberedMasker(host), Object(masker));
  assertEquals(host.terminal.isInteractive, false);
  assertEquals(host.terminal.readLine("Well?"), undefined);
  assertEquals(host.questions, []);
});

/** What changes something, one after the other. */
const CHANGES: readonly (readonly string[])[] = [
  ["init"],
  ["start", "Add login"],
  ["start-item", "look"],
  ["note", "The old API stays"],
  ["config", "set", "color", "never"],
  ["undo"],
  ["agents", "install", "--host", "claude"],
  ["agents", "uninstall"],
  ["session", "cleanup", "--older-than", "1", "--yes"],
  ["learn", "--save"],
  ["doctor", "--fix"],
  ["finish", "--abandon", "--reason", "The feature was dropped by its owner"],
];

Deno.test("--quiet is silent where a change worked, and says what did not", () =>
  withRoot({ "workflow.yaml": WORKFLOW }, async (root) => {
    const machine: Machine = { at: "2026-05-01T10:00:00Z" };
    for (const [index, argv] of CHANGES.entries()) {
      const ran = await orc(root, [...argv, "-q"], {
        ...machine,
        number: index + 1,
      });
      assertEquals(ran, { exitCode: 0, out: "", err: "" }, argv.join(" "));
    }
    const { exitCode, out, err } = await orc(
      root,
      ["next", "-q", "x"],
      machine,
    );
    assertEquals([exitCode, out], [2, ""]);
    assertStringIncludes(err, "Unexpected argument");
  }));

Deno.test("--quiet shows what is asked for: what is read, a value, a document, and what would be done", () =>
  inAskingPlace(async (root) => {
    for (
      const argv of [
        ["status", "-q"],
        ["next", "-q"],
        ["init", "--dry-run", "-q"],
        ["generate-md", "--stdout", "-q"],
        ["init", "-q", "--json"],
      ]
    ) {
      const { exitCode, out, err } = await orc(root, argv);
      assertEquals([exitCode, err], [0, ""]);
      assert(out.length > 1, argv.join(" "));
    }
    const environment = { ORCHESTRATOR_QUIET: "true" };
    const quiet = await orc(root, ["init"], { environment });
    assertEquals(quiet, { exitCode: 0, out: "", err: "" });
    // What was found wrong is no success.
    Deno.writeTextFileSync(
      `${root}/.orchestrator/sessions/1a2b3c4d/state.json`,
      "",
    );
    const { exitCode, out } = await orc(root, ["doctor", "--fix", "-q"]);
    assertEquals(exitCode, 3);
    assertStringIncludes(out, "is empty");
  }));

Deno.test("docs/configuration.md says of each flag of all commands which variable is as good", () => {
  const page = Deno.readTextFileSync("docs/configuration.md");
  const missing = globalFlags.filter(({ name }) =>
    !new RegExp(`^\\| .*\`--${name}\``, "m").test(page)
  );
  assertEquals(missing.map(({ name }) => name), []);
});

const CLI = new URL("../../cli.ts", import.meta.url).pathname;

for (
  const line of [
    "orc mcp --no-input",
    "ORCHESTRATOR_NO_INPUT=1 orc mcp",
    "orc complete tell --evidence - --no-input",
    // Nobody is asked there, and still it would be typed.
    "orc secrets set API_KEY --no-input 2> errors || { code=$?; cat errors; (exit $code); }",
  ]
) {
  Deno.test({
    name: `in a terminal nothing waits to be typed: ${line}`,
    ignore: Deno.build.os !== "linux",
    fn: () =>
      inAskingPlace(async (root) => {
        const orc = `"${Deno.execPath()}" run -A "${CLI}" --root "${root}"`;
        const typed = `cd "${root}"; ${line.replaceAll("orc ", `${orc} `)}`;
        const { code, stdout } = await new Deno.Command("script", {
          args: ["-qec", typed, "/dev/null"],
          env: {
            TERM: "xterm",
            ORCHESTRATOR_PASSPHRASE: "correct horse battery",
          },
          stdin: "null",
          signal: AbortSignal.timeout(30_000),
        }).output();
        const shown = new TextDecoder().decode(stdout);
        assertStringIncludes(shown, "Nothing is read from a terminal");
        assertEquals(code, 2, shown);
      }),
  });
}
