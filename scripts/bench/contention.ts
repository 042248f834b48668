import { denoHost } from "../../src/host/deno_host.ts";
import { startSession } from "../../src/work/start.ts";
import { medianOf, type Row, timeOf, withBenchDirectory } from "./row.ts";

const WORKER = new URL("./update_worker.ts", import.meta.url).pathname;
/** 50 by each of 24 processes: fewer would measure how a process begins. */
const UPDATES = 1200;

/** Updates of one session by several processes at once against one that makes as many as each. */
export function measureContention(processes: number): Promise<Row> {
  return withBenchSession(async (root, session) => {
    const each = UPDATES / processes;
    const work = async (workers: number): Promise<number> => {
      const args = [root, session, String(each)];
      const started = await startAll(workers, args);
      return await timeOf(async () => {
        await Promise.all(started.map((finish) => finish()));
      });
    };
    const aloneMs = medianOf([await work(1), await work(1), await work(1)]);
    const togetherMs = await work(processes);
    return {
      what: `${each} updates by each of ${processes} processes at once, one`,
      milliseconds: togetherMs / UPDATES,
      reference: "by one process alone",
      referenceMilliseconds: aloneMs / each,
      target: processes === 24 ? "≤ 2.0" : "for comparison",
    };
  });
}

/** How long the last of many processes waits for its turn against the one in the middle. */
export function measureFairness(processes: number): Promise<Row> {
  return withBenchSession(async (root, session) => {
    const args = [root, session, String(UPDATES / processes)];
    const started = await startAll(processes, args);
    const waits = await Promise.all(started.map((finish) => finish()));
    return {
      what: `slowest of ${UPDATES} updates by ${processes} processes at once`,
      milliseconds: Math.max(...waits.flat()),
      reference: "the median",
      referenceMilliseconds: medianOf(waits.flat()),
      target: "≤ 4",
    };
  });
}

function withBenchSession(
  measure: (root: string, session: string) => Promise<Row>,
): Promise<Row> {
  return withBenchDirectory(async (root) => {
    const options = { root, task: "Measure contention" };
    const { place } = await startSession(denoHost(), options);
    return await measure(root, place.session ?? "");
  });
}

type Finish = () => Promise<readonly number[]>;

function startAll(
  count: number,
  args: readonly string[],
): Promise<readonly Finish[]> {
  return Promise.all(Array.from({ length: count }, () => startWorker(args)));
}

/** Starts a worker; what is returned lets it begin, and waits for its end and what it measured. */
async function startWorker(args: readonly string[]): Promise<Finish> {
  const worker = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", WORKER, ...args],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = worker.stdout.getReader();
  await output.read();
  output.releaseLock();
  return async () => {
    const input = worker.stdin.getWriter();
    await input.write(new Uint8Array(1));
    const { success, stdout } = await worker.output();
    await input.close().catch(() => {});
    if (!success) throw new Error("a worker failed");
    return new TextDecoder().decode(stdout).trim().split(" ").map(Number);
  };
}
