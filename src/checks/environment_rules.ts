/*
 * What environment a check runs in. A variable can make a command that says one thing do another:
 * with `npm_config_script_shell=/bin/true`, `npm test` runs nothing and ends well. Who asks for a
 * check must not decide what it means, so such variables do not reach it unless the workflow says so.
 */
import { type Environment, GIT_LOCAL } from "../host/environment_rules.ts";

/**
 * What of orc's environment a check gets: `filtered`, all but what changes what a command means;
 * `clean`, no more than programs need to run at all; `inherit`, everything.
 */
export type CheckEnvironment = "filtered" | "clean" | "inherit";

/** Variables that change what commands mean. */
export interface MeaningRow {
  /** In the words of people who know the tool. */
  readonly tool: string;
  /** A `*` stands for any rest of a name. */
  readonly names: readonly string[];
  /** Names that the pattern of a row fits and that stay. */
  readonly kept?: readonly string[];
  /** Whether the tool reads them in upper and lower case. */
  readonly anyCase?: boolean;
  /** Worded to follow "they". */
  readonly reason: string;
}

/** What npm and its kin need to reach a registry, and what only changes how they look. */
const NPM_KEPT: readonly string[] = [
  "@*",
  "//*",
  "_auth*",
  "audit",
  "ca",
  "cache*",
  "cafile",
  "cert*",
  "color",
  "fetch_*",
  "fund",
  "http_proxy",
  "https_proxy",
  "key*",
  "loglevel",
  "maxsockets",
  "no_proxy",
  "noproxy",
  "offline",
  "prefer_offline",
  "progress",
  "proxy",
  "registry",
  "strict_ssl",
  "update_notifier",
  "user_agent",
  "yes",
];

