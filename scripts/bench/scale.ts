import { repositoryLayout, sessionLayout } from "../../src/base/layout.ts";
import { readCurrent } from "../../src/session/binding.ts";
import { measurePairs, runOrc } from "./program.ts";
import { type Row, withBenchDirectory } from "./row.ts";

const PAIRS = 20;
const SESSIONS = 10_000;
const LOG_LINES = 1_000_000;

/** `orc status` among many sessions against the same with one. */
export function measureSessions(): Promise<Row> {
  return measure(
    `orc status with ${SESSIONS} sessions`,
    "with 1 session",
    multiplySessions,
  );
}

/** `orc status` with a long log against the same with a short one. */
export function measureLogLines(): Promise<Row> {
  return measure(
    `orc status with ${LOG_LINES} lines of log`,
    "with 2 lines",
    lengthenLog,
  );
}

function measure(
  what: string,
  reference: string,
  enlarge: (root: string) => void,
): Promise<Row> {
  return withBenchDirectory(async (directory) => {
    const [large, small] = [`${directory}/large`, `${directory}/small`];
    for (const root of [large, small]) {
      await Deno.mkdir(root);
      await runOrc(root, ["start", "Measure the size", "--root", "."]);
    }
    enlarge(large);
    const medians = await measurePairs(
      PAIRS,
      () => runOrc(large, ["status"]),
      () => runOrc(small, ["status"]),
    );
    return { what, ...medians, reference, target: "< 1.3" };
  });
}

function multiplySessions(root: string): void {
  const own = readCurrent(repositoryLayout(root)) ?? "";
  const { state, log, meta } = sessionLayout(root, own);
  const texts = [state, log, meta].map((path) => Deno.readTextFileSync(path));
  for (let count = 1; count < SESSIONS; count++) {
    const id = `copy${String(count).padStart(22, "0")}`;
    const paths = sessionLayout(root, id);
    Deno.mkdirSync(paths.directory);
    for (
      const [index, path] of [paths.state, paths.log, paths.meta].entries()
    ) {
      Deno.writeTextFileSync(path, texts[index]?.replaceAll(own, id) ?? "");
    }
  }
}

function lengthenLog(root: string): void {
  const own = readCurrent(repositoryLayout(root)) ?? "";
  const { log } = sessionLayout(root, own);
  const [line = ""] = Deno.readTextFileSync(log).split("\n");
  const block = `${line}\n`.repeat(1000);
  for (let count = 0; count < LOG_LINES; count += 1000) {
    Deno.writeTextFileSync(log, block, { append: true });
  }
}
