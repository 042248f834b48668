/** Codex' server for other programs, asked as its own screen of hooks asks it. */

/** What Codex says of a hook. */
export interface ListedHook {
  readonly key: string;
  readonly currentHash: string;
  readonly trustStatus: string;
}

interface Start {
  readonly program: string;
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The hooks that Codex finds in a repository. */
export async function listHooks(start: Start): Promise<readonly ListedHook[]> {
  return await withServer(start, (ask) => hooksOf(ask, start));
}

/** Trusts all hooks of a repository, as its user would at `/hooks`. */
export async function trustHooks(start: Start): Promise<void> {
  await withServer(start, async (ask) => {
    const hooks = await hooksOf(ask, start);
    const value = Object.fromEntries(
      hooks.map(({ key, currentHash }) => [key, { trusted_hash: currentHash }]),
    );
    const keyPath = "hooks.state";
    const edits = [{ keyPath, value, mergeStrategy: "upsert" }];
    await ask("config/batchWrite", { edits });
  });
}

// deno-lint-ignore no-explicit-any
type Ask = (method: string, params: object) => Promise<any>;

async function hooksOf(
  ask: Ask,
  { root }: Start,
): Promise<readonly ListedHook[]> {
  const { data } = await ask("hooks/list", { cwds: [root] });
  return data.flatMap(({ hooks }: { hooks: readonly ListedHook[] }) => hooks);
}

async function withServer<Result>(
  { program, root, env }: Start,
  use: (ask: Ask) => Promise<Result>,
): Promise<Result> {
  const server = new Deno.Command(program, {
    args: ["app-server"],
    cwd: root,
    env: { ...env },
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const input = server.stdin.getWriter();
  const output = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const send = (message: object) =>
    input.write(new TextEncoder().encode(`${JSON.stringify(message)}\n`));
  let rest = "";
  const answerTo = async (id: number) => {
    while (true) {
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      for (const [index, line] of lines.entries()) {
        const message = JSON.parse(line);
        if (message.id !== id) continue;
        rest = [...lines.slice(index + 1), rest].join("\n");
        if (message.error) throw new Error(JSON.stringify(message.error));
        return message.result;
      }
      const { value, done } = await output.read();
      if (done) throw new Error("Codex ended without an answer");
      rest += value;
    }
  };
  let next = 0;
  const ask: Ask = async (method, params) => {
    const id = next++;
    await send({ id, method, params });
    return await answerTo(id);
  };
  try {
    const clientInfo = { name: "orc", title: "orc", version: "1" };
    await ask("initialize", { clientInfo });
    await send({ method: "initialized" });
    return await use(ask);
  } finally {
    await input.close();
    await output.cancel();
    await server.status;
  }
}
