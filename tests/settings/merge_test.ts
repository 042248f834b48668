import {
  type ConfigSource,
  configWarnings,
  environmentLayer,
  fileLayer,
  flagStatement,
  isWorkflowKey,
  type Layer,
  meantSetting,
  mergeSetting,
  type Origin,
  originText,
  readFlatYaml,
  type Statement,
  valueOf,
  wrongStatement,
} from "../../src/settings/merge.ts";
import {
  type Setting,
  type SettingName,
  settingNamed,
  SETTINGS,
  type SettingValue,
} from "../../src/settings/settings.ts";
import { orcErrorOf } from "../engine/act.ts";
import { assert, assertEquals } from "@std/assert";

const USER: ConfigSource = {
  level: "user",
  path: "/home/me/.orchestrator/config.yaml",
  isLegacy: false,
};
const REPOSITORY: ConfigSource = {
  level: "repository",
  path: "/shop/.orchestrator/config.yaml",
  isLegacy: false,
};

/** What one level says in the table: the value, and whence it comes. */
interface Level {
  readonly origin: Origin;
  readonly value: SettingValue;
  readonly layer: Layer;
}

function inFile(
  source: ConfigSource,
  key: string,
  value: SettingValue,
): Level {
  const { level: type, path } = source;
  const origin: Origin = { type, path, line: 3, column: 1 };
  const layer = fileLayer(source, [{ key, value, line: 3, column: 1 }]);
  return { origin, value, layer };
}

function inEnvironment(name: SettingName, value: SettingValue): Level {
  const variable = `ORCHESTRATOR_${name.toUpperCase()}`;
  return {
    origin: { type: "environment", variable },
    value,
    // An empty variable would be none, and blanks are an empty list.
    layer: environmentLayer((each) =>
      each === variable ? String(value) || " " : undefined
    ),
  };
}

function inFlag(name: SettingName, value: SettingValue): Level {
  const flag = "--flag";
  return {
    origin: { type: "flag", flag },
    value,
    layer: [flagStatement(settingNamed(name), flag, String(value))],
  };
}

/** A setting of each kind, with what the four levels above its default say. */
const KINDS: readonly [SettingName, readonly SettingValue[]][] = [
  ["lock_timeout_seconds", [1, 2, 3, 4]],
  ["notice", [false, true, false, true]],
  ["color", ["never", "always", "never", "always"]],
  ["state_branch", ["user", "repository", "environment", "flag"]],
  ["secrets", [["USER_KEY"], ["A_KEY", "B_KEY"], [], ["FLAG_KEY"]]],
];

/** All levels but the default, the lowest first. */
function levelsOf(
  name: SettingName,
  [user, repository, environment, flag]: readonly SettingValue[],
): readonly Level[] {
  assert(user !== undefined && repository !== undefined);
  assert(environment !== undefined && flag !== undefined);
  return [
    inFile(USER, name, user),
    inFile(REPOSITORY, name, repository),
    inEnvironment(name, environment),
    inFlag(name, flag),
  ];
}

for (const [name, values] of KINDS) {
  Deno.test(`mergeSetting() takes the highest of all 32 combinations of levels for ${name}`, () => {
    const levels = levelsOf(name, values);
    for (let bits = 0; bits < 32; bits++) {
      const isGiven = (index: number): boolean => (bits & 2 ** index) !== 0;
      const fallback = isGiven(4) ? settingNamed(name).default : null;
      const setting: Setting = { ...settingNamed(name), default: fallback };
      const layers = levels.map(({ layer }, index) =>
        isGiven(index) ? layer.map((each) => ({ ...each, setting })) : []
      );
      const top = levels.findLast((_, index) => isGiven(index));
      const merged = mergeSetting(setting, layers);
      assertEquals(
        [valueOf(merged), merged.origin],
        top === undefined
          ? [fallback, { type: "default" }]
          : [top.value, top.origin],
        bits.toString(2),
      );
    }
  });
}

function valueFrom(name: SettingName, layers: readonly Layer[]): Statement {
  return mergeSetting(settingNamed(name), layers);
}

Deno.test("mergeSetting() gives every setting its default where nobody says anything", () => {
  for (const setting of SETTINGS) {
    const merged = mergeSetting(setting, []);
    assertEquals(valueOf(merged), setting.default);
    assertEquals(originText(merged.origin), "default");
  }
});

Deno.test("mergeSetting() lets a repository make nothing looser, in whatever form", () => {
  const cases = [
    ["approvals", "any", "terminal"],
    ["approvals", "nonsense", "terminal"],
    ["supervision_mode", "zero_human", "supervised"],
    ["agent_program", "rm -rf /", "claude --print"],
    ["feedback", true, true],
  ] as const;
  for (const [name, value, fallback] of cases) {
    const merged = valueFrom(name, [inFile(REPOSITORY, name, value).layer]);
    assertEquals(merged.origin, { type: "default" }, name);
    assertEquals(valueOf(merged), fallback);
  }
  const binary = inFile(REPOSITORY, "claude_binary", "evil").layer;
  assertEquals(valueFrom("agent_program", [binary]).origin.type, "default");
});

