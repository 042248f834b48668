/** Plays a client of the Model Context Protocol against orc as a process. */
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { orcCommand } from "../orc_command.ts";

/** Both generations of the protocol, as a client asks for them. */
export const GENERATIONS = [
  { version: "2026-07-28", mode: { pin: "2026-07-28" } },
  { version: "2025-11-25", mode: "legacy" },
] as const;

type Generation = typeof GENERATIONS[number];

/** What a tool answered. */
export interface Said {
  readonly text: string;
  readonly isError: boolean;
}

/** A client that is connected. */
export interface Connected {
  readonly client: Client;
  readonly pid: number;
  /** What the process of orc has said on error output so far. */
  errors(): string;
  call(
    name: string,
    args?: Readonly<Record<string, unknown>>,
    signal?: AbortSignal,
  ): Promise<Said>;
}

/** Variables without which no runtime finds its own files. */
const NEUTRAL = ["HOME", "PATH", "TMPDIR", "DENO_DIR", "LANG"];

/** Runs a test with a client of one generation, on `orc mcp` in a directory. */
export async function withClient(
  directory: string,
  { mode }: Pick<Generation, "mode">,
  test: (connected: Connected) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const [command, ...first] = orcCommand();
  const known = NEUTRAL.map((name) => [name, Deno.env.get(name) ?? ""]);
  const transport = new StdioClientTransport({
    command,
    args: [...first, "mcp"],
    cwd: directory,
    env: { ...Object.fromEntries(known), ...env },
    stderr: "pipe",
  });
  let errors = "";
  transport.stderr?.on("data", (bytes: Uint8Array) => {
    errors += new TextDecoder().decode(bytes);
  });
  const info = { name: "Player", version: "1.0.0" };
  const client = new Client(info, { versionNegotiation: { mode } });
  await client.connect(transport);
  try {
    await test({
      client,
      pid: transport.pid ?? 0,
      errors: () => errors,
      call: async (name, args, signal) => {
        const { content, isError } = await client.callTool(
          { name, arguments: { ...args } },
          { signal },
        );
        const texts = content.map((part) =>
          part.type === "text" ? part.text : ""
        );
        return { text: texts.join("\n"), isError: isError ?? false };
      },
    });
  } finally {
    await client.close();
  }
}

/** A process that is given bytes, and says when it ends. */
export interface Raw {
  readonly pid: number;
  write(text: string): Promise<void>;
  /** The next message on standard output. */
  read(): Promise<Message>;
  /** How the process ended by itself. */
  readonly ended: Promise<number>;
  /** Closes standard input, and gives all that is left. */
  end(): Promise<{
    readonly code: number;
    readonly stdout: string;
    readonly stderr: string;
  }>;
}

/** A message as it stands on a line. */
// deno-lint-ignore no-explicit-any
export type Message = any;

/** Starts `orc mcp` in a directory, for whoever speaks no protocol, or badly. */
export function startRaw(directory: string): Raw {
  const [command, ...first] = orcCommand();
  const process = new Deno.Command(command, {
    args: [...first, "mcp"],
    cwd: directory,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  const reader = process.stdout.pipeThrough(new TextDecoderStream())
    .getReader();
  const stderr = new Response(process.stderr).text();
  let pending = "";
  return {
    pid: process.pid,
    ended: process.status.then(({ code }) => code),
    // Who has ended reads no more: what it said tells why.
    write: (text) =>
      writer.write(new TextEncoder().encode(text)).catch(() => {}),
    async read() {
      while (!pending.includes("\n")) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`No more messages; ${await stderr}`);
        pending += value;
      }
      const end = pending.indexOf("\n");
      const line = pending.slice(0, end);
      pending = pending.slice(end + 1);
      return JSON.parse(line);
    },
    async end() {
      await writer.close().catch(() => {});
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        pending += value;
      }
      const { code } = await process.status;
      return { code, stdout: pending, stderr: await stderr };
    },
  };
}

/** A line with a request. */
export function requestOf(
  id: number | string,
  method: string,
  params: object = {},
): string {
  return `${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`;
}

/** The opening of the older generation, as one text. */
export const OPENING = requestOf(0, "initialize", {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "raw", version: "1" },
}) + '{"jsonrpc":"2.0","method":"notifications/initialized"}\n';
