import { type Row, timeOf, withBenchDirectory } from "./row.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;

/** Quick enough for every day; the promise is about ten times as much. */
const USUAL_FILES = 1000;

/** What is promised: 10,000 checkpoints, 1 GB. */
export const PROMISED_FILES = 10_000;

const FILE_BYTES = 100_000;

/** `orc migrate` of many checkpoints against `cp -a` of the same tree, followed by `sync`. */
export function measureMigration(files: number = USUAL_FILES): Promise<Row> {
  return withBenchDirectory(async (directory) => {
    const [own, copied] = [`${directory}/own`, `${directory}/copied`];
    writeLegacy(own, files);
    await run("sync");
    const referenceMs: number[] = [];
    const ownMs: number[] = [];
    for (let round = 0; round < 3; round++) {
      referenceMs.push(
        await timeOf(async () => {
          await run("cp", "-a", own, copied);
          await run("sync");
        }),
      );
      await run("rm", "-rf", copied);
      await run("sync");
      let memory = "";
      ownMs.push(
        await timeOf(async () => {
          memory = await migrate(own);
        }),
      );
      console.log(`largest memory of orc migrate: ${memory}`);
      await run(Deno.execPath(), "run", "-A", CLI, ...BACK, "--root", own);
      await run("sync");
    }
    return {
      what: `orc migrate, ${files} checkpoints`,
      milliseconds: Math.min(...ownMs),
      reference: "cp -a and sync",
      referenceMilliseconds: Math.min(...referenceMs),
      target: "≤ 1.5",
    };
  });
}

const BACK = ["migrate", "--rollback", "--yes"];

async function migrate(root: string): Promise<string> {
  const text = await run(
    ...["sh", "-c", MEASURE, "sh", Deno.execPath(), "run", "-A", CLI],
    ...["migrate", "--yes", "--root", root],
  );
  return text.match(/VmHWM:\s*(\d+ kB)/)?.[1] ?? "unknown";
}

/** The kernel's own count, looked at until the program has ended. */
const MEASURE =
  '"$@" >&2 & pid=$!; while grep VmHWM /proc/$pid/status; do sleep 0.05; done 2>/dev/null | tail -1; wait $pid';

async function run(program: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args })
    .output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** A legacy repository whose checkpoints differ in their bytes. */
function writeLegacy(root: string, files: number): void {
  const checkpoints = `${root}/.workflow_checkpoints`;
  Deno.mkdirSync(checkpoints, { recursive: true });
  Deno.mkdirSync(`${root}/.git`);
  const state = {
    workflow_id: "wf_0123abcd",
    workflow_type: "Large",
    workflow_version: "1.0",
    task_description: "Move a lot",
    current_phase_id: "DO",
    phases: { DO: { id: "DO", status: "active", items: {} } },
  };
  Deno.writeTextFileSync(
    `${root}/.workflow_state.json`,
    JSON.stringify(state, null, 2),
  );
  for (let count = 0; count < files; count++) {
    const id = `cp_20260101_000000_${String(count).padStart(6, "0")}`;
    const checkpoint = {
      checkpoint_id: id,
      workflow_id: state.workflow_id,
      phase_id: "DO",
      item_id: null,
      timestamp: "2026-01-01T00:00:00+00:00",
      message: `${count} `.repeat(FILE_BYTES / 6),
    };
    Deno.writeTextFileSync(
      `${checkpoints}/${id}.json`,
      JSON.stringify(checkpoint).padEnd(FILE_BYTES),
    );
  }
}
