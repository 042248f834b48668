import { SETTINGS, variableOf } from "../../src/settings/settings.ts";
import { withRoot } from "../work/fixtures.ts";
import {
  documentOf,
  inEmptyDirectory,
  orc,
  testOutput,
  testText,
} from "./orc.ts";
import { assertEquals } from "@std/assert";

const FILE = ".orchestrator/config.yaml";

const OURS = `# Ours
check_timeout_seconds: 900
colr: x
agent_program: evil
notice: maybe
`;

function inFile(line: number): object {
  return { type: "repository", path: `/shop/${FILE}`, line, column: 1 };
}

/** The settings that are not as without any file. */
const OTHERS: Readonly<Record<string, object>> = {
  check_timeout_seconds: { value: 900, origin: inFile(2) },
  notice: { value: null, origin: inFile(5) },
  color: {
    value: "always",
    origin: { type: "environment", variable: "ORCHESTRATOR_COLOR" },
  },
  output: { value: "json", origin: { type: "flag", flag: "--json" } },
};

function within(
  text: string,
): (test: (root: string) => Promise<void>) => Promise<void> {
  return (test) => withRoot({ [FILE]: text }, test);
}

testOutput({
  name: "orc config list shows every setting, and what is wrong",
  argv: ["config", "list"],
  within: within(OURS),
  machine: { environment: { ORCHESTRATOR_COLOR: "always" } },
  result: {
    settings: SETTINGS.map((setting) => ({
      name: setting.name,
      value: setting.default,
      origin: { type: "default" },
      default: setting.default,
      expected: setting.type.expected,
      summary: setting.summary,
      variable: variableOf(setting),
      since: setting.since,
      ...OTHERS[setting.name],
    })),
  },
});

testOutput({
  name: "orc config show shows what is set where",
  argv: ["config", "show", "--lock-timeout", "3"],
  within: within(OURS),
  machine: { environment: { ORCHESTRATOR_CHECK_TIMEOUT_SECONDS: "5" } },
  result: {
    statements: [
      { name: "agent_program", origin: inFile(4), ignored: true },
      { name: "check_timeout_seconds", value: 900, effective: false },
      { name: "notice", value: null, origin: inFile(5), effective: true },
      {
        name: "check_timeout_seconds",
        value: 5,
        origin: {
          type: "environment",
          variable: "ORCHESTRATOR_CHECK_TIMEOUT_SECONDS",
        },
        ignored: false,
        effective: true,
      },
      {
        name: "lock_timeout_seconds",
        value: 3,
        origin: { type: "flag", flag: "--lock-timeout" },
      },
      { name: "output", value: "json", effective: true },
    ],
  },
});

testText({
  name: "orc config show says that nothing is set",
  argv: ["config", "show"],
  within: inEmptyDirectory,
  text: "Nothing is set; orc config list shows the defaults",
});

testText({
  name: "orc config show --effective shows what counts",
  argv: ["config", "show", "--effective"],
  within: within("color: never\n"),
});

Deno.test("orc config show --effective --json is what orc config list says, without what each is for", () =>
  within("color: never\n")(async (root) => {
    const settingsOf = async (...argv: readonly string[]) => {
      const ran = await orc(root, ["config", ...argv, "--json", "--full"]);
      return Object(documentOf(ran)).result.settings;
    };
    const listed: Record<string, unknown>[] = await settingsOf("list");
    const shown = listed
      .map(({ name, value, origin }) => ({ name, value, origin }));
    assertEquals(await settingsOf("show", "--effective"), shown);
  }));

testOutput({
  name: "orc config get prints the value",
  argv: ["config", "get", "check_timeout_seconds"],
  within: within(OURS),
  result: {
    name: "check_timeout_seconds",
    value: 900,
    origin: {
      type: "repository",
      path: "/shop/.orchestrator/config.yaml",
      line: 2,
      column: 1,
    },
  },
  text: "900",
});

testText({
  name: "orc config get finds nothing where nothing is set",
  argv: ["config", "get", "secrets_repo"],
  within: inEmptyDirectory,
  exitCode: 4,
  text: `! Setting "secrets_repo" is not set
! Try: orc config set secrets_repo VALUE`,
});

testText({
  name: "orc config get names the place of a wrong value",
  argv: ["config", "get", "notice"],
  within: within(OURS),
  exitCode: 78,
  text:
    `! /shop/.orchestrator/config.yaml:5:1: notice: Expected true or false, found the string "maybe"
! Try: correct the file; orc config list shows what counts`,
});

testOutput({
  name: "orc config set says what is where now",
  argv: ["config", "set", "color", "never"],
  within: inEmptyDirectory,
  result: {
    name: "color",
    value: "never",
    path: "/shop/.orchestrator/config.yaml",
    changed: true,
  },
  text: "color is never in /shop/.orchestrator/config.yaml",
});

testText({
  name: "orc config set says what a value is for that orc does not know",
  argv: ["config", "set", "team", "shop"],
  within: inEmptyDirectory,
  text: `team is shop in /shop/.orchestrator/config.yaml
! Warning: "team" is no setting of orc; new sessions take it as a value for {{team}}`,
});

