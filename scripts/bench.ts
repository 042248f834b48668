/**
 * Measures what orc promises, each as a ratio to something measured in the same run:
 * machines are noisy, ratios less so. Prints one line per row and judges none.
 *
 * @module
 */
import { measureContention, measureFairness } from "./bench/contention.ts";
import { measureLog } from "./bench/log.ts";
import { measureMigration, PROMISED_FILES } from "./bench/migrate.ts";
import {
  measureBundleOnDeno,
  measureBundleOnNode,
  measureNodeStatus,
} from "./bench/node_status.ts";
import { measurePersist } from "./bench/persist.ts";
import { measurePostgres } from "./bench/postgres.ts";
import { type Row, textOf } from "./bench/row.ts";
import {
  measureAmongSessions,
  measureItems,
  measureLogLines,
  measureSessions,
} from "./bench/scale.ts";
import {
  measureEndurance,
  measureEnduranceOnNode,
  measureServer,
} from "./bench/server.ts";
import { measureUpdateOnSlowDisk } from "./bench/slow_disk.ts";
import { measureSnapshot } from "./bench/snapshot.ts";
import {
  measureNote,
  measureStatus,
  measureStatusOfSources,
} from "./bench/status.ts";
import { measureTree } from "./bench/tree.ts";
import { measureChain, measureReplay, measureVerify } from "./bench/trust.ts";
import { measureUpdate } from "./bench/update.ts";

const ROWS: Readonly<Record<string, () => Promise<Row>>> = {
  status: measureStatus,
  "status-sources": measureStatusOfSources,
  "status-node": measureNodeStatus,
  "status-bundle": measureBundleOnDeno,
  "status-bundle-node": measureBundleOnNode,
  note: measureNote,
  update: measureUpdate,
  "update-slow-disk": measureUpdateOnSlowDisk,
  "contention-2": () => measureContention(2),
  "contention-8": () => measureContention(8),
  "contention-24": () => measureContention(24),
  "fairness-24": () => measureFairness(24),
  "server-100": () => measureServer(100),
  "server-400": () => measureServer(400),
  "server-1000": () => measureServer(1000),
  sessions: measureSessions,
  items: measureItems,
  "log-lines": measureLogLines,
  "session-list": () => measureAmongSessions(["session", "list"], "≤ 500 ms"),
  doctor: () => measureAmongSessions(["doctor"], "≤ 2000 ms"),
  "doctor-full": () => measureAmongSessions(["doctor", "--all"], "< 11"),
  migrate: () => measureMigration(),
  tree: measureTree,
  chain: measureChain,
  replay: measureReplay,
};

/** Benches that take minutes: run only when they are named. */
const LARGE_ROWS: typeof ROWS = {
  "migrate-full": () => measureMigration(PROMISED_FILES),
};

/** Benches of several rows, or whose rows are no ratio of two times. */
const TEXTS: Readonly<Record<string, () => Promise<readonly string[]>>> = {
  log: measureLog,
};

/** Those of them that take minutes. */
const LARGE_TEXTS: typeof TEXTS = {
  endurance: measureEndurance,
  "endurance-node": measureEnduranceOnNode,
  persist: async () => (await measurePersist()).map(textOf),
  postgres: measurePostgres,
  snapshot: measureSnapshot,
  "verify-log": measureVerify,
};

const wanted = Deno.args.length === 0
  ? [...Object.keys(ROWS), ...Object.keys(TEXTS)]
  : Deno.args;
for (const name of wanted) {
  const measureTexts = TEXTS[name] ?? LARGE_TEXTS[name];
  if (measureTexts) {
    for (const text of await measureTexts()) console.log(text);
    continue;
  }
  const measure = ROWS[name] ?? LARGE_ROWS[name];
  if (!measure) {
    console.error(
      `No bench "${name}"; there are: ${
        [ROWS, LARGE_ROWS, TEXTS, LARGE_TEXTS].flatMap(Object.keys).join(", ")
      }`,
    );
    Deno.exit(2);
  }
  console.log(textOf(await measure()));
}
