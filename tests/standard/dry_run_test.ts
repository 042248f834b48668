/** What removes or rewrites several things shows it beforehand, does just that, and asks where it cannot be taken back. */
import { tableOf } from "../../src/commands/command.ts";
import { commandGroups } from "../../src/commands/table.ts";
import { orc } from "../commands/orc.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import { EVERYTHING, makeDistinct } from "../migration/fixtures.ts";
import {
  EASY_WORKFLOW,
  type Files,
  GIT_LS_FILES,
  idOf,
  legacyState,
  type Machine,
  withRoot,
} from "../work/fixtures.ts";
import { assert, assertEquals } from "@std/assert";

/** A command that removes or rewrites, and what there is to remove. */
interface Scene {
  readonly argv: readonly string[];
  /** Members of the result that tell what is done; before it is done they say the same. */
  readonly tells: readonly string[];
  /**
   * Whether it asks: always, where nothing brings back what it removes or replaces, else those alone who
   * can be asked.
   */
  readonly asks?: "always" | "terminal";
  /** What it exits with before it is done, where that is not 0. */
  readonly exitCode?: number;
  readonly files?: Files;
  /** Prepares the repository by command lines. */
  readonly before?: readonly (readonly string[])[];
  /** What else prepares it. */
  readonly change?: (root: string) => void;
}

const STARTED = [["start", "Add login"]];

const ENDED = [
  ...STARTED,
  ["finish", "--abandon", "--reason", "nobody wants it any more"],
];

/** The older tool's files, made last so long ago that all is old. */
const LEFT: Files = {
  ".orchestrator/sessions/1a2b3c4d/state.json": legacyState({
    status: "abandoned",
  }),
};

const removeState = (root: string) =>
  Deno.removeSync(`${root}/.orchestrator`, { recursive: true });

const SCENES: Readonly<Record<string, Scene>> = {
  "init": {
    argv: ["init"],
    tells: ["workflow", "kept", "workingTree"],
  },
  "init --force": {
    argv: ["init", "--force"],
    files: { "workflow.yaml": EASY_WORKFLOW, "workflow.yaml.1.bak": "" },
    tells: ["workflow", "kept"],
  },
  "init of what is there": {
    argv: ["init"],
    files: { "workflow.yaml": EASY_WORKFLOW },
    tells: ["workflow", "kept"],
  },
  "agents install": {
    argv: ["agents", "install", "--host", "all"],
    files: { "AGENTS.md": "# Mine\n", ".claude/settings.json": "{}\n" },
    tells: ["files", "hosts"],
  },
  "agents uninstall": {
    argv: ["agents", "uninstall"],
    files: { "AGENTS.md": "# Mine\n", ".claude/settings.json": "{}\n" },
    before: [["agents", "install", "--host", "claude", "--mcp"]],
    tells: ["files", "hosts"],
  },
  "checkpoints --cleanup": {
    argv: ["checkpoints", "--cleanup", "--keep", "1"],
    before: [...STARTED, ["checkpoint"], ["checkpoint"], ["checkpoint"]],
    tells: ["checkpoints", "kept", "sizeBytes"],
    asks: "always",
  },
  "cleanup": {
    argv: ["cleanup"],
    files: LEFT,
    tells: ["sessions", "leftovers", "sizeBytes"],
    asks: "always",
  },
  "session pack": {
    argv: ["session", "pack", "--all"],
    before: ENDED,
    tells: ["sessions", "unchanged", "kept"],
  },
  "session unpack": {
    argv: ["session", "unpack", "--all"],
    before: [...ENDED, ["session", "pack", "--all"]],
    tells: ["sessions", "unchanged", "kept"],
  },
  "session cleanup": {
    argv: ["session", "cleanup"],
    files: LEFT,
    tells: ["sessions", "leftovers", "sizeBytes"],
    asks: "always",
  },
  "secrets rm": {
    argv: ["secrets", "rm", "API_KEY"],
    files: { ".orchestrator/secrets/API_KEY.age": "x" },
    tells: ["name", "path", "level"],
    asks: "always",
  },
  "doctor --fix": {
    argv: ["doctor", "--fix"],
    before: STARTED,
    change: (root) => {
      writeTree(root, { ".orchestrator/current": idOf(9, 9) });
      Deno.removeSync(`${root}/.orchestrator/.gitignore`);
      Deno.removeSync(
        `${root}/.orchestrator/sessions/${idOf(1, 0)}/log.jsonl`,
      );
    },
    tells: ["fixed"],
    // What is not put right yet is still a problem.
    exitCode: 3,
  },
  "migrate": {
    argv: ["migrate"],
    files: EVERYTHING,
    change: (root) => makeDistinct(root, EVERYTHING),
    tells: ["moves", "sessions", "left"],
    asks: "terminal",
  },
  "migrate --rollback": {
    argv: ["migrate", "--rollback"],
    files: EVERYTHING,
    change: (root) => makeDistinct(root, EVERYTHING),
    before: [["migrate", "--yes"]],
    tells: ["restored"],
    asks: "terminal",
  },
  "import-legacy": {
    argv: ["import-legacy", "old"],
    files: { "old/.workflow_state.json": legacyState() },
    tells: ["moves", "sessions"],
    asks: "terminal",
  },
  "resume": {
    argv: ["resume"],
    before: [
      ...STARTED,
      ["checkpoint"],
      ["complete", "it", "--notes", "Done"],
    ],
    tells: ["changes"],
    asks: "always",
  },
  "undo": {
    argv: ["undo"],
    before: [...STARTED, ["complete", "it", "--notes", "Done"]],
    tells: ["changes", "to"],
  },
  "recover": {
    argv: ["recover"],
    files: { ".git/HEAD": "ref: refs/heads/main\n" },
    before: STARTED,
    change: removeState,
    tells: ["recovered.session", "recovered.serial", "recovered.current"],
  },
  "recover --forget": {
    argv: ["recover", "--forget"],
    files: { ".git/HEAD": "ref: refs/heads/main\n" },
    before: STARTED,
    change: removeState,
    tells: ["forgotten"],
    asks: "always",
  },
};

