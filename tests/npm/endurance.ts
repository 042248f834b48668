// A server that goes on for long, over many sessions: run on Deno, and on Node with the package, with --expose-gc.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import process from "node:process";
import { denoHost, openRepository } from "@orc/cli";

const [sessions = 100, updates = 1000] = process.argv.slice(2).map(Number);
const AT_ONCE = 100;
const warnings: string[] = [];
process.on("warning", ({ name }) => warnings.push(name));

/** What is still in use, when all else was thrown away. */
function heapBytes(): number {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error("run this with --expose-gc");
  gc();
  return process.memoryUsage().heapUsed;
}

const host = { ...denoHost(), env: () => undefined };
const { signal } = new AbortController();
const root = await mkdtemp(`${tmpdir()}/orc-endurance-`);
try {
  const repository = await openRepository({ root, host, signal });
  const ids: string[] = [];
  for (let number = 0; number < sessions; number++) {
    const { id } = await repository.start(`${number}`, { beside: true });
    ids.push(id);
  }
  const rejected: string[] = [];
  let warmBytes = 0;
  for (let done = 0; done < updates; done += AT_ONCE) {
    if (done === updates / 5) warmBytes = heapBytes();
    await Promise.all(Array.from({ length: AT_ONCE }, async (_, number) => {
      const id = ids[(done + number) % ids.length];
      try {
        await repository.session(id)
          .note(`note ${done + number}`, {
            signal: new AbortController().signal,
          });
      } catch (error) {
        rejected.push(String(error));
      }
    }));
  }
  const grownBytes = heapBytes() - warmBytes;
  let stored = 0;
  for (const id of ids) {
    stored += (await repository.session(id).status()).notes.length;
  }
  console.log(JSON.stringify({ stored, rejected, warnings, grownBytes }));
} finally {
  await rm(root, { recursive: true });
}
