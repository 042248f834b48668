import { denoHost } from "../../src/host/deno_host.ts";
import { startSession } from "../../src/work/start.ts";
import { type Row, timeOf, withBenchDirectory } from "./row.ts";

const WORKER = new URL("./update_worker.ts", import.meta.url).pathname;
/** 50 by each of 24 processes: fewer would measure how a process begins. */
const UPDATES = 1200;

/** Updates of one session by several processes at once against the same number by one. */
export function measureContention(processes: number): Promise<Row> {
  return withBenchDirectory(async (directory) => {
    const host = denoHost();
    const options = { root: directory, task: "Measure contention" };
    const { place } = await startSession(host, options);
    const work = async (workers: number): Promise<number> => {
      const args = [directory, place.session ?? "", String(UPDATES / workers)];
      const started = await Promise.all(
        Array.from({ length: workers }, () => startWorker(args)),
      );
      return await timeOf(async () => {
        await Promise.all(started.map((finish) => finish()));
      });
    };
    const aloneMs = await work(1);
    const togetherMs = await work(processes);
    return {
      what: `${UPDATES} updates by ${processes} processes at once, each`,
      milliseconds: togetherMs / UPDATES,
      reference: "by one process",
      referenceMilliseconds: aloneMs / UPDATES,
      target: processes === 24 ? "≤ 2.0" : "for comparison",
    };
  });
}

/** Starts a worker; what is returned lets it begin, and waits for its end. */
async function startWorker(
  args: readonly string[],
): Promise<() => Promise<void>> {
  const worker = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", WORKER, ...args],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = worker.stdout.getReader();
  await output.read();
  return async () => {
    const input = worker.stdin.getWriter();
    await input.write(new Uint8Array(1));
    const { success } = await worker.status;
    await Promise.all([input.close().catch(() => {}), output.cancel()]);
    if (!success) throw new Error("a worker failed");
  };
}