/** What wants a second repository, or a remote, is tried where those are. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "snapshot import": "snapshot/import_test.ts",
  "persist push": "persist/push_test.ts",
  "persist pull": "persist/pull_test.ts",
  "persist prune": "persist/use_test.ts",
  "store move": "postgres/move_test.ts",
  "include update": "upstream/update_test.ts",
};

/** Later than all that the older tool wrote, and a clock that goes on. */
function machineAt(number: number): Machine {
  const minute = String(number).padStart(2, "0");
  return {
    number,
    at: `2026-05-01T10:${minute}:00Z`,
    programs: { [GIT_LS_FILES]: { stdout: "" } },
  };
}

function play(scene: Scene, test: (root: string) => Promise<void>) {
  const { files = {}, before = [], change } = scene;
  const all = { "workflow.yaml": EASY_WORKFLOW, ...files };
  const isOfInit = scene.argv[0] === "init" || files === EVERYTHING;
  return withRoot(isOfInit ? files : all, async (root) => {
    const isFirst = scene.before?.[0]?.[0] === "migrate";
    if (isFirst) change?.(root);
    for (const [index, argv] of before.entries()) {
      const { exitCode, err } = await orc(root, argv, machineAt(index + 1));
      assertEquals(exitCode, 0, `${argv.join(" ")}: ${err}`);
    }
    if (!isFirst) change?.(root);
    await test(root);
  });
}

function told(out: string, { tells }: Scene): readonly unknown[] {
  const { result } = JSON.parse(out);
  return tells.map((path) => {
    const member = path.split(".")
      .reduce((value, name) => Object(value)[name], result);
    assert(member !== undefined, `${path} in ${out}`);
    return member;
  });
}

for (const [name, scene] of Object.entries(SCENES)) {
  const { argv, asks, exitCode: planned = 0 } = scene;
  Deno.test(`orc ${name} --dry-run changes nothing, and says what is done then`, () =>
    play(scene, async (root) => {
      const machine = { ...machineAt(20), answers: ["replace"] };
      const run = (...flags: string[]) =>
        orc(root, [...argv, ...flags], machine);
      const before = readTree(root);
      // Nobody is asked where nothing is done.
      const text = await orc(root, [...argv, "--dry-run"], machineAt(20));
      const dry = await orc(
        root,
        [...argv, "--dry-run", "--full"],
        machineAt(20),
      );
      assertEquals(readTree(root), before);
      assertEquals([text.exitCode, dry.exitCode], [planned, planned], text.err);
      assert(/would|--dry-run|to be removed/i.test(text.out), text.out);
      assertEquals(JSON.parse(dry.out).result.dryRun, true);
      const real = await run("--full", ...asks === undefined ? [] : ["--yes"]);
      assertEquals(real.exitCode, 0, real.out);
      assertEquals(told(dry.out, scene), told(real.out, scene));
      assertEquals(JSON.parse(real.out).result.dryRun, false);
      const after = readTree(root);
      assert(JSON.stringify(after) !== JSON.stringify(before), "nothing done");
    }));
  if (asks === undefined) continue;
  Deno.test(`orc ${name} does nothing where nobody says yes`, () =>
    play(scene, async (root) => {
      const before = readTree(root);
      const nobody = asks === "always" ? [undefined] : [];
      for (const answers of [...nobody, ["n"], [""]]) {
        const machine = { ...machineAt(20), answers };
        const { exitCode, out } = await orc(root, [...argv, "--json"], machine);
        const { code, hint } = JSON.parse(out).error;
        assertEquals([exitCode, code], [3, "not_confirmed"], out);
        assert(/--yes|--dry-run/.test(hint), hint);
        assertEquals(readTree(root), before);
      }
      const said = { ...machineAt(20), answers: ["y"] };
      assertEquals((await orc(root, argv, said)).exitCode, 0);
      assert(JSON.stringify(readTree(root)) !== JSON.stringify(before));
    }));
}

Deno.test("every command that removes or rewrites several things has --dry-run, and is tried here", async () => {
  const rewriting: string[] = [];
  for (const { name, load } of tableOf(commandGroups)) {
    const { effect, flags } = await load();
    const parts = flags.filter((flag) => flag.effect === "rewrites");
    if (effect === "rewrites") rewriting.push(name);
    rewriting.push(...parts.map((flag) => `${name} --${flag.name}`));
    const hasDryRun = flags.some((flag) => flag.name === "dry-run");
    const isRewriting = effect === "rewrites" || parts.length > 0;
    assertEquals(hasDryRun, isRewriting, name);
  }
  for (const file of Object.values(ELSEWHERE)) {
    const text = await Deno.readTextFile(`${import.meta.dirname}/../${file}`);
    assert(text.includes("dryRun: true"), file);
  }
  const tried = new Set([SCENES, ELSEWHERE].flatMap(Object.keys));
  assertEquals(rewriting.filter((name) => !tried.has(name)), []);
});
