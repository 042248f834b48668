import { asObject, type JsonObject, type JsonValue } from "../base/json.ts";
import {
  type Commands,
  type Folder,
  globOf,
  has,
  readManifest,
  scriptsIn,
  someText,
} from "./folder.ts";

const NODE_LOCKS: readonly (readonly [string, string])[] = [
  ["pnpm-lock.yaml", "pnpm"],
  ["pnpm-workspace.yaml", "pnpm"],
  ["yarn.lock", "yarn"],
  ["bun.lock", "bun"],
  ["bun.lockb", "bun"],
];

/** How a package manager runs a script in all its packages; what has no such script is left out. */
const IN_ALL_PACKAGES: Readonly<Record<string, (script: string) => string>> = {
  npm: (script) => `npm run ${script} --workspaces --if-present`,
  pnpm: (script) => `pnpm -r run ${script}`,
  yarn: (script) => `yarn workspaces foreach --all run ${script}`,
  bun: (script) => `bun run --filter "*" ${script}`,
};

/** How a package manager runs a program of a package. */
const PROGRAM_OF: Readonly<Record<string, string>> = {
  npm: "npx",
  pnpm: "pnpm exec",
  yarn: "yarn run",
  bun: "bunx",
};

/** Test runners by their package, with what runs them once. */
const NODE_RUNNERS = [["vitest", "vitest run"], ["jest", "jest"], [
  "mocha",
  "mocha",
], ["ava", "ava"]] as const;

/** How a package of Node.js checks itself: by its scripts, else by the runner it depends on. */
export function nodeCommands(text: string, folder: Folder): Commands {
  const manifest = readManifest(text);
  const scripts = scriptsIn(manifest, "scripts");
  const manager = nodeManagerOf(folder.files, manifest?.get("packageManager"));
  const own = (name: string) => {
    const script = scripts.get(name) ?? "";
    if (script === "") return undefined;
    // `bun test` would run Bun's own tests instead of the script.
    return name === "test" && manager !== "bun"
      ? `${manager} test`
      : `${manager} run ${name}`;
  };
  const packages = packagesOf(manifest, folder);
  const isInPackages = (name: string) =>
    packages.some((path) =>
      scriptsIn(readManifest(folder.read(path)), "scripts").get(name)
    );
  const everywhere = (name: string) =>
    isInPackages(name) && !isOldYarn(manager, folder)
      ? IN_ALL_PACKAGES[manager]?.(name)
      : undefined;
  const run = (name: string) => own(name) ?? everywhere(name);
  return {
    // What the packages say themselves is not guessed.
    test: run("test") ??
      (isInPackages("test")
        ? undefined
        : nodeRunner(manifest, manager, folder)),
    build: run("build"),
    lint: run("lint"),
  };
}

/** The first Yarn runs a script in all packages only where each has it: there each is a part. */
function isOldYarn(manager: string, folder: Folder): boolean {
  return manager === "yarn" &&
    /yarn lockfile v1/.test(folder.read("yarn.lock"));
}

/** Where there is no script, the runner itself. */
function nodeRunner(
  manifest: JsonObject | undefined,
  manager: string,
  folder: Folder,
): string | undefined {
  const packages = ["devDependencies", "dependencies"]
    .flatMap((key) => [...asObject(manifest?.get(key))?.keys() ?? []]);
  const known = NODE_RUNNERS.find(([name]) => packages.includes(name));
  if (known !== undefined) return `${PROGRAM_OF[manager]} ${known[1]}`;
  // Bun finds them in TypeScript too, and by more names.
  if (manager === "bun" && has(folder, /[._](?:test|spec)\.[cm]?[jt]sx?$/)) {
    return "bun test";
  }
  const ownTests =
    /^(?!.*\/node_modules\/).*(?:\.test|-test|_test|(?:^|\/)test)\.[cm]?js$|(?:^|\/)test\/.*\.[cm]?js$/;
  return someText(folder, ownTests, /["']node:test["']/)
    ? "node --test"
    : undefined;
}

/** The manifests of the packages of a workspace. */
function packagesOf(
  manifest: JsonObject | undefined,
  folder: Folder,
): readonly string[] {
  const listed = manifest?.get("workspaces");
  const patterns = stringsIn(asObject(listed)?.get("packages") ?? listed);
  for (
    const [, pattern = ""] of folder.read("pnpm-workspace.yaml").matchAll(
      /^\s*-\s*["']?([^"'#\s]+)/gm,
    )
  ) {
    patterns.push(pattern);
  }
  const globs = patterns.filter((pattern) => !pattern.startsWith("!")).map(
    globOf,
  );
  return [...folder.files].filter((path) => {
    const [, directory] = /^(.+)\/package\.json$/.exec(path) ?? [];
    return directory !== undefined &&
      globs.some((glob) => glob.test(directory));
  });
}

function stringsIn(value: JsonValue | undefined): string[] {
  return Array.isArray(value)
    ? value.filter((member) => typeof member === "string")
    : [];
}

function nodeManagerOf(
  files: ReadonlySet<string>,
  declared: JsonValue | undefined,
): string {
  const name = typeof declared === "string" ? declared.split("@")[0] : "";
  const known = NODE_LOCKS.find(([, manager]) => manager === name) ??
    NODE_LOCKS.find(([file]) => files.has(file));
  return known === undefined ? "npm" : known[1];
}

/** How a project of Deno checks itself: by its tasks, else by what Deno has built in. */
export function denoCommands(text: string, folder: Folder): Commands {
  const tasks = scriptsIn(readManifest(text), "tasks");
  const task = (name: string) =>
    tasks.has(name) ? `deno task ${name}` : undefined;
  return {
    test: task("test") ?? "deno test",
    build: task("build"),
    lint: task("lint") ?? "deno lint",
    hasTests: tasks.has("test") ||
      has(folder, /(?:^|[/._])test\.[cm]?[jt]sx?$/),
  };
}
