import { sessionLayout } from "../../src/base/layout.ts";
import { encodeLogLine, type RecordedEvent } from "../../src/engine/event.ts";
import { denoHost } from "../../src/host/deno_host.ts";
import { startSession } from "../../src/work/start.ts";
import { timeOf, withBenchDirectory } from "./row.ts";

const EVENTS = 1_000_000;
const LIMIT_MEGABYTES = 150;
const WORKER = new URL("./log_worker.ts", import.meta.url).pathname;

/** What reads a long log, as it is typed. */
const COMMANDS: readonly (readonly string[])[] = [
  ["analyze"],
  ["learn"],
  ["history"],
  ["history", "--type", "workflow_completed"],
  ["history", "--all", "--output", "jsonl"],
];

/** Types in the proportions of real logs, roughly. */
const TYPES = ["item_completed", "verification_failed", "note_added"];

/** Runs every command that reads a log over a long one; returns a line of text for each. */
export function measureLog(): Promise<readonly string[]> {
  return withBenchDirectory(async (root) => {
    const { place } = await startSession(denoHost(), {
      root,
      task: "Measure the log",
    });
    const id = place.session ?? "";
    writeEvents(sessionLayout(root, id).log);
    const lines: string[] = [];
    for (const command of COMMANDS) {
      lines.push(await peakText(root, command, EVENTS));
    }
    return lines;
  });
}

/** Says how long a command takes over a log of so many events, and how much memory. */
export async function peakText(
  root: string,
  command: readonly string[],
  events: number,
  { exitCode = 0, limitMegabytes = LIMIT_MEGABYTES } = {},
): Promise<string> {
  let peakMegabytes = 0;
  const milliseconds = await timeOf(async () => {
    peakMegabytes = await peakOf(root, command, exitCode);
  });
  const [time, memory] = [milliseconds, peakMegabytes].map((one) =>
    one.toFixed(0)
  );
  return `orc ${
    command.join(" ")
  } over ${events} events: ${time} ms; peak memory ${memory} MB (limit ${limitMegabytes} MB)`;
}

/** Runs a command in a process of its own and returns the most memory it had at once. */
async function peakOf(
  root: string,
  command: readonly string[],
  exitCode: number,
): Promise<number> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", WORKER, ...command],
    cwd: root,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(stderr);
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(text) ?? [];
  if (code !== exitCode || kilobytes === undefined) throw new Error(text);
  return Number(kilobytes) / 1024;
}

function writeEvents(path: string): void {
  const first = Deno.readTextFileSync(path).split("\n")[0] ?? "";
  const { workflow_id: workflowId } = JSON.parse(first);
  const file = Deno.openSync(path, { append: true });
  const write = (text: string): void => {
    const bytes = new TextEncoder().encode(text);
    for (let done = 0; done < bytes.length;) {
      done += file.writeSync(bytes.subarray(done));
    }
  };
  const blockEvents = 10_000;
  for (let block = 0; block < EVENTS; block += blockEvents) {
    const numbers = Array.from({ length: blockEvents }, (_, n) => block + n);
    const events = numbers.map((number) => eventOf(number, workflowId));
    write(events.map(encodeLogLine).join(""));
  }
  file.close();
}

function eventOf(number: number, workflowId: string): RecordedEvent {
  const itemId = `item${number % 1000}`;
  const type = TYPES[number % TYPES.length] ?? "";
  return {
    id: `01kk${String(number).padStart(22, "0")}`,
    serial: 2 + Math.floor(number / 2),
    at: "2026-03-01T10:00:00.123000Z",
    type,
    workflowId,
    phaseId: "PLAN",
    itemId,
    message: `${type}: ${itemId}`,
    details: new Map([["notes", "What was done, in a sentence or two"]]),
    actor: "system",
  };
}
