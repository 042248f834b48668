/** A repository whose workflow includes files from a server of git. */
import type { Host } from "../../src/host/host.ts";
import { git } from "../persist/clones.ts";
import { alone, type Server, withServer } from "../fetch/server.ts";

export interface Shop {
  readonly server: Server;
  readonly root: string;
  readonly host: Host;
  /** Writes files of the repository, and commits them. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
}

export const BASE = `name: Base
phases:
  - id: PLAN
    name: Plan
    items:
      - {id: plan, name: Plan}
  - id: VERIFY
    name: Verify
    items:
      - id: tests
        name: Tests
        step_type: gate
        verification: {type: command, command: git --version}
`;

export function withShop(test: (shop: Shop) => Promise<void>): Promise<void> {
  return withServer(async (server) => {
    const root = `${server.directory}/shop`;
    Deno.mkdirSync(root);
    await git(root, "init", "-q", "-b", "main");
    await test({
      server,
      root,
      host: alone(server.home, root),
      async write(files) {
        for (const [name, text] of Object.entries(files)) {
          const path = `${root}/${name}`;
          Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), {
            recursive: true,
          });
          Deno.writeTextFileSync(path, text);
        }
        await git(root, "add", "-A");
        await git(root, "commit", "-qm", "Work");
      },
    });
  });
}

/** A workflow that includes one file of a commit; the include is its third line. */
export function including(
  { server }: Shop,
  commit: string,
  file = "base.yaml",
): string {
  return `name: Shop
include:
  - git: ${server.url}/w
    commit: ${commit}
    file: ${file}
`;
}
