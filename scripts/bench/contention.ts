import { denoHost } from "../../src/host/deno_host.ts";
import { startSession } from "../../src/work/start.ts";
import { runDeno } from "./program.ts";
import { type Row, timeOf, withBenchDirectory } from "./row.ts";

const WORKER = new URL("./update_worker.ts", import.meta.url).pathname;
const UPDATES = 240;

/** Updates of one session by several processes at once against the same number by one. */
export function measureContention(processes: number): Promise<Row> {
  return withBenchDirectory(async (directory) => {
    const host = denoHost();
    const options = { root: directory, task: "Measure contention" };
    const { place } = await startSession(host, options);
    const work = (workers: number): Promise<number> =>
      timeOf(async () => {
        const count = String(UPDATES / workers);
        const args = [WORKER, directory, place.session ?? "", count];
        await Promise.all(
          Array.from({ length: workers }, () => runDeno(directory, args)),
        );
      });
    const aloneMs = await work(1);
    const togetherMs = await work(processes);
    return {
      what: `${UPDATES} updates by ${processes} processes at once, each`,
      milliseconds: togetherMs / UPDATES,
      reference: "by one process",
      referenceMilliseconds: aloneMs / UPDATES,
      target: "for comparison",
    };
  });
}
