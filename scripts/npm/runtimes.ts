import { run } from "./program.ts";

/** A program that runs JavaScript, and the npm package that carries it. */
export interface Runtime {
  readonly name: string;
  readonly carrier: string;
  readonly program: string;
}

/** What the package promises to run on. */
export const RUNTIMES: readonly Runtime[] = [
  { name: "Node 20", carrier: "node@20", program: "node" },
  { name: "Node 22", carrier: "node@22", program: "node" },
  { name: "Node 24", carrier: "node@24", program: "node" },
  { name: "Bun", carrier: "bun@1", program: "bun" },
];

/** Finds a program in the package that carries it; npm keeps both in its cache. */
export async function programOf(
  { carrier, program }: Runtime,
): Promise<string> {
  const find = `command -v ${program}`;
  const path = await run(["npx", "-y", "-p", carrier, "sh", "-c", find], {
    cwd: Deno.cwd(),
  });
  return path.trim();
}