Deno.test("mergeSetting() lets a repository be stricter than the user", () => {
  const layers = [
    inFile(USER, "approvals", "any").layer,
    inFile(REPOSITORY, "approvals", "terminal").layer,
  ];
  assertEquals(valueOf(valueFrom("approvals", layers)), "terminal");
});

Deno.test("fileLayer() prefers a setting's own name to that of the Python tool", () => {
  const entries = [
    { key: "claude_binary", value: "happy", line: 1, column: 1 },
    { key: "agent_program", value: "codex exec", line: 2, column: 1 },
  ];
  const both = valueFrom("agent_program", [fileLayer(USER, entries)]);
  assertEquals(valueOf(both), "codex exec");
  const old = fileLayer(USER, entries.slice(0, 1));
  assertEquals(valueOf(valueFrom("agent_program", [old])), "happy --print");
});

Deno.test("fileLayer() reads strings in the Python tool's files, which stores nothing else", () => {
  const entry = { key: "lock_timeout_seconds", value: "5", line: 1, column: 1 };
  const legacy = fileLayer({ ...USER, isLegacy: true }, [entry]);
  assertEquals(valueOf(valueFrom("lock_timeout_seconds", [legacy])), 5);
  const own = valueFrom("lock_timeout_seconds", [fileLayer(USER, [entry])]);
  assert("found" in own.reading);
});

Deno.test("fileLayer() leaves the supervision of a repository's old file to the workflow", () => {
  const entry = {
    key: "supervision_mode",
    value: "supervised",
    line: 1,
    column: 1,
  };
  assertEquals(fileLayer({ ...REPOSITORY, isLegacy: true }, [entry]), []);
});

Deno.test("environmentLayer() knows the variables of habit, and takes an empty one for none", () => {
  const cases = [
    ["agent_program", { CLAUDE_BINARY: "happy" }, "happy --print"],
    ["agent_program", {
      CLAUDE_BINARY: "happy",
      ORCHESTRATOR_AGENT_PROGRAM: "codex",
    }, "codex"],
    ["lock_timeout_seconds", { ORCHESTRATOR_LOCK_TIMEOUT: "2" }, 2],
    ["color", { NO_COLOR: "1" }, "never"],
    ["color", { NO_COLOR: "1", ORCHESTRATOR_COLOR: "always" }, "always"],
    ["color", { NO_COLOR: "" }, "auto"],
    ["feedback", { ORCHESTRATOR_SKIP_FEEDBACK: "1" }, false],
    ["feedback", { ORCHESTRATOR_SKIP_FEEDBACK: "0" }, true],
    ["approvals", { ORCHESTRATOR_APPROVALS: "" }, "terminal"],
  ] as const;
  for (const [name, variables, value] of cases) {
    const layer = environmentLayer((variable) =>
      new Map<string, string>(Object.entries(variables)).get(variable)
    );
    assertEquals(valueOf(valueFrom(name, [layer])), value);
  }
});

Deno.test("valueOf() names the place of a wrong value, and what was expected", () => {
  const inUsers = valueFrom("color", [inFile(USER, "color", "blue").layer]);
  const file = orcErrorOf(() => valueOf(inUsers));
  assertEquals([file.kind, file.code], ["config", "invalid_setting"]);
  assertEquals(
    file.message,
    '/home/me/.orchestrator/config.yaml:3:1: color: Expected "auto", "always" or "never", found the string "blue"',
  );
  const said = valueFrom("color", [inEnvironment("color", "blue").layer]);
  const variable = orcErrorOf(() => valueOf(said));
  assertEquals([variable.kind, variable.code], ["usage", "invalid_setting"]);
  assertEquals(
    variable.message,
    'ORCHESTRATOR_COLOR is "blue", not "auto", "always" or "never"',
  );
});

Deno.test("valueOf() names the place and the name that can be none in a list of secrets", () => {
  for (const value of [["GOOD", "bad-name"], "GOOD, bad-name"]) {
    const { layer } = inFile(REPOSITORY, "secrets", value);
    const error = orcErrorOf(() => valueOf(valueFrom("secrets", [layer])));
    assertEquals([error.kind, error.code, error.message], [
      "config",
      "invalid_setting",
      '/shop/.orchestrator/config.yaml:3:1: secrets: Expected names of secrets with commas between them, or a list of them, found the string "bad-name"',
    ]);
  }
});

Deno.test("fileLayer() leaves secrets in a file of the Python tool to the workflow", () => {
  const entry = { key: "secrets", value: "x y", line: 1, column: 1 };
  for (const source of [USER, REPOSITORY]) {
    assertEquals(fileLayer({ ...source, isLegacy: true }, [entry]), []);
  }
});

