/** Serves commands as tools of the Model Context Protocol, to a client on standard input and output. */
import process from "node:process";
import {
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type ServerContext,
} from "@modelcontextprotocol/server";
import {
  serveStdio,
  StdioServerTransport,
} from "@modelcontextprotocol/server/stdio";
import { usage } from "../base/error.ts";
import { assertOptions, escapeControls } from "../base/text.ts";
import { VERSION } from "../base/version.ts";
import {
  argumentsOf,
  INSTRUCTIONS,
  schemaOf,
  type Tool,
  type ToolArgument,
  TOOLS,
  type ToolValues,
} from "../commands/tools.ts";
import { type Host, Interrupted, rememberedMasker } from "../host/host.ts";
import { openRepository } from "../repository/open.ts";
import { openSession } from "../repository/select.ts";
import { mayVanish } from "../persist/vanishing.ts";
import { readStatus } from "../work/status.ts";
import { sendAway, tellHuman, tidyUp } from "./after.ts";
import { resultText, type Run, tell } from "./output.ts";
import { prepare, selectCommand, styleFor } from "./parse.ts";
import { assertNotTyped } from "./switches.ts";

/** A message of a client is a few texts; what is longer than any of them is no message. */
const MAX_MESSAGE_BYTES = 1 << 20;

/** What a tool answers. */
type Answer = {
  readonly content: { type: "text"; text: string }[];
  readonly isError?: boolean;
};

/** Serves until the input ends or a signal ends orc; returns the exit code. */
export async function serveMcp(run: Run): Promise<number> {
  if (run.values?.on("no-input")) assertNotTyped(run.host);
  const inOrder = oneByOne();
  const exitCode = await new Promise<number>((end) =>
    listen(run, inOrder, end)
  );
  // What is under way is brought to its end before the process is.
  await inOrder(() => Promise.resolve());
  return exitCode;
}

function listen(
  run: Run,
  inOrder: InOrder,
  end: (exitCode: number) => void,
): void {
  const transport = new StdioServerTransport(process.stdin, process.stdout, {
    maxBufferSize: MAX_MESSAGE_BYTES,
  });
  const closed = new AbortController();
  const serve = (): Server => {
    const server = new Server({ name: "orc", version: VERSION }, {
      capabilities: { tools: {} },
      instructions: INSTRUCTIONS,
    });
    server.setRequestHandler("tools/list", () => ({ tools: listed() }));
    server.setRequestHandler("tools/call", ({ params }, context) => {
      const tool = TOOLS.find(({ name }) => name === params.name);
      if (tool === undefined) throw unknownTool(params.name);
      const client = clientOf(context) ?? server.getClientVersion()?.name;
      const signal = AbortSignal.any([context.mcpReq.signal, closed.signal]);
      const host = agentHost(run.host, { client, signal });
      return inOrder(async () => {
        signal.throwIfAborted();
        try {
          const own = { ...run, host };
          const answer = await call(own, tool, params.arguments ?? {});
          if (!tool.reads) void inOrder(() => sendLater(run, own));
          return answer;
        } catch (error) {
          if (error instanceof Interrupted) {
            // A signal to orc ended what it was at: nothing else is begun.
            end(error.exitCode);
            void handle.close();
          }
          throw error;
        }
      });
    });
    return server;
  };
  const handle = serveStdio(serve, {
    transport,
    onerror: (error) => tell(run.streams, `${escapeControls(error.message)}\n`),
  });
  const close = transport.onclose;
  transport.onclose = () => {
    close?.();
    closed.abort(new Error("The client has gone"));
    end(0);
  };
}

type InOrder = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** What is asked at once is done one after the other, in the order in which it was asked. */
function oneByOne(): InOrder {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
}

function listed() {
  return TOOLS.map((tool) => ({
    name: tool.name,
    description: tool.summary,
    inputSchema: schemaOf(tool),
    ...tool.reads ? { annotations: { readOnlyHint: true } } : {},
  }));
}

function unknownTool(name: string): ProtocolError {
  return new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `No tool "${name}": there are ${TOOLS.map((tool) => tool.name).join(", ")}`,
  );
}

/** What a client of the newer generation calls itself with each request. */
function clientOf({ mcpReq }: ServerContext): string | undefined {
  const info: unknown = Object.entries(mcpReq.envelope ?? {})
    .find(([key]) => key.endsWith("/clientInfo"))?.[1];
  const name: unknown = Object(info).name;
  return typeof name === "string" ? name : undefined;
}

const AGENT_NAME = /^[a-z][\w@.-]{0,63}$/;

/**
 * The machine as it is for a call: whoever calls is an agent, whatever the environment says, so no
 * setting, and no terminal that orc was started in, approves for it. Programs end with the call.
 */
function agentHost(
  host: Host,
  { client = "", signal }: {
    readonly client: string | undefined;
    readonly signal: AbortSignal;
  },
): Host {
  const name = client.toLowerCase();
  const named = AGENT_NAME.test(name) ? name : "unknown";
  const terminal = {
    ...host.terminal,
    isInteractive: false,
    isOutputTerminal: false,
    isErrorTerminal: false,
    showProgress: () => {},
  };
  // No copy: that would ask for the working directory, which may be gone.
  return Object.assign(Object.create(host), {
    terminal,
    approve: undefined,
    // Standard input is the client's.
    readInput: () => new Uint8Array(),
    caller: () => ({ agent: host.caller().agent ?? named, approval: null }),
    runProgram: (request: Parameters<Host["runProgram"]>[0]) =>
      host.runProgram({
        ...request,
        signal: request.signal === undefined
          ? signal
          : AbortSignal.any([request.signal, signal]),
      }),
  });
}

