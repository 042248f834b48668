/** Many processes that write one session, and what has to be true of it afterwards. */
import { decide } from "../../src/engine/decide.ts";
import { decodeLogLine } from "../../src/engine/event.ts";
import { denoHost } from "../../src/host/deno_host.ts";
import { openRepository } from "../../src/repository/open.ts";
import { closeStores } from "../../src/repository/store.ts";
import type { SessionChange } from "../../src/session/store.ts";
import { traceSession } from "../../src/session/trace.ts";
import { decodeDefinition } from "../../src/workflow/definition.ts";
import { fillTexts } from "../../src/workflow/template.ts";
import type { Ask, Choice } from "./chosen.ts";
import { assertEquals } from "@std/assert";

const WORKER = new URL("./load_worker.ts", import.meta.url).pathname;

/** A change that a session's log names, and that anybody may make. */
export function refusing(request: string): SessionChange {
  return ({ state }, at) =>
    decide(decodeDefinition(state.definition), state, {
      type: "refuse_approval",
      ...{ request, itemId: null },
    }, { at, caller: { agent: null, approval: null } });
}

/** A process that updates a session, and what was acknowledged to it so far. */
export class Writer {
  readonly acknowledged: string[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  #isReady = false;
  #rest = "";
  readonly #errors: Promise<string>;
  #over: Promise<void> | undefined;

  constructor(args: readonly (string | number)[], env: Choice) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", "--no-check", WORKER, ...args.map(String)],
      ...{ env, stdin: "piped", stdout: "piped", stderr: "piped" },
    }).spawn();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
    this.#errors = new Response(this.#child.stderr).text();
  }

  async ready(): Promise<void> {
    while (!this.#isReady) {
      if (!await this.#listen()) throw new Error(await this.#errors);
    }
  }

  async begin(): Promise<void> {
    const writer = this.#child.stdin.getWriter();
    await writer.write(new Uint8Array([1]));
    await writer.close();
    this.#over = this.#hearAll();
  }

  kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      // Nothing is left of it to kill.
      if (!(error instanceof TypeError)) throw error;
    }
  }

  /** Waits for its end; says why it ended where that was not its own doing. */
  async end(): Promise<string> {
    await this.#over;
    const { code, signal } = await this.#child.status;
    const said = await this.#errors;
    return code === 0 ? "" : `${signal ?? code}: ${said}`;
  }

  async #hearAll(): Promise<void> {
    while (await this.#listen());
  }

  async #listen(): Promise<boolean> {
    const { done, value } = await this.#lines.read();
    const lines = (this.#rest + (value ?? "")).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "ready") this.#isReady = true;
      else this.acknowledged.push(line);
    }
    return !done;
  }
}

/** Starts writers, a few at a time, which all begin at the same moment. */
export async function beginTogether(
  root: string,
  { session, writers: count, updates, env }: {
    readonly session: string;
    readonly writers: number;
    readonly updates: number;
    readonly env: Choice;
  },
): Promise<readonly Writer[]> {
  const writers: Writer[] = [];
  for (let number = 0; number < count; number++) {
    const writer = new Writer([root, session, number, updates], env);
    writers.push(writer);
    if (number % 8 === 7) await Promise.all(writers.map((one) => one.ready()));
  }
  await Promise.all(writers.map((writer) => writer.ready()));
  await Promise.all(writers.map((writer) => writer.begin()));
  return writers;
}

/** How many updates were acknowledged to writers so far. */
export function acknowledgedTo(writers: readonly Writer[]): number {
  return writers.reduce((sum, writer) => sum + writer.acknowledged.length, 0);
}

/** What was asked for in a session, as its log has it; the log is whole, and proves the state. */
export async function requestsIn(
  root: string,
  session: string,
  env: Choice,
  ask: Ask,
): Promise<readonly string[]> {
  const rows = await ask(
    `select start_byte, line from orc.log where session = '${session}'
      order by start_byte`,
  );
  let end = 0;
  const events = rows.flatMap(({ start_byte, line }) => {
    assertEquals(Number(start_byte), end, "there is a gap in the log");
    const bytes = line as Uint8Array;
    end += bytes.length + 1;
    return decodeLogLine(new TextDecoder().decode(bytes)) ?? [];
  });
  const [row] = await ask(
    `select serial, log_bytes from orc.session where id = '${session}'`,
  );
  assertEquals(Number(row?.log_bytes), end);
  const serials = [...new Set(events.map(({ serial }) => serial))];
  const numbers = Array.from({ length: serials.length }, (_, at) => at + 1);
  assertEquals(serials, numbers);
  assertEquals(Number(row?.serial), serials.length);
  const requests = events.map(({ details }) => details.get("request"))
    .filter((request) => typeof request === "string");
  assertEquals(new Set(requests).size, requests.length, "one is there twice");
  await assertProved(root, session, env);
  return requests;
}

/** The events of a session lead to its state, and nobody changed either. */
async function assertProved(
  root: string,
  id: string,
  env: Choice,
): Promise<void> {
  const host = { ...denoHost(), env: (name: string) => env[name] };
  try {
    const repository = openRepository(host, { root });
    const session = await repository.store.read(id);
    const definition = decodeDefinition(session.state.definition);
    const workflow = fillTexts(definition);
    const { contradictions } = await traceSession(
      repository,
      session,
      workflow,
    );
    assertEquals(contradictions, []);
  } finally {
    await closeStores(host);
  }
}