Deno.test("wrongStatement() has nothing to say of a right value", () => {
  const { layer } = inFlag("color", "never");
  assertEquals(layer.map(wrongStatement), [undefined]);
});

function warningsIn(
  source: Omit<ConfigSource, "path">,
  values: Readonly<Record<string, unknown>>,
): readonly string[] {
  const file = { path: "/c.yaml", ...source };
  const entries = Object.entries(values).map(([key, value], index) => ({
    key,
    value,
    line: index + 1,
    column: 1,
  }));
  return configWarnings(file, entries, fileLayer(file, entries));
}

const USER_FILE = { level: "user", isLegacy: false } as const;
const REPOSITORY_FILE = { level: "repository", isLegacy: false } as const;

Deno.test("configWarnings() names the setting that was probably meant", () => {
  for (const source of [USER_FILE, REPOSITORY_FILE]) {
    assertEquals(warningsIn(source, { color: "auto", agent_programm: "x" }), [
      '/c.yaml:2:1: Unknown setting "agent_programm"; did you mean "agent_program"?',
    ]);
  }
  assertEquals(warningsIn(USER_FILE, { nonsense: 1 }), [
    '/c.yaml:1:1: Unknown setting "nonsense"',
  ]);
});

Deno.test("configWarnings() says what a repository's other entries are for", () => {
  assertEquals(warningsIn(REPOSITORY_FILE, { team: "shop", "two words": 1 }), [
    '/c.yaml:1:1: "team" is no setting of orc; new sessions take it as a value for {{team}}',
    '/c.yaml:2:1: Unknown setting "two words"',
  ]);
});

Deno.test("configWarnings() leaves in peace what others put there", () => {
  assertEquals(
    warningsIn(USER_FILE, { resolution: {}, sensitive_globs: [] }),
    [],
  );
  assertEquals(warningsIn(REPOSITORY_FILE, { test_command: "make" }), []);
  for (const level of ["user", "repository"] as const) {
    const legacy = { level, isLegacy: true };
    assertEquals(warningsIn(legacy, { anything: "goes", colr: 1 }), []);
  }
});

Deno.test("configWarnings() tells of wrong values, and of those a repository may not say", () => {
  assertEquals(
    warningsIn(REPOSITORY_FILE, {
      output: 7,
      approvals: "any",
      agent_program: "x",
    }),
    [
      '/c.yaml:1:1: output: Expected "text" or "json", found the number 7',
      "/c.yaml:2: approvals is ignored: in a repository's file it may only be terminal",
      "/c.yaml:3: agent_program is ignored: in a repository's file it may not be set",
    ],
  );
});

Deno.test("meantSetting() finds the nearest name, also the Python tool's", () => {
  assertEquals(meantSetting("aprovals"), "approvals");
  assertEquals(meantSetting("claude_binari"), "claude_binary");
  assertEquals(meantSetting("test_command"), undefined);
});

Deno.test("isWorkflowKey() allows what a workflow can refer to", () => {
  assertEquals(["a", "test_command", "A1"].map(isWorkflowKey), [
    true,
    true,
    true,
  ]);
  assertEquals(
    ["", "1a", "a-b", "a b", "a".repeat(65)].filter(isWorkflowKey),
    [],
  );
});

Deno.test("readFlatYaml() reads lines of keys and scalars, and where they stand", () => {
  const text = `# mine

color: never  # not on this screen
lock_timeout_seconds: 2.5
notice: off
agent_program: claude --print
state_branch: "a b"
secrets_repo: 'me/x'
`;
  assertEquals(readFlatYaml(text), [
    { key: "color", value: "never", line: 3, column: 1 },
    { key: "lock_timeout_seconds", value: 2.5, line: 4, column: 1 },
    { key: "notice", value: false, line: 5, column: 1 },
    { key: "agent_program", value: "claude --print", line: 6, column: 1 },
    { key: "state_branch", value: "a b", line: 7, column: 1 },
    { key: "secrets_repo", value: "me/x", line: 8, column: 1 },
  ]);
  assertEquals(readFlatYaml(""), []);
  assertEquals(readFlatYaml("# nothing"), []);
});

Deno.test("readFlatYaml() leaves to the parser whatever could mean more", () => {
  const texts = [
    "a: 1\na: 2\n",
    "a:\n",
    "a: [1]\n",
    "a: {b: 1}\n",
    "a: b: c\n",
    "a: |\n  b\n",
    "a: b\n  c\n",
    " a: 1\n",
    "- a\n",
    "a: &x 1\n",
    "a: !!str 1\n",
    'a: "\\n"\n',
    "a: it's\n",
    "'a': 1\n",
    "on: 1\n",
    "a: 1\r\n",
    "a: ü\n",
    "a:\t1\n",
    "--- \na: 1\n",
    "%YAML 1.1\n",
    "a: 1\n...\n",
    "a: 2024-13-45\n",
    "just text\n",
  ];
  assertEquals(texts.filter((text) => readFlatYaml(text) !== undefined), []);
});
