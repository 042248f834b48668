// A server that gets many requests at once, and a signal of its own: run on Deno, and on Node with the package.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import process from "node:process";
import { denoHost, openRepository } from "@orc/cli";

const count = Number(process.argv[2] ?? 100);
const warnings: string[] = [];
process.on("warning", ({ name }) => warnings.push(name));
let signals = 0;
process.on("SIGTERM", () => signals++);

const host = { ...denoHost(), env: () => undefined };
const { signal } = new AbortController();
const root = await mkdtemp(`${tmpdir()}/orc-server-`);
try {
  const repository = await openRepository({ root, host, signal });
  const session = await repository.start("Serve");
  const texts = Array.from({ length: count }, (_, number) => `note ${number}`);
  const startedAtMs = performance.now();
  const updates = texts.map((text) =>
    session.note(text, { signal: new AbortController().signal })
  );
  await Promise.race(updates);
  process.kill(process.pid, "SIGTERM");
  const ends = await Promise.allSettled(updates);
  const elapsedMs = performance.now() - startedAtMs;
  await new Promise((resolve) => setTimeout(resolve, 50));
  const { notes } = await session.status();
  console.log(JSON.stringify({
    stored: new Set(notes).size,
    rejected: ends.flatMap((end) =>
      end.status === "rejected" ? [String(end.reason)] : []
    ),
    signals,
    warnings,
  }));
  console.error(`${Math.round(count / elapsedMs * 1000)} updates a second`);
} finally {
  await rm(root, { recursive: true });
}
