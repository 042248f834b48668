import type { TortureSession } from "./session.ts";

const WORKER = new URL("./worker.ts", import.meta.url).pathname;

/** What the processes have said, and what was done to them. */
export interface Counts {
  /** Updates that each process was told are stored. */
  readonly acknowledged: number[];
  readonly kills: number[];
  stops: number;
  /** Holders of locks and claims that were found dead. */
  readonly dead: Set<string>;
  /** What no process should say or do. */
  readonly complaints: string[];
}

/** Counts of so many processes that have not begun. */
export function noCounts(processes: number): Counts {
  return {
    acknowledged: Array(processes).fill(0),
    kills: Array(processes).fill(0),
    stops: 0,
    dead: new Set(),
    complaints: [],
  };
}

/** The processes that run. A killed one is replaced until it has made its updates. */
export class Crew {
  readonly #session: TortureSession;
  readonly #counts: Counts;
  readonly #running = new Map<number, Deno.ChildProcess>();
  #isDismissed = false;

  constructor(session: TortureSession, counts: Counts) {
    this.#session = session;
    this.#counts = counts;
  }

  /** Runs one process, and those that replace it, until it has made its updates. */
  async work(process: number, updates: number): Promise<void> {
    while (!this.#isDismissed) {
      const missing = updates - (this.#counts.acknowledged[process] ?? 0);
      if (missing <= 0) return;
      await this.#run(process, missing);
    }
  }

  /** Some process that runs; the holder of the lock if it is one of them and so wished. */
  pick(holderPid?: number): number | undefined {
    const running = [...this.#running];
    const holder = running.find(([, { pid }]) => pid === holderPid);
    const any = running[Math.floor(Math.random() * running.length)];
    return (holder ?? any)?.[0];
  }

  kill(process: number): void {
    if (!this.#signal(process, "SIGKILL")) return;
    this.#counts.kills[process] = (this.#counts.kills[process] ?? 0) + 1;
  }

  /** Stops a process for some time. */
  stop(process: number, durationMs: number): void {
    const pid = this.#running.get(process)?.pid;
    if (!this.#signal(process, "SIGSTOP")) return;
    this.#counts.stops++;
    setTimeout(() => {
      if (this.#running.get(process)?.pid === pid) {
        this.#signal(process, "SIGCONT");
      }
    }, durationMs);
  }

  /** Kills all; nobody is replaced any more. */
  dismiss(): void {
    this.#isDismissed = true;
    for (const process of this.#running.keys()) this.kill(process);
  }

  async #run(process: number, updates: number): Promise<void> {
    const { root, id } = this.#session;
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "-A",
        WORKER,
        root,
        id,
        `${process}`,
        `${updates}`,
      ],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    this.#running.set(process, child);
    await this.#listen(process, child);
    const { success, signal } = await child.status;
    this.#running.delete(process);
    if (!success && signal !== "SIGKILL") {
      this.#counts.complaints.push(`process ${process} failed`);
      this.#isDismissed = true;
    }
  }

  async #listen(process: number, child: Deno.ChildProcess): Promise<void> {
    let rest = "";
    for await (
      const text of child.stdout.pipeThrough(new TextDecoderStream())
    ) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#hear(process, line);
    }
  }

  #hear(process: number, line: string): void {
    const { acknowledged, dead, complaints } = this.#counts;
    if (line === "+") acknowledged[process] = (acknowledged[process] ?? 0) + 1;
    else if (line.startsWith("dead ")) dead.add(line);
    else complaints.push(`process ${process} said: ${line}`);
  }

  #signal(process: number, signal: Deno.Signal): boolean {
    try {
      this.#running.get(process)?.kill(signal);
      return this.#running.has(process);
    } catch (error) {
      // Deno's way to say that it has ended by itself.
      if (error instanceof TypeError) return false;
      throw error;
    }
  }
}
