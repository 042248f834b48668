import { repositoryLayout, sessionLayout } from "../../src/base/layout.ts";
import { readCurrent } from "../../src/session/read.ts";
import { multiplySessions } from "./many.ts";
import { measurePairs, runOrc } from "./program.ts";
import { medianOf, type Row, timeOf, withBenchDirectory } from "./row.ts";

const PAIRS = 20;
const SESSIONS = 10_000;
const LOG_LINES = 1_000_000;
const ITEMS = 1_000;
/** What takes seconds is measured less often. */
const FEW_RUNS = 3;

/** `orc status` among many sessions against the same with one. */
export function measureSessions(): Promise<Row> {
  return measure(
    `orc status with ${SESSIONS} sessions`,
    "with 1 session",
    (root) => multiplySessions(root, SESSIONS),
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

/** `orc session list` and `orc doctor` among many sessions, against a tenth of them. */
export function measureAmongSessions(
  command: readonly string[],
  target: string,
): Promise<Row> {
  return withBenchDirectory(async (directory) => {
    const few = SESSIONS / 10;
    const timeWith = async (sessions: number): Promise<number> => {
      const root = `${directory}/${sessions}`;
      await Deno.mkdir(root);
      await runOrc(root, ["start", "Measure the size", "--root", "."]);
      await multiplySessions(root, sessions);
      const times: number[] = [];
      while (times.length < FEW_RUNS) {
        times.push(await timeOf(() => runOrc(root, command)));
      }
      return medianOf(times);
    };
    return {
      what: `orc ${command.join(" ")} with ${SESSIONS} sessions`,
      milliseconds: await timeWith(SESSIONS),
      reference: `with ${few} sessions`,
      referenceMilliseconds: await timeWith(few),
      target,
    };
  });
}

/** An update of a session with many items against the same with a ninth of them. */
export function measureItems(): Promise<Row> {
  return withBenchDirectory(async (directory) => {
    const updateOf = async (items: number): Promise<() => Promise<void>> => {
      const root = `${directory}/${items}`;
      await Deno.mkdir(root);
      const lines = Array.from(
        { length: items },
        (_, index) => `      - {id: item_${index}, name: Item ${index}}\n`,
      );
      await Deno.writeTextFile(
        `${root}/workflow.yaml`,
        `name: Large\nphases:\n  - id: ALL\n    name: All\n    items:\n${
          lines.join("")
        }`,
      );
      await runOrc(root, ["start", "Measure the size", "--root", "."]);
      return () => runOrc(root, ["note", "one more"]);
    };
    const [large, small] = [await updateOf(9 * ITEMS), await updateOf(ITEMS)];
    const medians = await measurePairs(PAIRS, large, small);
    return {
      what: `orc note in a session of ${9 * ITEMS} items`,
      ...medians,
      reference: `with ${ITEMS} items`,
      target: "< 9",
    };
  });
}

function measure(
  what: string,
  reference: string,
  enlarge: (root: string) => void | Promise<void>,
): Promise<Row> {
  return withBenchDirectory(async (directory) => {
    const [large, small] = [`${directory}/large`, `${directory}/small`];
    for (const root of [large, small]) {
      await Deno.mkdir(root);
      await runOrc(root, ["start", "Measure the size", "--root", "."]);
    }
    await enlarge(large);
    const medians = await measurePairs(
      PAIRS,
      () => runOrc(large, ["status"]),
      () => runOrc(small, ["status"]),
    );
    return { what, ...medians, reference, target: "< 1.3" };
  });
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
