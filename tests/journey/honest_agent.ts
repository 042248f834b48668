import { APPROVING, type Repository, type RunOptions } from "./orc.ts";
import { assertEquals } from "@std/assert";

const PLAN = `# Login

- [ ] A wrong password shows an error
- Step: auth.js compares the hash; sessions stay as they are
- Risk: users may be locked out; revert the commit
- [ ] Test: a good password logs in
- Ran: node --test, 1 test, 1 passes
`;

const REVIEW = `# Review

- [x] auth.js:3 compared in constant time now
- Security: passwords never reach the log
`;

type Work = (repository: Repository, directory: string) => Promise<void>;

/** What an honest agent does for each item before it says that it is done. */
export const WORK: Readonly<Record<string, Work>> = {
  scope: ({ write }, directory) => write(`${directory}/plan.md`, PLAN),
  implementation: ({ write }) => write("README.md", "A shop with a login\n"),
  tests_pass: ({ write }, directory) =>
    write(`${directory}/plan.md`, `${PLAN}- Result: node --test, all pass\n`),
  self_review: ({ write }, directory) =>
    write(`${directory}/review.md`, REVIEW),
  criteria_met: ({ write }, directory) =>
    write(`${directory}/plan.md`, PLAN.replaceAll("[ ]", "[x]")),
  learnings: ({ write }, directory) =>
    write(`${directory}/learnings.md`, "- Tests need Node 20 or later\n"),
};

/** Where the session's documents go, as the next item says. */
export function directoryIn(next: unknown): string | undefined {
  return /docs\/tasks\/[a-z0-9-]+/.exec(JSON.stringify(next))?.[0];
}

/** Goes through a whole session as the next step says, and finishes it. Returns the commands it ran. */
export async function playToTheEnd(
  repository: Repository,
  options: RunOptions = {},
): Promise<readonly string[]> {
  const played: string[] = [];
  let directory = "docs";
  for (let step = 0; step < 50; step++) {
    const { next } = await repository.result(["next"], options);
    const [, verb = "", itemId = ""] = next.command.split(" ");
    played.push([verb, itemId].join(" ").trim());
    directory = directoryIn(next) ?? directory;
    await WORK[itemId]?.(repository, directory);
    const args = verb === "complete"
      ? [verb, itemId, "--notes", `- did ${itemId}`]
      : [verb, itemId].filter((word) => word !== "");
    const env = { ...options.env, ...(next.human ? APPROVING.env : {}) };
    const ended = await repository.orc(args, { ...options, env });
    assertEquals(ended.code, 0, `${args.join(" ")}: ${ended.stderr}`);
    if (verb === "finish") return played;
  }
  throw new Error(`not finished after 50 steps: ${played.join(", ")}`);
}
