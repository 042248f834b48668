/**
 * Flips operators in the rules, one at a time, and runs the tests: each flip must be noticed.
 * What nobody notices is a rule without a test.
 *
 * Works on a copy of the tree. Arguments: names of suites, of which one must fail; by default
 * those that need no permission.
 *
 * @module
 */

/** One operator of a rule, and what stands in its place for a trial. */
interface Flip {
  /** What would no longer hold. */
  readonly rule: string;
  /** The code around the operator, which stands in one file of the rules only once. */
  readonly find: RegExp;
  readonly put: string;
}

const FLIPS: readonly Flip[] = [
  {
    rule: "a strict phase goes in order",
    find: /(phase\.phaseType) !== ("strict"\) return)/,
    put: "$1 === $2",
  },
  {
    rule: "a gate is never skipped",
    find: /(stepType) === ("gate"\) return "it is a gate")/,
    put: "$1 !== $2",
  },
  {
    rule: "what is completed is completed once",
    find:
      /(open\.itemState\.status) === ("completed"\) return unchanged\(state\);(?:\s+assert[^\n]*)*\s+if \(isManual\(open)/,
    put: "$1 !== $2",
  },
  {
    rule: "a manual gate is not completed but approved",
    find:
      /(type === "manual_gate") \|\| (stepType === "gate" && type === "none")/,
    put: "$1 && $2",
  },
  {
    rule: "a phase is left by force only if one follows",
    find: /(forced && !\(force) && (next\))/,
    put: "$1 || $2",
  },
  {
    rule: "a session is finished only when nothing is open",
    find: /(if \(forced) && (!force\) \{)/,
    put: "$1 || $2",
  },
  {
    rule: "the approval of a phase is a yes",
    find: /(metadata\.get\(approvalKey\(phaseId\)\)) === (true)/,
    put: "$1 !== $2",
  },
  {
    rule: "a phase with an exit gate waits for its approval",
    find: /(exitGate === HUMAN_APPROVAL) && (!isPhaseApproved)/,
    put: "$1 || $2",
  },
  {
    rule: "an item is done when it is completed or skipped",
    find:
      /(return item\.status === "completed") \|\| (item\.status === "skipped")/,
    put: "$1 && $2",
  },
  {
    rule: "an approval may wait as long as it is allowed to",
    find: /(minutes) <= (MAX_APPROVAL_TIMEOUT_MINUTES)/,
    put: "$1 < $2",
  },
  {
    rule: "no gate passes without a human under supervision",
    find: /(stepType === "gate") \|\| (mode === "supervised")/,
    put: "$1 && $2",
  },
  {
    rule: "a session is closed when it is completed or abandoned",
    find:
      /(status is ClosedStatus \{\s+return status === "completed") \|\| (status)/,
    put: "$1 && $2",
  },
  {
    rule: "only a human goes forward to a checkpoint",
    find: /(ids, to) > (from\))/,
    put: "$1 < $2",
  },
  {
    rule: "a paused session goes on",
    find: /(active = )!(isClosed)/,
    put: "$1$2",
  },
  {
    rule: "an id is a plain name on every file system",
    find: /(SESSION_ID\.test\(text\)) && (!WINDOWS_DEVICE)/,
    put: "$1 || $2",
  },
  {
    rule: "evidence is no longer than its limit",
    find: /(length) <= (MAX_EVIDENCE_LENGTH)/,
    put: "$1 < $2",
  },
];

const NEEDED = ["src", "tests", "scripts", "docs", "mod.ts", "cli.ts"];
const NEEDED_FILES = ["deno.json", "deno.lock", "README.md", "CHANGELOG.md"];

async function copyTree(to: string): Promise<void> {
  for (const path of [...NEEDED, ...NEEDED_FILES]) await copy(path, to);
}

async function copy(path: string, to: string): Promise<void> {
  if (path === "tests/.tmp") return;
  const { isDirectory } = await Deno.stat(path);
  if (!isDirectory) {
    await Deno.copyFile(path, `${to}/${path}`);
    return;
  }
  await Deno.mkdir(`${to}/${path}`, { recursive: true });
  for await (const { name } of Deno.readDir(path)) {
    await copy(`${path}/${name}`, to);
  }
}

async function* sourcesIn(directory: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const path = `${directory}/${name}`;
    if (isDirectory) yield* sourcesIn(path);
    else if (name.endsWith(".ts")) yield path;
  }
}

/** The one file that holds the operator; more or none is a fault of the table. */
async function fileWith(root: string, { find, rule }: Flip): Promise<string> {
  const found: string[] = [];
  for await (const path of sourcesIn(`${root}/src`)) {
    const count = (await Deno.readTextFile(path))
      .match(new RegExp(find, "g"))?.length ?? 0;
    found.push(...Array(count).fill(path));
  }
  const [path] = found;
  if (path === undefined || found.length > 1) {
    throw new Error(`"${rule}": found in ${found.length} places, not in one`);
  }
  return path;
}

/** The first suite that fails; undefined when all pass. */
async function noticedBy(
  root: string,
  suites: readonly string[],
): Promise<string | undefined> {
  for (const suite of suites) {
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "test", suite, "--fail-fast", "--no-check"],
      cwd: root,
      stdout: "null",
      stderr: "null",
    }).output();
    if (!success) return suite;
  }
  return undefined;
}

async function main(suites: readonly string[]): Promise<number> {
  const root = await Deno.makeTempDir({ prefix: "orc-flips-" });
  try {
    await copyTree(root);
    const spoilt = await noticedBy(root, suites);
    if (spoilt !== undefined) {
      throw new Error(`The suite "${spoilt}" fails before anything is flipped`);
    }
    let missed = 0;
    for (const flip of FLIPS) {
      const path = await fileWith(root, flip);
      const text = await Deno.readTextFile(path);
      await Deno.writeTextFile(path, text.replace(flip.find, flip.put));
      const suite = await noticedBy(root, suites);
      await Deno.writeTextFile(path, text);
      if (suite === undefined) missed++;
      console.log(
        `${suite ? `noticed by ${suite}` : "NOT NOTICED"}: ${flip.rule} (${
          path.slice(root.length + 1)
        })`,
      );
    }
    console.log(`${FLIPS.length} flips, ${missed} not noticed`);
    return missed > 0 ? 1 : 0;
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

if (import.meta.main) {
  Deno.exit(await main(Deno.args.length > 0 ? Deno.args : ["pure", "model"]));
}
