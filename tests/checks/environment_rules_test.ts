import {
  type CheckEnvironment,
  environmentForCheck,
  type EnvironmentSite,
  strictestOf,
} from "../../src/checks/environment_rules.ts";
import { assertEquals } from "@std/assert";

function made(
  own: Readonly<Record<string, string>>,
  site: Partial<EnvironmentSite> = {},
) {
  return environmentForCheck(own, {
    kind: "filtered",
    named: [],
    isInTree: (entry) => !entry.startsWith("/usr"),
    isWindows: false,
    ...site,
  });
}

function takenOut(
  names: readonly string[],
  site?: Partial<EnvironmentSite>,
): readonly string[] {
  const own = Object.fromEntries(names.map((name) => [name, "x"]));
  return made(own, site).takenOut;
}

/** One variable, at least, of each program that has them. */
const CHANGING = [
  "BASH_ENV",
  "BASH_FUNC_npm%%",
  "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER",
  "CLASSPATH",
  "DOTNET_STARTUP_HOOKS",
  "DYLD_INSERT_LIBRARIES",
  "ENV",
  "GIT_CONFIG_KEY_0",
  "GIT_DIR",
  "GIT_EXTERNAL_DIFF",
  "GIT_GLOB_PATHSPECS",
  "GNUMAKEFLAGS",
  "GOFLAGS",
  "GREP_OPTIONS",
  "GTEST_FILTER",
  "HARNESS_PERL_SWITCHES",
  "JAVA_TOOL_OPTIONS",
  "LD_PRELOAD",
  "LUA_INIT_5_4",
  "MAKEFLAGS",
  "MAVEN_ARGS",
  "NODE_OPTIONS",
  "NODE_PATH",
  "NODE_TEST_CONTEXT",
  "NPM_CONFIG_SCRIPT_SHELL",
  "ORG_GRADLE_PROJECT_skip",
  "PERL5OPT",
  "PHPRC",
  "PYTEST_ADDOPTS",
  "PYTHONOPTIMIZE",
  "PYTHONPATH",
  "PYTHONSTARTUP",
  "RUBYOPT",
  "RUSTC_WORKSPACE_WRAPPER",
  "SHELLOPTS",
  "SPEC_OPTS",
  "npm_config_ignore_scripts",
  "npm_config_node_options",
  "npm_config_prefix",
  "npm_config_script_shell",
  "npm_config_userconfig",
  "npm_execpath",
  "pnpm_config_script_shell",
];

const HARMLESS = [
  "CI",
  "CLAUDECODE",
  "GIT_AUTHOR_NAME",
  "GIT_EXEC_PATH",
  "HTTPS_PROXY",
  "JAVA_HOME",
  "LANG",
  "MY_ENV",
  "NODE_ENV",
  "NODE_EXTRA_CA_CERTS",
  "NPM_CONFIG_REGISTRY",
  "RUST_BACKTRACE",
  "VIRTUAL_ENV",
  "env",
  "makeflags",
  "npm_config_//registry.example.com/:_authToken",
  "npm_config_@acme:registry",
  "npm_config_cache",
  "npm_config_https_proxy",
  "npm_config_strict_ssl",
];

Deno.test("environmentForCheck() takes out what changes what a command means, and nothing else", () => {
  assertEquals(takenOut([...HARMLESS, ...CHANGING]), CHANGING.toSorted());
});

Deno.test("environmentForCheck() keeps what the item names", () => {
  const named = ["PYTHONPATH", "npm_config_userconfig"];
  assertEquals(takenOut(["PYTHONPATH", "PYTHONHOME"], { named }), [
    "PYTHONHOME",
  ]);
  assertEquals(takenOut(["npm_config_userconfig"], { named }), []);
  // A name is a name, and no pattern.
  assertEquals(
    takenOut(["PYTHONPATHS_X", "NODE_PATH"], { named: ["NODE.PATH"] }),
    [
      "NODE_PATH",
    ],
  );
});

Deno.test("environmentForCheck() tells names on Windows apart without regard to case", () => {
  const isWindows = true;
  const own = ["Node_Options", "path", "MakeFlags", "ComSpec"];
  assertEquals(takenOut(own, { isWindows }), ["MakeFlags", "Node_Options"]);
  const named = ["NODE_OPTIONS"];
  assertEquals(takenOut(own, { isWindows, named }), ["MakeFlags"]);
  const { variables } = made(
    { Path: "tools;/usr/bin" },
    { isWindows },
  );
  assertEquals(variables, { Path: "/usr/bin;tools" });
});

Deno.test("environmentForCheck() puts entries of PATH that lie in the working tree last", () => {
  const pathOf = (PATH: string, site: Partial<EnvironmentSite> = {}) =>
    made({ PATH }, site).variables.PATH;
  const own = "./node_modules/.bin:/usr/bin::/usr/sbin";
  const last = "/usr/bin:/usr/sbin:./node_modules/.bin:";
  assertEquals(pathOf(own), last);
  assertEquals(pathOf(own, { kind: "clean" }), last);
  assertEquals(pathOf("/usr/bin:/usr/sbin"), "/usr/bin:/usr/sbin");
  assertEquals(pathOf(own, { named: ["PATH"] }), own);
  assertEquals(pathOf(own, { kind: "inherit" }), last);
});

Deno.test("environmentForCheck() keeps only what programs need in a clean environment", () => {
  const own = [
    "PATH",
    "HOME",
    "LC_ALL",
    "SECRET_OF_MINE",
    "NODE_OPTIONS",
    "CI",
  ];
  const kind = "clean";
  assertEquals(takenOut(own, { kind }), [
    "CI",
    "NODE_OPTIONS",
    "SECRET_OF_MINE",
  ]);
  assertEquals(takenOut(own, { kind, named: ["CI"] }), [
    "NODE_OPTIONS",
    "SECRET_OF_MINE",
  ]);
  const isWindows = true;
  assertEquals(takenOut(["SystemRoot", "PATHEXT"], { kind, isWindows }), []);
});

Deno.test("environmentForCheck() lets everything through that is to be inherited, but no repository of a hook", () => {
  const kind = "inherit";
  assertEquals(takenOut([...HARMLESS, ...CHANGING], { kind }), [
    "GIT_CONFIG_KEY_0",
    "GIT_DIR",
  ]);
});

Deno.test("strictestOf() lets a setting make the workflow's word stricter, and never looser", () => {
  const table: readonly (readonly [
    CheckEnvironment | undefined,
    CheckEnvironment | undefined,
    CheckEnvironment,
  ])[] = [
    [undefined, undefined, "filtered"],
    [undefined, "inherit", "inherit"],
    [undefined, "clean", "clean"],
    ["inherit", undefined, "inherit"],
    ["inherit", "filtered", "filtered"],
    ["filtered", "inherit", "filtered"],
    ["clean", "inherit", "clean"],
    ["filtered", "clean", "clean"],
  ];
  for (const [workflow, setting, expected] of table) {
    assertEquals(strictestOf(workflow, setting), expected);
  }
});
