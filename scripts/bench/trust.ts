/** What it costs that anyone can check a session: the chain in each update, and replaying a long log. */
import { sessionLayout } from "../../src/base/layout.ts";
import type { Action } from "../../src/engine/action.ts";
import { decide } from "../../src/engine/decide.ts";
import { encodeLogLine } from "../../src/engine/event.ts";
import { denoHost } from "../../src/host/deno_host.ts";
import { linkEvents } from "../../src/replay/chain.ts";
import { openSession } from "../../src/repository/select.ts";
import { encodeSession } from "../../src/session/encode.ts";
import type { Session } from "../../src/session/store.ts";
import { traceSession } from "../../src/session/trace.ts";
import { stamp } from "../../src/session/update.ts";
import { startSession } from "../../src/work/start.ts";
import { addNote } from "../../src/work/item.ts";
import { peakText } from "./log.ts";
import { medianOf, type Row, timeOf, withBenchDirectory } from "./row.ts";

const EVENTS = 10_000;
const MANY_EVENTS: readonly number[] = [1_000_000, 3_000_000];
const LIMIT_MEGABYTES = 250;
const RUNS = 7;
const UPDATES = 200;
const WARM_UPS = 20;

/** One item that can be done, and taken up again, as often as one likes. */
const WORKFLOW = `name: Bench
phases:
  - id: DO
    name: Do
    items:
      - {id: it, name: It}
`;

/** An update against the same without what the chain of events takes of it. */
export function measureChain(): Promise<Row> {
  return inSession(async (root) => {
    const host = denoHost();
    const whole: number[] = [];
    const chain: number[] = [];
    for (let count = 0; count < WARM_UPS + UPDATES; count++) {
      const text = `What was done in step ${count}, in a sentence or two`;
      const wholeMs = await timeOf(async () => {
        await addNote(host, { root, text, itemId: "it" });
      });
      const { session } = await openSession(host, { root });
      const { lastEvents, state, chain: before } = session;
      if (before === null) throw new Error("the session has no chain");
      const chainMs = await timeOf(() => {
        linkEvents(before, lastEvents, state);
        return Promise.resolve();
      });
      if (count < WARM_UPS) continue;
      whole.push(wholeMs);
      chain.push(chainMs);
    }
    const milliseconds = medianOf(whole);
    return {
      what: `durable update with a chain, median of ${UPDATES}`,
      milliseconds,
      reference: "without what the chain takes",
      referenceMilliseconds: milliseconds - medianOf(chain),
      target: "≤ 1.05",
    };
  });
}

/** A session of many updates, held against its log, and what parsing the lines alone takes. */
export function measureReplay(): Promise<Row> {
  return inSession(async (root) => {
    await work(root, EVENTS);
    const opened = await openSession(denoHost(), { root });
    const { repository, session, workflow } = opened;
    const { log } = sessionLayout(root, session.id);
    const own: number[] = [];
    const parsing: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      own.push(
        await timeOf(async () => {
          const traced = await traceSession(repository, session, workflow);
          const [problem] = traced.contradictions;
          if (problem) throw new Error(problem.message);
        }),
      );
      parsing.push(
        await timeOf(() => {
          const lines = Deno.readTextFileSync(log).trimEnd().split("\n");
          for (const line of lines) JSON.parse(line);
          return Promise.resolve();
        }),
      );
    }
    return {
      what: `replay of ${EVENTS} events, median of ${RUNS}`,
      milliseconds: medianOf(own),
      reference: "parsing their lines",
      referenceMilliseconds: medianOf(parsing),
      target: "≤ 300 ms",
    };
  });
}

/**
 * The memory that checking a session takes, and that it stays the same however long its log is. What
 * V8 gives new objects before it collects them is most of it, once they were many.
 */
export async function measureVerify(): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const events of MANY_EVENTS) {
    const line = await inSession(async (root) => {
      await work(root, events);
      // Its exit code is 3: the session is not finished.
      const options = { exitCode: 3, limitMegabytes: LIMIT_MEGABYTES };
      return await peakText(root, ["verify"], events, options);
    });
    lines.push(line);
  }
  return lines;
}

function inSession<Result>(
  measure: (root: string) => Promise<Result>,
): Promise<Result> {
  return withBenchDirectory(async (root) => {
    Deno.writeTextFileSync(`${root}/workflow.yaml`, WORKFLOW);
    await startSession(denoHost(), { root, task: "Measure" });
    return await measure(root);
  });
}

const ACTIONS: readonly Action[] = [
  {
    type: "complete",
    itemId: "it",
    notes: "What was done, in a sentence or two",
    result: undefined,
    skipVerify: false,
  },
  { type: "reopen_item", itemId: "it", reason: "Something came up" },
];

/** Updates that are written at once. */
const BATCH = 1000;

/** Does as many updates as an agent would, without waiting for the disk at each. */
async function work(root: string, count: number): Promise<void> {
  const { session: begun, workflow } = await openSession(denoHost(), { root });
  const { log, state } = sessionLayout(root, begun.id);
  const file = Deno.openSync(log, { append: true });
  const caller = { agent: null, approval: null };
  const encoder = new TextEncoder();
  let session: Session = begun;
  for (let done = 0; done < count;) {
    const lines: string[] = [];
    const end = Math.min(done + BATCH, count);
    for (; done < end; done++) {
      const action = ACTIONS[done % ACTIONS.length];
      if (action === undefined) throw new Error("no action");
      const at = new Date(Date.now()).toISOString().replace("Z", "000Z");
      const decision = decide(workflow, session.state, action, { at, caller });
      const id = `01kk${String(done).padStart(22, "0")}`;
      const stamped = stamp(
        { ...session, lastEvents: [] },
        decision,
        at,
        () => id,
      );
      session = { ...session, ...stamped.session };
      lines.push(...stamped.events.map(encodeLogLine));
    }
    const bytes = encoder.encode(lines.join(""));
    for (let at = 0; at < bytes.length;) {
      at += file.writeSync(bytes.subarray(at));
    }
  }
  file.close();
  const text = await encodeSession(session, session.state.updatedAt);
  Deno.writeTextFileSync(state, text);
}