/** All that is taken out of the environment of a check, and why. */
export const CHANGES_MEANING: readonly MeaningRow[] = [
  {
    tool: "shells",
    names: [
      "BASH_ENV",
      "BASH_FUNC_*",
      "BASHOPTS",
      "CDPATH",
      "ENV",
      "GLOBIGNORE",
      "SHELLOPTS",
      "ZDOTDIR",
    ],
    reason:
      "run a file before a script, put functions in the place of commands, or set options, one of which runs nothing",
  },
  {
    tool: "the loader of programs",
    names: ["DYLD_*", "LD_AUDIT", "LD_LIBRARY_PATH", "LD_PRELOAD"],
    reason: "put other code in the place of a program's libraries",
  },
  {
    tool: "git",
    names: [
      "GIT_CONFIG_GLOBAL",
      "GIT_CONFIG_SYSTEM",
      "GIT_DIFF_OPTS",
      "GIT_EXTERNAL_DIFF",
      "GIT_*_PATHSPECS",
    ],
    reason:
      "name other settings, or another program that compares; those of `git rev-parse --local-env-vars` name another repository",
  },
  {
    tool: "Node.js, Bun",
    names: [
      "BUN_OPTIONS",
      "ESBUILD_BINARY_PATH",
      "NODE_OPTIONS",
      "NODE_PATH",
      "NODE_TEST_CONTEXT",
    ],
    reason:
      "load code before the program, or have `node --test` take itself for a part of another run, which runs no file",
  },
  {
    tool: "npm, pnpm, Yarn",
    names: [
      "npm_config_*",
      "npm_execpath",
      "npm_node_execpath",
      "pnpm_config_*",
      "yarn_enable_scripts",
      "yarn_plugins",
      "yarn_rc_filename",
      "yarn_yarn_path",
    ],
    kept: NPM_KEPT.flatMap((
      key,
    ) => [`npm_config_${key}`, `pnpm_config_${key}`]),
    anyCase: true,
    reason:
      "name the shell that runs scripts, a file of settings that does, another package, or leave scripts out",
  },
  {
    tool: "Python and its test runners",
    names: [
      "PYLINTRC",
      "PYTEST_ADDOPTS",
      "PYTEST_DISABLE_PLUGIN_AUTOLOAD",
      "PYTEST_PLUGINS",
      "PYTHONEXECUTABLE",
      "PYTHONHOME",
      "PYTHONINSPECT",
      "PYTHONOPTIMIZE",
      "PYTHONPATH",
      "PYTHONSTARTUP",
      "PYTHONUSERBASE",
      "TOXENV",
      "TOX_*",
    ],
    reason:
      "load other modules, add options such as `--collect-only`, or leave out every `assert`",
  },
  {
    tool: "make",
    names: [
      "GNUMAKEFLAGS",
      "MAKEFILES",
      "MAKEFLAGS",
      "MAKEOVERRIDES",
      "MFLAGS",
    ],
    reason: "add options such as `-n`, which runs nothing, and other rules",
  },
  {
    tool: "Perl",
    names: ["HARNESS_*", "PERL5DB", "PERL5LIB", "PERL5OPT", "PERLLIB"],
    reason: "load code before the program, or other modules",
  },
  {
    tool: "Ruby",
    names: [
      "BUNDLE_GEMFILE",
      "RUBYLIB",
      "RUBYOPT",
      "RUBYPATH",
      "RUBYSHELL",
      "SPEC_OPTS",
      "TESTOPTS",
    ],
    reason: "load code before the program, or add options to its test runners",
  },
  {
    tool: "PHP",
    names: ["PHPRC", "PHP_INI_SCAN_DIR"],
    reason: "name settings that load code before the program",
  },
  {
    tool: "Java and its build tools",
    names: [
      "ANT_ARGS",
      "ANT_OPTS",
      "CLASSPATH",
      "GRADLE_OPTS",
      "JAVA_OPTS",
      "JAVA_TOOL_OPTIONS",
      "JDK_JAVA_OPTIONS",
      "MAVEN_ARGS",
      "MAVEN_CONFIG",
      "MAVEN_OPTS",
      "ORG_GRADLE_PROJECT_*",
      "SBT_OPTS",
      "_JAVA_OPTIONS",
    ],
    reason:
      "load code before the program, or add options such as `-DskipTests`",
  },
  {
    tool: "Go",
    names: ["GOENV", "GOFLAGS", "GOWORK"],
    reason: "add options such as `-run=^$` or `-exec=true`",
  },
  {
    tool: "Rust",
    names: [
      "CARGO_ALIAS_*",
      "CARGO_BUILD_RUSTC*",
      "CARGO_ENCODED_RUSTFLAGS",
      "CARGO_TARGET_*_LINKER",
      "CARGO_TARGET_*_RUNNER",
      "NEXTEST_*",
      "RUSTC",
      "RUSTC_*WRAPPER",
      "RUSTDOC",
      "RUSTDOCFLAGS",
      "RUSTFLAGS",
    ],
    reason: "name another compiler, or a program that runs tests in its place",
  },
  {
    tool: ".NET",
    names: [
      "CORECLR_*",
      "COR_ENABLE_PROFILING",
      "COR_PROFILER*",
      "DOTNET_ADDITIONAL_DEPS",
      "DOTNET_SHARED_STORE",
      "DOTNET_STARTUP_HOOKS",
    ],
    reason: "load code before the program",
  },
  {
    tool: "other languages",
    names: [
      "ELIXIR_ERL_OPTIONS",
      "ERL_AFLAGS",
      "ERL_FLAGS",
      "ERL_ZFLAGS",
      "LUA_INIT*",
      "MIX_EXS",
      "R_ENVIRON*",
      "R_PROFILE*",
    ],
    reason: "run code before the program",
  },
  {
    tool: "tools of tests and of search",
    names: [
      "BOOST_TEST_*",
      "GREP_OPTIONS",
      "GTEST_*",
      "RIPGREP_CONFIG_PATH",
      "SHELLCHECK_OPTS",
    ],
    reason: "choose which tests run, or add options such as `-v`",
  },
];

/** What a clean environment keeps: where things are, who the user is, how texts are written. */
const NEEDED: readonly string[] = [
  "HOME",
  "LANG",
  "LANGUAGE",
  "LC_*",
  "LOGNAME",
  "PATH",
  "SHELL",
  "TERM",
  "TMPDIR",
  "TZ",
  "USER",
  "XDG_*_HOME",
];

/** What Windows and its programs need besides. */
const NEEDED_ON_WINDOWS: readonly string[] = [
  "ALLUSERSPROFILE",
  "APPDATA",
  "COMMONPROGRAM*",
  "COMPUTERNAME",
  "COMSPEC",
  "HOMEDRIVE",
  "HOMEPATH",
  "LOCALAPPDATA",
  "NUMBER_OF_PROCESSORS",
  "OS",
  "PATHEXT",
  "PROCESSOR_*",
  "PROGRAMDATA",
  "PROGRAMFILES*",
  "SYSTEMDRIVE",
  "SYSTEMROOT",
  "TEMP",
  "TMP",
  "USERNAME",
  "USERPROFILE",
  "WINDIR",
];

