import { VERSION } from "../../src/base/version.ts";

/** The exact versions of deno.json, by npm's name of the package. */
export type Versions = Readonly<Record<string, string>>;

/** What `package.json` says, in whichever way the package is built. */
export interface PackageDescription {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly type: "module";
  readonly engines: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly files: readonly string[];
  readonly sideEffects: false;
  readonly man: string;
  readonly keywords: readonly string[];
  readonly repository?: { readonly type: "git"; readonly url: string };
  readonly homepage?: string;
  readonly bugs?: string;
  readonly dependencies: Versions;
}

/** The modules others import, by their name in `exports`; the commands are beside them. */
export const ENTRY_POINTS = {
  ".": { name: "mod", source: "mod.ts" },
  "./core": { name: "core", source: "src/core.ts" },
  "./store": { name: "store", source: "src/store.ts" },
  "./cli": { name: "cli", source: "cli.ts" },
} as const;

/** What npm links the commands to, as the program is built. */
const BIN = "dist/program/orc.js";

/** What README.md leads to, and what goes with it. */
export const DOCUMENTS: readonly string[] = [
  "ARCHITECTURE.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "LICENSE",
  "README.md",
  "docs",
  "man",
];

/** Packages that only tests need, and what the page of the dashboard is made of: it comes as it is built. */
const NOT_FOR_USERS: ReadonlySet<string> = new Set([
  "@modelcontextprotocol/client",
  "ajv",
  "axe-core",
  "gpt-tokenizer",
  "playwright-core",
  "preact",
]);

/**
 * Describes the package. Dependencies are those that deno.json imports from npm; the program
 * holds what it needs of them, the library does not.
 */
export function describePackage(
  imports: Versions,
  repository: string | undefined,
): PackageDescription {
  return {
    name: "@orc/cli",
    version: VERSION,
    description:
      "Workflow orchestrator for AI coding agents: a process they cannot talk their way around",
    license: "MIT",
    type: "module",
    engines: { node: ">=20.16" },
    exports: {
      ...Object.fromEntries(
        Object.entries(ENTRY_POINTS).map(([path, { name }]) => [path, {
          types: `./dist/${name}.d.ts`,
          default: `./dist/${name}.js`,
        }]),
      ),
      "./package.json": "./package.json",
    },
    bin: {
      orc: BIN,
      orchestrator: BIN,
    },
    man: "man/orc.1",
    files: ["dist", ...DOCUMENTS],
    sideEffects: false,
    keywords: ["agent", "ai", "cli", "orchestrator", "workflow"],
    ...(repository === undefined ? {} : {
      repository: { type: "git", url: `git+${repository}.git` },
      homepage: `${repository}#readme`,
      bugs: `${repository}/issues`,
    }),
    dependencies: npmPackages(imports),
  };
}

/** The page of a repository on the web, by what git calls it; undefined for one that has none. */
export function repositoryPage(remote: string): string | undefined {
  const parts =
    /^(?:(?:https?|ssh|git):\/\/(?:[^@/]+@)?|[\w.-]+@)([\w.-]+)(?::\d+)?[:/](.+?)(?:\.git)?\/?$/
      .exec(remote.trim());
  return parts === null ? undefined : `https://${parts[1]}/${parts[2]}`;
}

/** Packages that deno.json imports from npm and that orc needs when it runs. */
export function npmPackages(imports: Versions): Versions {
  const found = Object.entries(imports).flatMap(([name, specifier]) => {
    const version = /^npm:.+@(\d[^@/]*)$/.exec(specifier)?.[1];
    return version === undefined || NOT_FOR_USERS.has(name)
      ? []
      : [[name, version] as const];
  });
  return Object.fromEntries(found);
}