testText({
  name: "orc config set suggests the name that was meant",
  argv: ["config", "set", "chek_timeout_seconds", "5"],
  within: inEmptyDirectory,
  exitCode: 2,
  text: `! Unknown setting "chek_timeout_seconds"
! Try: use check_timeout_seconds`,
});

testOutput({
  name: "orc config set leaves a broken file alone",
  argv: ["config", "set", "color", "never"],
  within: within("color: [\n"),
  exitCode: 78,
  code: "invalid_yaml",
  path: "/shop/.orchestrator/config.yaml",
  details: {
    problems: [{
      code: "syntax",
      severity: "error",
      path: "",
      message:
        "Flow sequence in block collection must be sufficiently indented and end with a ]",
      line: 2,
      column: 1,
    }],
  },
  text:
    `! /shop/.orchestrator/config.yaml:2:1: Flow sequence in block collection must be sufficiently indented and end with a ]
! Try: correct the file; orc config path shows which files there are`,
});

testText({
  name: "orc config set sends to the user's file what counts only there",
  argv: ["config", "set", "agent_program", "codex exec"],
  within: inEmptyDirectory,
  exitCode: 2,
  text:
    `! Cannot set "agent_program" to "codex exec" for the repository: that counts only in your own file
! Try: orc config set agent_program "codex exec" --global`,
});

testOutput({
  name: "orc config unset says what is gone",
  argv: ["config", "unset", "color"],
  within: within("color: never\n"),
  result: {
    name: "color",
    value: null,
    path: "/shop/.orchestrator/config.yaml",
    changed: true,
  },
  text: "color is not set any more in /shop/.orchestrator/config.yaml",
});

testText({
  name: "orc config unset says that there was nothing",
  argv: ["config", "unset", "color"],
  within: within("notice: true\n"),
  text: "color was not set in /shop/.orchestrator/config.yaml",
});

testOutput({
  name: "orc config path prints the file",
  argv: ["config", "path"],
  within: inEmptyDirectory,
  result: {
    path: "/shop/.orchestrator/config.yaml",
    files: [{
      path: "/shop/.orchestrator.yaml",
      level: "repository",
      legacy: true,
      exists: false,
    }, {
      path: "/shop/.orchestrator/config.yaml",
      level: "repository",
      legacy: false,
      exists: false,
    }],
  },
  text: "/shop/.orchestrator/config.yaml",
});

testText({
  name: "orc config path --global needs a home",
  argv: ["config", "path", "--global"],
  within: inEmptyDirectory,
  exitCode: 4,
  text: `! Cannot find your own settings: HOME names no directory
! Try: set HOME to your home directory`,
});

Deno.test("orc answers in JSON where a setting asks for it, and no flag does otherwise", () =>
  within("output: json\n")(async (root) => {
    const isJson = async (...argv: readonly string[]): Promise<boolean> =>
      (await orc(root, argv)).out.startsWith("{");
    assertEquals(await isJson("config", "get", "notice"), true);
    assertEquals(await isJson("config", "get", "secrets_repo"), true);
    assertEquals(await isJson("--output", "text", "session", "list"), false);
    const environment = { ORCHESTRATOR_OUTPUT: "text" };
    const { out } = await orc(root, ["session", "list"], { environment });
    assertEquals(out.startsWith("{"), false);
  }));

Deno.test("orc answers a command line it cannot read in the form that the repository's setting asks for", () =>
  within("output: json\n")(async (root) => {
    for (const argv of [["nonsense"], ["status", "--bogus"], ["session"]]) {
      const { out, err } = await orc(root, argv);
      assertEquals([JSON.parse(out).error.kind, err], ["usage", ""]);
    }
  }));

Deno.test("orc answers in JSON where a variable asks for it, though the files of settings are broken", () =>
  within("color: [\n")(async (root) => {
    const environment = { ORCHESTRATOR_OUTPUT: "json" };
    const { out } = await orc(root, ["config", "list"], { environment });
    assertEquals(JSON.parse(out).error.code, "invalid_yaml");
  }));

Deno.test("orc colors its text as a setting says, and no flag otherwise", () =>
  within("color: always\n")(async (root) => {
    const isColored = async (...argv: readonly string[]): Promise<boolean> =>
      (await orc(root, argv)).out.includes("\x1b[");
    assertEquals(await isColored("config", "list"), true);
    assertEquals(await isColored("config", "list", "--no-color"), false);
    assertEquals(await isColored("config", "list", "--json"), false);
  }));

Deno.test("orc warns of settings it cannot use, and goes on", () =>
  within("color: 7\n")(async (root) => {
    const { exitCode, err } = await orc(root, ["session", "list"]);
    assertEquals(exitCode, 0);
    assertEquals(err.includes(`/shop/${FILE}:1:1: color: Expected`), true);
    const quiet = await orc(root, ["session", "list", "--quiet"]);
    assertEquals(quiet.err, "");
  }));
