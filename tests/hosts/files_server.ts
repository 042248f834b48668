/** A server of one tool that writes files, as hosts of agents start it: JSON-RPC in lines, and no library. */
import { dirname } from "node:path";

const WRITE_FILE = {
  name: "write_file",
  description: "Writes a file",
  inputSchema: {
    type: "object",
    properties: { path: { type: "string" }, content: { type: "string" } },
    required: ["path", "content"],
  },
};

interface Asked {
  readonly id?: number | string;
  readonly method: string;
  readonly params?: {
    readonly protocolVersion?: string;
    readonly arguments?: { readonly path: string; readonly content: string };
  };
}

/** What is answered; undefined for a method that it does not have. */
function resultOf({ method, params }: Asked): object | undefined {
  switch (method) {
    case "initialize":
      return {
        protocolVersion: params?.protocolVersion ?? "2025-06-18",
        capabilities: { tools: {} },
        serverInfo: { name: "files", version: "1" },
      };
    case "ping":
      return {};
    case "tools/list":
      return { tools: [WRITE_FILE] };
    case "tools/call": {
      const { path, content } = params?.arguments ?? { path: "", content: "" };
      Deno.mkdirSync(dirname(path), { recursive: true });
      Deno.writeTextFileSync(path, content);
      return { content: [{ type: "text", text: "written" }] };
    }
  }
}

async function serve(): Promise<void> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const bytes of Deno.stdin.readable) {
    rest += decoder.decode(bytes, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const asked: Asked = JSON.parse(line);
      if (asked.id === undefined) continue;
      const result = resultOf(asked);
      const answer = result === undefined
        ? { error: { code: -32601, message: "Method not found" } }
        : { result };
      console.log(JSON.stringify({ jsonrpc: "2.0", id: asked.id, ...answer }));
    }
  }
}

if (import.meta.main) await serve();
