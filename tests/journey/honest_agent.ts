import { assertEquals } from "@std/assert";
import { APPROVING, type Repository, type RunOptions } from "./orc.ts";

const PLAN = `# Login

## Acceptance
- [ ] A wrong password shows an error

## Approach
Change auth.js; sessions stay as they are.

## Risks
Locked out users; revert the commit.

## Tests
- [ ] A good password logs in

## Baseline
node --test: 1 test, 1 passes
`;

const REVIEW = `# Review

## Findings
- [x] auth.js:3 compared in constant time now

## Security
Passwords never reach the log.
`;

/** What an honest agent does for each item before it says that it is done. */
const WORK: Readonly<
  Record<string, (repository: Repository) => Promise<void>>
> = {
  scope: (repository) => repository.write("docs/plan.md", PLAN),
  tests_pass: (repository) =>
    repository.write("docs/plan.md", `${PLAN}\n## Test results\nAll pass\n`),
  self_review: (repository) => repository.write("docs/review.md", REVIEW),
  criteria_met: (repository) =>
    repository.write("docs/plan.md", PLAN.replaceAll("[ ]", "[x]")),
  learnings: (repository) =>
    repository.write("docs/learnings.md", "- Tests need Node 20 or later\n"),
};

/** Goes through a whole session as the next step says, and finishes it. Returns the commands it ran. */
export async function playToTheEnd(
  repository: Repository,
  options: RunOptions = {},
): Promise<readonly string[]> {
  const played: string[] = [];
  for (let step = 0; step < 50; step++) {
    const { next } = await repository.result(["next"], options);
    const [, verb = "", itemId = ""] = next.command.split(" ");
    played.push([verb, itemId].join(" ").trim());
    await WORK[itemId]?.(repository);
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
