/** A command or a flag of the Python tool that orc succeeds, and what stands in its place. */
export interface OlderWord {
  /** As it was typed: `health`, or `start --isolated`. */
  readonly words: string;
  /** What to do instead, as the second half of "Try:"; null where it is typed as before. */
  readonly way: string | null;
}

const GIT = "use git itself: nothing is committed, pushed or merged here";

/** Commands and flags that are not here, and the way on. */
const GONE: readonly (readonly [words: string, way: string])[] = [
  [
    "start --isolated",
    'git worktree add ../NAME, then orc start "TASK" in it: orc gives each worktree a session of its own',
  ],
  [
    "finish --skip-review-check",
    "record the reviews with orc complete, or let a human run orc finish --force --session ID",
  ],
  ["finish --continue", `git push; ${GIT}`],
  ["checkpoint -d", 'orc checkpoint --decision "TEXT": -d is the root here'],
  ["list -d", "orc list --depth LEVELS: -d is the root here"],
  ["cleanup -d", "orc cleanup --depth LEVELS: -d is the root here"],
  [
    "handoff -p openrouter",
    "orc handoff, which prints the prompt: orc sends nothing anywhere",
  ],
  [
    "handoff -e",
    "orc handoff, which writes one prompt for all agents: leave -e out",
  ],
  [
    "handoff -m",
    "put the model into the command: orc handoff -x --agent-program COMMAND",
  ],
  [
    "handoff -c",
    "orc handoff, which names the constraints of the session; --criteria adds to them",
  ],
  ["doctor --cleanup", "git worktree prune; for sessions orc session cleanup"],
  ["doctor --older-than", "orc session cleanup --older-than DAYS"],
  [
    "feedback",
    "orc feedback capture, to keep feedback, or orc feedback review, to sum it up",
  ],
  ["feedback sync", "orc feedback review: orc uploads nothing"],
  ["health", "orc doctor"],
  ["dashboard", "orc status, or orc generate-md for a page"],
  ["sessions", "orc session list, orc history or orc analyze"],
  ["secrets sources", "orc secrets list"],
  ["secrets copy", "orc secrets set NAME in the other repository"],
  ["validate-adherence", "orc analyze, and orc history for what was done"],
  [
    "approval",
    "orc approve-item or orc approve, by a human in a terminal; orc approvals lists what waits",
  ],
  ["resolve", `resolve conflicts with git; ${GIT}`],
  ["run", "orc handoff --execute, which runs an agent's program"],
  ["setup", "orc init, and orc verify-write-allowed in a hook of yours"],
  ["enforce", "orc verify-write-allowed in a hook of yours"],
  ["review", "make reviews items of workflow.yaml, and orc complete them"],
  ["review-status", "orc status"],
  ["review-results", "orc history --type review_completed"],
  ["review-retry", "orc complete the item of the review again"],
  ["setup-reviews", "make reviews items of workflow.yaml: orc validate"],
  [
    "update-models",
    "name the model in the command: orc handoff -x --agent-program COMMAND",
  ],
  ["visual-verify", "make it the check of an item: orc validate"],
  ["visual-template", "make it the check of an item: orc validate"],
  ["prd", 'one session for each requirement: orc start "TASK" --beside'],
  ["task", 'orc start "TASK", and orc session list for all of them'],
  ["heal", "orc doctor, and orc doctor --fix for what loses nothing"],
  ["issues", 'orc note "TEXT": no issues are opened or closed here'],
];

/** What is typed as before; what it does is said by its help. */
const KEPT = `
start -w --workflow -p --project -c --constraints --no-archive --test-command --build-command
status --json
complete -n --notes --skip-verify --skip-auto-review -q -d
skip -r --reason -f --force -q
approve-item -n --notes -q
advance -f --force -q -y --yes --no-critique
approve -p --phase
finish --abandon -r --reason -n --notes --force --skip-learn --no-push --no-close-issues
checkpoint -m --message --decision -f --file
checkpoints -a --all --completed --cleanup --max-age
resume --from --dry-run
handoff -x --execute -p --provider -f --files --criteria -t --timeout
generate-md
init -f --force
validate -w --workflow
list -s --search-dir --json --active-only
cleanup -s --search-dir -a --max-age --dry-run
analyze --json
learn --no-save
feedback capture --auto --interactive
feedback review --days --all --suggest --tool --process
workflow list
workflow switch
workflow info
workflow cleanup --older-than --status --dry-run -y --yes
doctor --fix
config set
config get
config list
secrets init
secrets test
secrets source
context-reminder
verify-write-allowed
`;

/** All commands and flags of the older tool: those that are typed as before, then the others. */
export const OLDER_WORDS: readonly OlderWord[] = [
  ...KEPT.trim().split("\n").flatMap((line) => {
    const words = line.split(" ");
    const flags = words.filter((word) => word.startsWith("-"));
    const command = words.filter((word) => !word.startsWith("-")).join(" ");
    return ["", ...flags].map((flag) => ({
      words: `${command} ${flag}`.trim(),
      way: null,
    }));
  }),
  ...GONE.map(([words, way]) => ({ words, way })),
];

/** The way on for what was typed and is not here, if the older tool had it. */
export function olderWay(words: string): string | undefined {
  const found = OLDER_WORDS.find((older) => older.words === words);
  return found?.way ?? undefined;
}
