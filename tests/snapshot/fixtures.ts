import { denoHost } from "../../src/host/deno_host.ts";
import type { Host } from "../../src/host/host.ts";
import { exportSnapshot } from "../../src/snapshot/export.ts";
import { addNote } from "../../src/work/item.ts";
import { startSession } from "../../src/work/start.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";

/** A workflow with two items. */
export const WORKFLOW = `name: Test
phases:
  - id: PLAN
    name: Planning
    items: [{ id: a, name: A }, { id: b, name: B }]
`;

const CONFIG = '[remote "origin"]\n\turl = https://example.org/o/shop.git\n';

/** What makes a directory a clone of a remote, as far as orc looks. */
export const CLONE: Readonly<Record<string, string>> = {
  ".git/HEAD": "ref: refs/heads/main\n",
  ".git/objects/": "",
  ".git/config": CONFIG,
  "workflow.yaml": WORKFLOW,
};

/** Two clones of one remote, a session in the first one, and a machine for all. */
export interface Clones {
  readonly host: Host;
  readonly here: string;
  readonly there: string;
  /** Id of the session. */
  readonly id: string;
  /** Where snapshots may lie. */
  readonly directory: string;
}

/** A machine on which nobody has settings or keys. */
export function hostIn(directory: string): Host {
  return {
    ...denoHost(),
    workingDirectory: directory,
    homeDirectory: () => directory,
    env: () => undefined,
  };
}

/** A test with two clones. */
export function withClones(
  name: string,
  test: (clones: Clones) => Promise<void>,
): void {
  Deno.test(name, () =>
    withTemporaryDirectory(async (directory) => {
      const [here, there] = [`${directory}/here`, `${directory}/there`];
      for (const root of [here, there]) writeTree(root, CLONE);
      const host = hostIn(directory);
      const { place: { session } } = await startSession(host, {
        root: here,
        task: "Add login",
      });
      await addNote(host, { root: here, text: "first" });
      await test({ host, here, there, id: session, directory });
    }));
}

/** Exports all of a clone as it is, into a file whose path it returns. */
export async function exported(
  { host, directory }: Clones,
  root: string,
  name = "all.orc",
): Promise<string> {
  const file = `${directory}/${name}`;
  await exportSnapshot(host, { root, file, all: true, plain: true });
  return file;
}
