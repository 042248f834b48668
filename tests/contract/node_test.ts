/** The contract of stores on Node: the same modules, with the stand-in for Deno that the npm package has. */
import { storeContract } from "../../src/contract/contract.ts";
import { bundleForNode } from "../../scripts/build/program.ts";
import { withTemporaryDirectory } from "../files/temporary.ts";
import { startProxy } from "../postgres/proxy.ts";
import { OWNER, programs, startServer } from "../postgres/server.ts";
import type { Places } from "./on_node.ts";
import { assertEquals, assertMatch } from "@std/assert";

const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

/** Holds the stores to it, and returns how many promises each kept. */
async function heldOnNode(places: Places): Promise<unknown> {
  const out = `${places.directory}-program`;
  const entry = `${ROOT}/tests/contract/on_node.ts`;
  const program = await bundleForNode(ROOT, entry, out);
  try {
    const { stdout, stderr } = await new Deno.Command("node", {
      args: ["--enable-source-maps", program, JSON.stringify(places)],
    }).output();
    const [text = "", errors] = [stdout, stderr].map((bytes) =>
      new TextDecoder().decode(bytes)
    );
    if (text === "") throw new Error(errors);
    const { node, held } = JSON.parse(text);
    assertMatch(node, /^v\d+/);
    return held;
  } finally {
    await Deno.remove(out, { recursive: true });
  }
}

const all = storeContract.length;

Deno.test("files and documents keep the contract on Node", () =>
  withTemporaryDirectory(async (directory) => {
    assertEquals(await heldOnNode({ directory }), {
      documents: all,
      files: all,
    });
  }));

Deno.test({
  name:
    "a database keeps the contract on Node, by all that PostgreSQL has and by less",
  ignore: programs === undefined,
  fn: () =>
    withTemporaryDirectory(async (directory) => {
      const server = await startServer();
      const proxy = startProxy(server.port);
      // Whoever comes to this port loses the next answer.
      const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const listening = (async () => {
        for await (const caller of listener) {
          proxy.loseAnswer();
          caller.close();
        }
      })();
      try {
        const { port: losingPort } = listener.addr as Deno.NetAddr;
        const held = await heldOnNode({
          directory,
          postgres: {
            url: `postgres://${OWNER}@127.0.0.1:${proxy.port}/postgres`,
            directPort: server.port,
            losingPort,
          },
        });
        assertEquals(held, {
          ...{ documents: all, files: all },
          ...{ PostgreSQL: all, "PostgreSQL without both": all },
        });
        assertEquals(proxy.lostAnswers(), 2);
      } finally {
        listener.close();
        await listening;
        await proxy.close();
        await server.stop();
      }
    }),
});
