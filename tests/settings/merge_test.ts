import {
  type ConfigEntry,
  type ConfigSource,
  configWarnings,
  environmentLayer,
  fileLayer,
  flagStatement,
  isWorkflowKey,
  type Layer,
  meantSetting,
  mergeSetting,
  originText,
  readFlatYaml,
  type Statement,
  valueOf,
} from "../../src/settings/merge.ts";
import {
  type Setting,
  type SettingName,
  settingNamed,
  SETTINGS,
  type SettingValue,
  variableOf,
} from "../../src/settings/settings.ts";
import { orcErrorOf } from "../engine/act.ts";
import { assertEquals } from "@std/assert";

const [USER, LEGACY_USER, REPOSITORY, LEGACY_REPOSITORY] =
  (["user", "repository"] as const).flatMap((level) =>
    [false, true].map((isLegacy): ConfigSource => {
      return { level, path: `/${level}.yaml`, isLegacy };
    })
  ) as [ConfigSource, ConfigSource, ConfigSource, ConfigSource];

/** Entries of a file, one in a line. */
function entriesOf(
  values: Readonly<Record<string, unknown>>,
): readonly ConfigEntry[] {
  return Object.entries(values).map(([key, value], index) => {
    return { key, value, line: index + 1, column: 1 };
  });
}

function inFile(source: ConfigSource, key: string, value: unknown): Layer {
  return fileLayer(source, entriesOf({ [key]: value }));
}

function inEnvironment(name: SettingName, value: SettingValue): Layer {
  // An empty variable would be none, and blanks are an empty list.
  return environmentLayer((variable) =>
    variable === variableOf({ name }) ? String(value) || " " : undefined
  );
}

function inFlag(name: SettingName, value: SettingValue): Layer {
  return [flagStatement(settingNamed(name), "--flag", String(value))];
}

/** A setting of each kind, with what user, repository, environment and flag say. */
const KINDS: readonly (readonly [
  SettingName,
  SettingValue,
  SettingValue,
  SettingValue,
  SettingValue,
])[] = [
  ["lock_timeout_seconds", 1, 2, 3, 4],
  ["notice", false, true, false, true],
  ["color", "never", "always", "never", "always"],
  ["state_branch", "user", "repository", "environment", "flag"],
  ["secrets", ["USER_KEY"], ["A_KEY", "B_KEY"], [], ["FLAG_KEY"]],
];