/** What a check's environment is made by. */
export interface EnvironmentSite {
  readonly kind: CheckEnvironment;
  /** Names that the item asks for: they stay, whatever they change. */
  readonly named: readonly string[];
  /** Whether an entry of `PATH` lies in the working tree. */
  readonly isInTree: (entry: string) => boolean;
  readonly isWindows: boolean;
}

/** The environment of a check, and the names of what of orc's own is not in it. */
export interface MadeEnvironment {
  readonly variables: Environment;
  /** In order. */
  readonly takenOut: readonly string[];
}

/** Makes the environment of a check from orc's own. */
export function environmentForCheck(
  own: Environment,
  site: EnvironmentSite,
): MadeEnvironment {
  const isNamed = matcherOf(site.named, site.isWindows);
  const stays = stayingIn(site);
  const entries = Object.entries(own);
  const kept = entries.filter(([name]) => isNamed(name) || stays(name));
  const keptNames = new Set(kept.map(([name]) => name));
  return {
    variables: Object.fromEntries(
      kept.map(([name, value]) => [
        name,
        isPath(name, site) && !isNamed(name) ? lastInTree(value, site) : value,
      ]),
    ),
    takenOut: entries.map(([name]) => name)
      .filter((name) => !keptNames.has(name)).toSorted(),
  };
}

/** What stays although no item names it; git's hooks tie no program to their repository. */
function stayingIn(
  { kind, isWindows }: EnvironmentSite,
): (name: string) => boolean {
  if (kind === "inherit") return (name) => !GIT_LOCAL.test(name);
  if (kind === "filtered") {
    const changes = CHANGES_MEANING.map((row) => matcherOfRow(row, isWindows));
    return (name) =>
      !GIT_LOCAL.test(name) && !changes.some((isChanged) => isChanged(name));
  }
  const needed = isWindows ? [...NEEDED, ...NEEDED_ON_WINDOWS] : NEEDED;
  return matcherOf(needed, isWindows);
}

function matcherOfRow(
  { names, kept = [], anyCase = false }: MeaningRow,
  isWindows: boolean,
): (name: string) => boolean {
  const fits = matcherOf(names, isWindows || anyCase);
  const stays = matcherOf(kept, isWindows || anyCase);
  return (name) => fits(name) && !stays(name);
}

function matcherOf(
  patterns: readonly string[],
  anyCase: boolean,
): (name: string) => boolean {
  if (patterns.length === 0) return () => false;
  const parts = patterns.map((pattern) =>
    pattern.replaceAll(/[^\w*]/g, "\\$&").replaceAll("*", ".*")
  );
  const all = new RegExp(`^(?:${parts.join("|")})$`, anyCase ? "is" : "s");
  return (name) => all.test(name);
}

function isPath(name: string, { isWindows }: EnvironmentSite): boolean {
  return (isWindows ? name.toUpperCase() : name) === "PATH";
}

/** A program that the work itself put into the tree must not take the place of one of the machine. */
function lastInTree(
  path: string | undefined,
  { isInTree, isWindows }: EnvironmentSite,
): string | undefined {
  if (path === undefined) return undefined;
  const separator = isWindows ? ";" : ":";
  const entries = path.split(separator);
  const inTree = entries.filter(isInTree);
  if (inTree.length === 0) return path;
  const elsewhere = entries.filter((entry) => !inTree.includes(entry));
  return [...elsewhere, ...inTree].join(separator);
}

/** How much each of them lets through, the most first. */
const BY_STRICTNESS: readonly CheckEnvironment[] = [
  "inherit",
  "filtered",
  "clean",
];

export function isCheckEnvironment(value: unknown): value is CheckEnvironment {
  return BY_STRICTNESS.some((each) => each === value);
}

/**
 * The environment that counts: what the workflow says, made stricter and never looser by the
 * setting; where the workflow says nothing, what the setting says.
 */
export function strictestOf(
  workflow: CheckEnvironment | undefined,
  setting: CheckEnvironment | undefined,
): CheckEnvironment {
  if (workflow === undefined) return setting ?? "filtered";
  if (setting === undefined) return workflow;
  const strictness = Math.max(
    BY_STRICTNESS.indexOf(workflow),
    BY_STRICTNESS.indexOf(setting),
  );
  return BY_STRICTNESS[strictness] ?? "filtered";
}
