import type { Host } from "../../src/host/host.ts";
import { pullSessions } from "../../src/persist/pull.ts";
import { pushSessions } from "../../src/persist/push.ts";
import { readPersistStatus } from "../../src/persist/status.ts";
import { addNote } from "../../src/work/item.ts";
import { settingsFor } from "../../tests/objects/clones.ts";
import { withServer } from "../../tests/objects/server.ts";
import { git, machine, start, withRemote } from "../../tests/persist/clones.ts";
import { multiplySessions } from "./many.ts";
import { type Row, timeOf } from "./row.ts";

const SESSIONS = 1000;
const REFS = "refs/orchestrator/sessions/*";
const URL = "https://example.org/team/project.git";

/** Two machines, and how those on them reach the place that sessions go to. */
interface Site {
  /** What the place is called. */
  readonly place: string;
  readonly here: string;
  readonly there: string;
  host(root: string): Host;
}

/** What a place costs that keeps many sessions, each against what git alone takes for as many references. */
export async function measurePersist(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const branch of ["", "claude/orchestrator-state"]) {
    // An empty one is none.
    const settings = { ORCHESTRATOR_STATE_BRANCH: branch };
    await withClones(async (clones) => {
      const place = branch === "" ? "git" : "one branch";
      const host = (root: string) => machine(root, settings);
      rows.push(...await measureAt({ ...clones, place, host }));
    });
  }
  await withServer((server) =>
    withClones(async (clones) => {
      for (const root of [clones.here, clones.there]) {
        await git(root, "remote", "set-url", "origin", URL);
      }
      const host = (root: string) => machine(root, settingsFor(server.url));
      rows.push(...await measureAt({ ...clones, place: "a bucket", host }));
    })
  );
  return rows;
}

function withClones(
  measure: (clones: Pick<Site, "here" | "there">) => Promise<void>,
): Promise<void> {
  return withRemote(async ({ clone }) => {
    await measure({ here: await clone("here"), there: await clone("there") });
  });
}

async function measureAt(
  { place, here, there, host }: Site,
): Promise<readonly Row[]> {
  const first = await start(here);
  await multiplySessions(here, SESSIONS);
  const references = await timesOfGit();
  const rows: Row[] = [];
  const measure = async (
    what: string,
    reference: keyof typeof references,
    use: () => Promise<unknown>,
  ) => {
    rows.push({
      what: `${what} (${SESSIONS} sessions, ${place})`,
      milliseconds: await timeOf(async () => {
        await use();
      }),
      reference: `git ${reference} of as many references`,
      referenceMilliseconds: references[reference],
      target: "for comparison",
    });
  };
  const push = (root: string) => pushSessions(host(root), { root });
  const pull = (root: string) => pullSessions(host(root), { root });
  const change = (text: string) =>
    addNote(host(here), { root: here, session: first, text });
  await measure("first push", "push", () => push(here));
  await measure("second push", "ls-remote", () => push(here));
  await change("One");
  await measure("push of one", "ls-remote", () => push(here));
  await measure(
    "status",
    "ls-remote",
    () => readPersistStatus(host(here), { root: here }),
  );
  await measure("first pull", "fetch", () => pull(there));
  await measure("second pull", "ls-remote", () => pull(there));
  await change("Two");
  await push(here);
  await measure("pull of one", "ls-remote", () => pull(there));
  return rows;
}

/** What git takes for as many references, each to a commit with one file of its own. */
async function timesOfGit(): Promise<
  Readonly<Record<"push" | "ls-remote" | "fetch", number>>
> {
  const times = { push: 0, "ls-remote": 0, fetch: 0 };
  await withRemote(async ({ clone, directory }) => {
    const [from, to] = [await clone("from"), await clone("to")];
    const lines = Array.from({ length: SESSIONS }, (_, index) => [
      `commit ${REFS.replace("*", String(index))}`,
      "committer A <a@example.org> 0 +0000",
      "data 0",
      `M 100644 inline file\ndata ${String(index).length}\n${index}`,
    ]).flat();
    const script = `${directory}/script`;
    Deno.writeTextFileSync(script, `${lines.join("\n")}\n`);
    const args = ["-c", `git fast-import --quiet < ${script}`];
    await new Deno.Command("sh", { args, cwd: from }).output();
    const refs = `${REFS}:${REFS}`;
    const measure = async (
      name: keyof typeof times,
      root: string,
      more: string[],
    ) => {
      times[name] = await timeOf(async () => {
        await git(root, name, ...more);
      });
    };
    await measure("push", from, ["-q", "origin", refs]);
    await measure("ls-remote", from, ["-q", "origin", REFS]);
    await measure("fetch", to, ["-q", "origin", refs]);
    const fetched = await git(to, "for-each-ref", REFS.slice(0, -1));
    if (fetched.trim().split("\n").length !== SESSIONS) {
      throw new Error(fetched);
    }
  });
  return times;
}
