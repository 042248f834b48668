/** A model that follows a script, on the loopback interface: what hosts of agents ask, without any network. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A tool that the model asks for. */
export interface Ask {
  readonly tool: string;
  /** What Codex puts the tools of a server under. */
  readonly namespace?: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface Model {
  readonly url: string;
  /** What reached it, as text, in order. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

type Tools = readonly { readonly name?: string; readonly tools?: Tools }[];

function isOffered(tools: Tools, { tool, namespace }: Ask): boolean {
  const among = namespace === undefined
    ? tools
    : tools.find(({ name }) => name === namespace)?.tools ?? [];
  return among.some(({ name }) => name === tool);
}

/** What the model does: it asks for a tool, or says that it is done, which hooks may not let stand. */
export type Turn = Ask | "stop";

/** Takes one turn after the other; then, and where a request offers other tools alone, it is done. */
export async function startModel(turns: readonly Turn[]): Promise<Model> {
  const requests: string[] = [];
  const rest = [...turns];
  const nextFor = (tools: Tools = []): Ask | undefined => {
    const [turn] = rest;
    const isMeant = turn === "stop"
      ? tools.length > 0
      : turn !== undefined && isOffered(tools, turn);
    if (isMeant) rest.shift();
    return isMeant && turn !== "stop" ? turn : undefined;
  };
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8");
    request.on("data", (part: string) => text += part);
    request.on("end", () => {
      const url = request.url ?? "";
      if (url.includes("count_tokens")) {
        response.setHeader("content-type", "application/json");
        response.end('{"input_tokens": 10}');
      } else if (url.startsWith("/v1/messages")) {
        requests.push(text);
        messages(response, JSON.parse(text), nextFor, requests.length);
      } else if (url.startsWith("/v1/responses")) {
        requests.push(text);
        responses(response, JSON.parse(text), nextFor, requests.length);
      } else if (url.includes(":streamGenerateContent")) {
        requests.push(text);
        contents(response, JSON.parse(text), nextFor);
      } else {
        response.statusCode = 404;
        response.end("{}");
      }
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}

interface Asked {
  readonly model?: string;
  readonly stream?: boolean;
  readonly tools?: Tools;
}

type NextFor = (tools?: Tools) => Ask | undefined;

interface SentEvent {
  readonly type: string;
}

function send(
  response: ServerResponse,
  events: readonly SentEvent[],
): void {
  response.setHeader("content-type", "text/event-stream");
  for (const event of events) {
    response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  }
  response.end();
}

const DONE = "All done.";

/** Claude Code's side. */
function messages(
  response: ServerResponse,
  { model, stream, tools }: Asked,
  nextFor: NextFor,
  number: number,
): void {
  const ask = nextFor(tools);
  const id = `toolu_${number}`;
  const block = ask === undefined
    ? { type: "text", text: DONE }
    : { type: "tool_use", id, name: ask.tool, input: ask.input };
  const stopReason = ask === undefined ? "end_turn" : "tool_use";
  const usage = { input_tokens: 1, output_tokens: 1 };
  const message = {
    id: `msg_${number}`,
    type: "message",
    role: "assistant",
    model,
    usage,
  };
  if (!stream) {
    response.setHeader("content-type", "application/json");
    const whole = { ...message, content: [block], stop_reason: stopReason };
    response.end(JSON.stringify(whole));
    return;
  }
  const delta = ask === undefined
    ? { type: "text_delta", text: DONE }
    : { type: "input_json_delta", partial_json: JSON.stringify(ask.input) };
  const begun = ask === undefined
    ? { type: "text", text: "" }
    : { ...block, input: {} };
  const start = { ...message, content: [], stop_reason: null };
  const events = [
    { type: "message_start", message: start },
    { type: "content_block_start", index: 0, content_block: begun },
    { type: "content_block_delta", index: 0, delta },
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason: stopReason }, usage },
    { type: "message_stop" },
  ];
  send(response, events);
}

/** Codex' side. */
function responses(
  response: ServerResponse,
  { tools }: Asked,
  nextFor: NextFor,
  number: number,
): void {
  const ask = nextFor(tools);
  const id = `resp_${number}`;
  const item = ask === undefined
    ? {
      type: "message",
      id: `${id}_m`,
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: DONE, annotations: [] }],
    }
    : {
      type: "function_call",
      id: `${id}_f`,
      call_id: `call_${number}`,
      name: ask.tool,
      ...ask.namespace !== undefined && { namespace: ask.namespace },
      arguments: JSON.stringify(ask.input),
      status: "completed",
    };
  const usage = {
    input_tokens: 1,
    input_tokens_details: null,
    output_tokens: 1,
    output_tokens_details: null,
    total_tokens: 2,
  };
  const events = [
    { type: "response.created", response: { id } },
    { type: "response.output_item.done", output_index: 0, item },
    { type: "response.completed", response: { id, usage } },
  ];
  send(response, events);
}

/** Gemini CLI's side; what it asks in one piece, such as which model fits, is not found, and it does without. */
function contents(
  response: ServerResponse,
  { tools = [] }: {
    readonly tools?: readonly { readonly functionDeclarations?: Tools }[];
  },
  nextFor: NextFor,
): void {
  const offered = tools.flatMap(({ functionDeclarations = [] }) =>
    functionDeclarations
  );
  const ask = nextFor(offered);
  const part = ask === undefined
    ? { text: DONE }
    : { functionCall: { name: ask.tool, args: ask.input } };
  const content = { role: "model", parts: [part] };
  const usageMetadata = {
    promptTokenCount: 1,
    candidatesTokenCount: 1,
    totalTokenCount: 2,
  };
  const candidates = [{ content, finishReason: "STOP", index: 0 }];
  response.setHeader("content-type", "text/event-stream");
  response.end(`data: ${JSON.stringify({ candidates, usageMetadata })}\n\n`);
}
