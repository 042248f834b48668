import { readTree } from "../../src/checks/tree.ts";
import { denoHost } from "../../src/host/deno_host.ts";
import { measurePairs } from "./program.ts";
import { type Row, withBenchDirectory } from "./row.ts";

const PAIRS = 20;
const DIRECTORIES = 500;
const FILES = 10_000;

/** What changed within this time may change again and look the same, and is read again. */
const SETTLING_MS = 3_000;

/** The identity of a working tree that was read before, against what git takes to look for changes. */
export function measureTree(): Promise<Row> {
  return withBenchDirectory(async (root) => {
    const git = async (...args: readonly string[]): Promise<void> => {
      const command = new Deno.Command("git", {
        args: [
          "-C",
          root,
          "-c",
          "user.name=A",
          "-c",
          "user.email=a@b",
          ...args,
        ],
        stdin: "null",
        stdout: "null",
      });
      const { success } = await command.output();
      if (!success) throw new Error(`git ${args.join(" ")} failed`);
    };
    await writeFiles(root);
    await git("init", "--quiet");
    await git("add", "--all");
    await git("commit", "--quiet", "--message", "x");
    await Deno.mkdir(`${root}/.orchestrator`);
    await new Promise((resolve) => setTimeout(resolve, SETTLING_MS));
    const site = { root, workingTree: root };
    const read = async (): Promise<void> => {
      const tree = await readTree(denoHost(), site, { keeps: true });
      if (tree.id === null) throw new Error(tree.reason);
    };
    const medians = await measurePairs(
      PAIRS,
      read,
      () => git("status", "--porcelain"),
    );
    return {
      what:
        `identity of a tree of ${FILES} files, read before, median of ${PAIRS}`,
      ...medians,
      reference: "git status",
      target: "≤ 150 ms",
    };
  });
}

async function writeFiles(root: string): Promise<void> {
  for (let number = 0; number < DIRECTORIES; number++) {
    await Deno.mkdir(`${root}/src/d${number}`, { recursive: true });
  }
  for (let number = 0; number < FILES; number++) {
    const path = `${root}/src/d${number % DIRECTORIES}/f${number}.ts`;
    await Deno.writeTextFile(path, `export const x = ${number};\n`.repeat(40));
  }
}