for (const [name, user, repository, environment, flag] of KINDS) {
  Deno.test(`mergeSetting() takes the highest of all 32 combinations of levels for ${name}`, () => {
    const levels = [
      [user, inFile(USER, name, user), "/user.yaml:1"],
      [repository, inFile(REPOSITORY, name, repository), "/repository.yaml:1"],
      [environment, inEnvironment(name, environment), variableOf({ name })],
      [flag, inFlag(name, flag), "--flag"],
    ] as const;
    for (let bits = 0; bits < 32; bits++) {
      const isGiven = (index: number): boolean => (bits & 2 ** index) !== 0;
      const fallback = isGiven(4) ? settingNamed(name).default : null;
      const setting: Setting = { ...settingNamed(name), default: fallback };
      const given = levels.filter((_, index) => isGiven(index));
      const merged = mergeSetting(
        setting,
        given.map(([, layer]) => layer.map((each) => ({ ...each, setting }))),
      );
      const [value, , origin] = given.at(-1) ?? [fallback, [], "default"];
      assertEquals(
        [valueOf(merged), originText(merged.origin)],
        [value, origin],
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

Deno.test("mergeSetting() lets a repository be stricter than the user, and make nothing looser in whatever form", () => {
  const cases = [
    ["approvals", "approvals", "any"],
    ["approvals", "approvals", "nonsense"],
    ["supervision_mode", "supervision_mode", "zero_human"],
    ["agent_program", "agent_program", "rm -rf /"],
    ["agent_program", "claude_binary", "evil"],
    ["feedback", "feedback", true],
  ] as const;
  for (const [name, key, value] of cases) {
    const merged = valueFrom(name, [inFile(REPOSITORY, key, value)]);
    assertEquals(merged.origin, { type: "default" }, name);
    assertEquals(valueOf(merged), settingNamed(name).default);
  }
  const layers = [
    inFile(USER, "approvals", "any"),
    inFile(REPOSITORY, "approvals", "terminal"),
  ];
  assertEquals(valueOf(valueFrom("approvals", layers)), "terminal");
});

Deno.test("fileLayer() prefers a setting's own name to that of the Python tool", () => {
  const values = { claude_binary: "happy", agent_program: "codex exec" };
  const both = fileLayer(USER, entriesOf(values));
  assertEquals(valueOf(valueFrom("agent_program", [both])), "codex exec");
  const old = inFile(USER, "claude_binary", "happy");
  assertEquals(valueOf(valueFrom("agent_program", [old])), "happy --print");
});

Deno.test("fileLayer() reads strings in the Python tool's files, which stores nothing else", () => {
  const readIn = (source: ConfigSource) => {
    const layer = inFile(source, "lock_timeout_seconds", "5");
    return layer.map(({ reading }) => "value" in reading ? reading.value : "");
  };
  assertEquals(readIn(LEGACY_USER), [5]);
  assertEquals(readIn(USER), [""]);
});

Deno.test("fileLayer() leaves to the workflow what it alone says in a file of the Python tool", () => {
  for (
    const [source, key, value] of [
      [LEGACY_REPOSITORY, "supervision_mode", "supervised"],
      [LEGACY_REPOSITORY, "secrets", "x y"],
      [LEGACY_USER, "secrets", "x y"],
    ] as const
  ) {
    assertEquals(inFile(source, key, value), []);
  }
});

const BINARY = { CLAUDE_BINARY: "happy" };

Deno.test("environmentLayer() knows the variables of habit, and takes an empty one for none", () => {
  const cases = [
    ["agent_program", BINARY, "happy --print"],
    ["agent_program", { ...BINARY, ORCHESTRATOR_AGENT_PROGRAM: "x" }, "x"],
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

Deno.test("valueOf() names the place of a wrong value, what was expected, and what was found", () => {
  const colors = '"auto", "always" or "never"';
  const names = "names of secrets with commas between them, or a list of them";
  const list = `/repository.yaml:1:1: secrets: Expected ${names}`;
  for (
    const [layer, kind, message] of [
      [
        inFile(USER, "color", "blue"),
        "config",
        `/user.yaml:1:1: color: Expected ${colors}, found the string "blue"`,
      ],
      [
        inEnvironment("color", "blue"),
        "usage",
        `ORCHESTRATOR_COLOR is "blue", not ${colors}`,
      ],
      [
        inFile(REPOSITORY, "secrets", ["GOOD", "bad-name"]),
        "config",
        `${list}, found the string "bad-name"`,
      ],
      [
        inFile(REPOSITORY, "secrets", "GOOD, bad-name"),
        "config",
        `${list}, found the string "bad-name"`,
      ],
    ] as const
  ) {
    const error = orcErrorOf(() => layer.map(valueOf));
    assertEquals(
      [error.kind, error.code, error.message],
      [kind, "invalid_setting", message],
    );
  }
});

Deno.test("configWarnings() says what is unknown, wrong or ignored, and leaves in peace what others put there", () => {
  const unknown = ':1:1: Unknown setting "agent_programm"';
  const may = "is ignored: in a repository's file it may";
  const cases: readonly [
    ConfigSource,
    Readonly<Record<string, unknown>>,
    readonly string[],
  ][] = [
    [USER, { agent_programm: "x", color: "auto" }, [
      `${unknown}; did you mean "agent_program"?`,
    ]],
    [REPOSITORY, { agent_programm: "x" }, [
      `${unknown}; did you mean "agent_program"?`,
    ]],
    [USER, { color: "auto", nonsense: 1 }, [
      ':2:1: Unknown setting "nonsense"',
    ]],
    [REPOSITORY, { team: "shop", "two words": 1 }, [
      ':1:1: "team" is no setting of orc; new sessions take it as a value for {{team}}',
      ':2:1: Unknown setting "two words"',
    ]],
    [REPOSITORY, { output: 7, approvals: "any", agent_program: "x" }, [
      ':1:1: output: Expected "text" or "json", found the number 7',
      `:2: approvals ${may} only be terminal`,
      `:3: agent_program ${may} not be set`,
    ]],
    [USER, { resolution: {}, sensitive_globs: [] }, []],
    [REPOSITORY, { test_command: "make" }, []],
    [LEGACY_USER, { anything: "goes", colr: 1 }, []],
    [LEGACY_REPOSITORY, { anything: "goes", colr: 1 }, []],
  ];
  for (const [source, values, warnings] of cases) {
    const entries = entriesOf(values);
    assertEquals(
      configWarnings(source, entries, fileLayer(source, entries)),
      warnings.map((warning) => source.path + warning),
    );
  }
});

Deno.test("meantSetting() finds the nearest name, also the Python tool's", () => {
  assertEquals(meantSetting("aprovals"), "approvals");
  assertEquals(meantSetting("claude_binari"), "claude_binary");
  assertEquals(meantSetting("test_command"), undefined);
});

Deno.test("isWorkflowKey() allows what a workflow can refer to", () => {
  const right = ["a", "test_command", "A1"];
  const wrong = ["", "1a", "a-b", "a b", "a".repeat(65)];
  assertEquals([...right, ...wrong].filter(isWorkflowKey), right);
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