/** Others are packed, and a session is sent away, once the client has its answer; the end of the call does not end that. */
async function sendLater(
  run: Run,
  { host, values, commandName }: Run,
): Promise<void> {
  const options = {
    root: values?.text("root"),
    session: values?.text("session"),
  };
  try {
    const { layout: { root } } = openRepository(host, { root: options.root });
    await tidyUp({ ...run, commandName }, root);
    const { place } = await openSession(host, options);
    await tellHuman({ ...run, commandName }, place);
    if (!mayVanish(host, root)) return;
    await sendAway(run, place);
  } catch (error) {
    tell(run.streams, `${escapeControls(String(error))}\n`);
  }
}

/** Does what a tool is for, and says what the command would print, or why it does not. */
async function call(
  run: Run,
  tool: Tool,
  given: Readonly<Record<string, unknown>>,
): Promise<Answer> {
  const { host, table } = run;
  try {
    const argv = await wordsOf(run, tool, valuesIn(tool, given));
    const { entry, rest } = selectCommand(argv, table);
    if (entry === undefined) throw new Error(`The table lacks "${tool.name}"`);
    const { command, values } = await prepare(entry, rest, table);
    run.values = values;
    run.commandName = values.command;
    const { migrateFirst } = await import("./notice.ts");
    const before = host.env("ORCHESTRATOR_AUTO_MIGRATE")
      ? await migrateFirst(host, values.command, values)
      : [];
    const outcome = await command.run(host, values);
    const text = resultText(command, outcome.result, styleFor(host, "never"));
    return answer(host, [
      text.trimEnd(),
      ...[...before, ...outcome.warnings ?? []].map((warning) =>
        `Warning: ${escapeControls(warning)}`
      ),
    ], outcome.refusal !== undefined);
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    return await refusal(run, error);
  }
}

async function refusal(run: Run, error: unknown): Promise<Answer> {
  const { host, values, commandName } = run;
  const { describeFailure } = await import("./failure.ts");
  const { maskFailure } = await import("../secrets/masker.ts");
  await maskFailure(host, {
    root: values?.text("root"),
    session: values?.text("session"),
  });
  const { code, message, hint } = describeFailure(error, {
    command: commandName,
    verbose: false,
  });
  const lines = [message, ...hint ? [`Try: ${hint}`] : [], `Code: ${code}`];
  return answer(host, lines.map(escapeControls), true);
}

function answer(
  host: Host,
  lines: readonly string[],
  isError: boolean,
): Answer {
  const said = lines.filter((line) => line !== "").join("\n");
  const text = rememberedMasker(host)?.mask(said) ?? said;
  return { content: [{ type: "text", text }], ...isError && { isError } };
}

/** What an argument has to be, and how it is given. */
const FORMS = {
  text: ["a text", '"…"'],
  texts: ["a list of texts", '["…"]'],
  yes: ["true or false", "true"],
} as const;

/** The values of an argument; undefined where it is something else. */
function textsOf(
  type: ToolArgument["type"],
  value: unknown,
): readonly string[] | undefined {
  if (type === "yes") {
    return typeof value === "boolean" ? value ? ["true"] : [] : undefined;
  }
  const texts = type === "texts" ? value : [value];
  return Array.isArray(texts) && texts.every((one) => typeof one === "string")
    ? texts
    : undefined;
}

/** The arguments of a call, once they are what the tool takes. */
function valuesIn(
  tool: Tool,
  given: Readonly<Record<string, unknown>>,
): ToolValues {
  const { name } = tool;
  const args = argumentsOf(tool);
  assertOptions(given, Object.keys(args));
  const values = new Map<string, readonly string[]>();
  for (const [key, value] of Object.entries(given)) {
    const type = args[key]?.type ?? "text";
    const texts = textsOf(type, value);
    if (texts !== undefined) {
      values.set(key, texts);
      continue;
    }
    const [what, such] = FORMS[type];
    throw usage(
      "invalid_value",
      `Argument "${key}" of tool "${name}" is not ${what}`,
      `give "${key}" as ${such}`,
    );
  }
  const missing = Object.entries(args).find(([key, { required }]) =>
    required && !values.has(key)
  );
  if (missing === undefined) return (key) => values.get(key) ?? [];
  throw usage(
    "missing_argument",
    `Tool "${name}" needs "${missing[0]}"`,
    `give "${missing[0]}" as a text`,
  );
}

/** The command line of a call: for the repository that is served, and the session that is named. */
async function wordsOf(
  { host, values: own }: Run,
  tool: Tool,
  given: ToolValues,
): Promise<readonly string[]> {
  const [session = own?.text("session")] = given("session");
  const root = own?.text("root");
  const timeout = own?.text("lock-timeout");
  const common = [
    ...session === undefined ? [] : [`--session=${session}`],
    ...root === undefined ? [] : [`--root=${root}`],
    ...timeout === undefined ? [] : [`--lock-timeout=${timeout}`],
  ];
  const [name = "", ...rest] = tool.words(given);
  const isEarly = name === "finish" && given("abandon").length === 0 &&
    !await isLastPhase(host, { session, root });
  return isEarly ? ["advance", ...common] : [name, ...common, ...rest];
}

async function isLastPhase(
  host: Host,
  options: { readonly session?: string; readonly root?: string },
): Promise<boolean> {
  const { phaseId, phases } = await readStatus(host, options);
  return phases.at(-1)?.id === phaseId;
}
