import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { EASY_WORKFLOW, legacyState } from "../work/fixtures.ts";
import { assert, assertEquals } from "@std/assert";

const CLI = new URL("../../cli.ts", import.meta.url);

/** What a program loads when it runs one command: modules of orc, and names of packages. */
interface Loaded {
  readonly modules: readonly string[];
  readonly packages: readonly string[];
}

/** Runs orc as a process of its own, and asks the runtime afterwards which modules it loaded. */
async function loadedBy(
  root: string,
  args: readonly string[],
): Promise<Loaded> {
  const coverage = await Deno.makeTempDir();
  try {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", `--coverage=${coverage}`, CLI.pathname, ...args],
      cwd: root,
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    const urls = Array.from(
      Deno.readDirSync(coverage),
      ({ name }): string =>
        JSON.parse(Deno.readTextFileSync(`${coverage}/${name}`)).url ?? "",
    );
    const source = new URL("src/", CLI).href;
    return {
      modules: urls.filter((url) => url.startsWith(source))
        .map((url) => url.slice(source.length)),
      packages: urls.flatMap((url) =>
        /\/([\w-]+)\/[\d.]+\//.exec(url)?.[1] ?? []
      ),
    };
  } finally {
    await Deno.remove(coverage, { recursive: true });
  }
}

/** Packages that take time to load; making ids takes one that does not. */
const HEAVY = [
  "yaml",
  "valibot",
  "age-encryption",
  "aws4fetch",
  "compare-versions",
  "pg",
];

/** What agents call at every turn, and what else needs no parser. */
const COMMANDS: readonly (readonly string[])[] = [
  ["next"],
  ["note", "Text"],
  ["complete", "it", "-n", "Done"],
  ["session", "list"],
  ["history"],
  ["checkpoint"],
  ["checkpoints"],
  ["version"],
  ["schema"],
];

Deno.test("commands load no package that they do not need", () =>
  withTemporaryDirectory(async (root) => {
    writeTree(root, { "workflow.yaml": EASY_WORKFLOW });
    const started = await loadedBy(root, ["start", "Task"]);
    // A start reads workflow.yaml: what finds no package there would find none anywhere.
    assert(started.packages.includes("yaml"), String(started.packages));
    for (const args of COMMANDS) {
      const { packages } = await loadedBy(root, args);
      const heavy = new Set(packages.filter((name) => HEAVY.includes(name)));
      assertEquals([args[0], ...heavy], [args[0]]);
    }
  }));

Deno.test("a repository with legacy files loads nothing that moves them, but only what speaks of them", () =>
  withTemporaryDirectory(async (root) => {
    writeTree(root, { ".workflow_state.json": legacyState() });
    const { modules } = await loadedBy(root, ["status", "--root", root]);
    const ofMigration = modules.filter((path) => path.startsWith("migration/"));
    assertEquals(ofMigration, ["migration/notice.ts"]);
  }));
