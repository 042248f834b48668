/** Clones whose sessions go to a bucket. */
import type { Host } from "../../src/host/host.ts";
import { machine, type Remote, start, withRemote } from "../persist/clones.ts";
import { KEYS, type Server, withServer } from "./server.ts";

/** The environment of somebody who keeps sessions there. */
export function settingsFor(url: string): Readonly<Record<string, string>> {
  return {
    ...KEYS,
    ORCHESTRATOR_PERSIST_TO: "s3",
    ORCHESTRATOR_PERSIST_S3_URL: url,
  };
}

export interface Site extends Remote {
  readonly server: Server;
  /** A machine with a clone, whose sessions go to the server. */
  at(root: string, more?: Readonly<Record<string, string>>): Host;
}

/** Runs a test with a server and a repository that can be cloned. */
export function withSite(test: (site: Site) => Promise<void>): Promise<void> {
  return withServer((server) =>
    withRemote(async (remote) => {
      // One URL for all clones, as that of a host: without it each would be of its own.
      const clone = async (name: string): Promise<string> => {
        const root = await remote.clone(name);
        const { git } = await import("../persist/clones.ts");
        const url = "https://example.org/team/project.git";
        await git(root, "remote", "set-url", "origin", url);
        return root;
      };
      await test({
        ...remote,
        clone,
        server,
        at: (root, more = {}) =>
          machine(root, { ...settingsFor(server.url), ...more }),
      });
    })
  );
}

/** Runs a test with a clone in which a session is. */
export function withSession(
  test: (root: string, id: string, site: Site) => Promise<void>,
): Promise<void> {
  return withSite(async (site) => {
    const root = await site.clone("a");
    await test(root, await start(root), site);
  });
}
