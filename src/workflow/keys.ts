import type {
  baseCheckEntries,
  includeEntries,
  itemEntries,
  limitEntries,
  overlayEntries,
  phaseEntries,
  verificationEntries,
  workflowEntries,
} from "./schema.ts";

/** What each key of workflow.yaml is for, in one sentence: editors and the documentation show it. */
export const WORKFLOW_KEYS = {
  workflow: {
    name: "Name of the workflow, shown to people.",
    version: "The author's own numbering, any text in quotes.",
    description: "What the workflow is for.",
    orc:
      'Versions of orc that may work with this workflow, such as ">=0.1"; any other refuses to.',
    phases: "The phases, gone through in this order.",
    settings:
      "Values for {{name}} in paths and commands, and the settings orc knows.",
    secrets:
      "Names of secrets the work needs, such as OPENAI_API_KEY; orc secrets doctor says which are missing.",
    sizes:
      "Sizes of tasks, the smallest first, such as [xs, s, m, l]: from and to say which need a phase or an item.",
    size_limits:
      "What a task of a size may change before it grows, such as xs: {files: 3, lines: 60}.",
    risk_paths:
      "Patterns of files whose change makes a task grow to the largest size but one, or the larger of two.",
    measured_paths:
      "Patterns of the files that count as change, such as !docs/tasks/**; all without it.",
    include:
      "Files whose phases, items and settings come before those of this one: by path, or from a commit.",
    overlay:
      "Changes of what is included: an item replaced or removed, an item or a phase inserted.",
  },
  include: {
    path: "A file beside this one, such as ../shared-workflows/common.yaml.",
    repo: "The same as path.",
    git: "Address of the repository in which the file lies.",
    commit: "Whole id of the commit; orc include update writes it.",
    ref:
      "The branch or tag that orc include update follows; the default branch without it.",
    file: "Path of the file in that repository.",
  },
  overlay: {
    at: "The item that is replaced, such as VERIFY.tests.",
    replace: "The item that takes its place.",
    after: "The item or the phase after which something is inserted.",
    before: "The item or the phase before which something is inserted.",
    insert: "The item or the phase that is inserted.",
    remove: "The item or the phase that is left out; never a gate.",
  },
  phase: {
    id: "What commands take: in capital letters, unique, such as PLAN.",
    name: "Name of the phase, shown to people.",
    description: "What the phase is for.",
    agent: "Which agent the author had in mind; no rule depends on it.",
    executor:
      "What the author wants it carried out with; no rule depends on it.",
    items: "What is to be done, in the order it is shown.",
    exit_gate: "human_approval: a human has to approve that the phase is left.",
    notes: "Advice shown with the phase; may begin with a tag such as [tip].",
    required_reviews:
      "Reviews without which the session cannot be finished; one counts when the item of that name, or of that name and _review, is completed.",
    phase_type:
      "strict: items in their order. guided: in any order. autonomous: an agent may skip what is no gate, for a good reason.",
    intended_tools: "Tools the author had in mind; no rule depends on them.",
    allow_write:
      "Files that may be changed in this phase, as patterns of paths below the working tree, such as docs/**; none with an empty list, all without it. orc verify-write-allowed and the hooks of agents refuse all others.",
    from: "The smallest size that needs the phase.",
    to: "The largest size that needs the phase.",
  },
  item: {
    id:
      "What commands take: letters, digits and underscores, unique in the workflow.",
    name: "Name of the item, shown to people.",
    description: "What to do, and what good looks like.",
    required: "Whether the phase stays closed until the item is done.",
    skippable: "Whether the item may be skipped for a reason.",
    skip_conditions:
      "When skipping is fine, in words; they make a manual gate skippable.",
    verification: "How orc finds out that the item is done.",
    agent: "Which agent the author had in mind; no rule depends on it.",
    notes: "Advice shown with the item; may begin with a tag such as [tip].",
    step_type:
      "gate: never passed without its verification. required: never skipped. documented: skipped for a reason of at least 50 characters. flexible: of at least 10.",
    evidence_schema:
      "Name of the evidence without which the item is not completed.",
    evidence_prompt: "What evidence to collect, in words.",
    timeout_seconds: "Time limit of the command, 300 without it.",
    risk:
      "What supervision_mode hybrid does with a manual gate: low passes by itself, medium after approval_timeout_minutes, high waits for a human.",
    working_dir: "Where the command runs: a directory below the working tree.",
    secrets:
      "Names of the secrets that the command finds in its environment; it finds no others that the workflow names.",
    env:
      "Names of variables that the command gets although they change what a command means, such as PYTHONPATH.",
    inputs:
      "What the command depends on, as patterns of paths below the working tree, such as src/** and !docs/tasks/**: its result holds as long as these files stay. All files without it; with an empty list none, for what only counts at its moment.",
    shows:
      "Files below the working tree that a human is shown before they approve the item; their approval holds as long as these files stay. {{name}} is filled in.",
    changes:
      "Patterns of files, such as src/** and !docs/**, of which some must differ from the start of the session before the item can be completed.",
    from: "The smallest size that needs the item.",
    to: "The largest size that needs the item.",
    overridable:
      "Whether a workflow that includes this one may replace or remove the item although it is a gate.",
  },
  verification: {
    type:
      "file_exists: a file that is not empty is there. command: a program ends as expected. manual_gate: a human approves. none: the agent's word.",
    path:
      "The file of file_exists, below the working tree; {{name}} is filled in.",
    command:
      "The command line, run without a shell unless it holds operators of one; {{name}} is filled in.",
    expect_exit_code: "Exit code that passes, 0 without it.",
    expect_tests:
      "true: the least sign that no test ran fails the check. false: none does. Without it, the word of a test runner does.",
    prove:
      "base: the command has to be red on the base of the work, run in a throw-away tree with the tests as they are now; a check that cannot fail passes nothing.",
    may_be_empty: "Whether an empty file passes file_exists too.",
    directory:
      "Whether file_exists asks for a directory, empty or not, instead of a file.",
    description: "What the check asks for, in words.",
  },
  proof: {
    base:
      "What the base is the merge base of HEAD with: a branch, a tag or a commit; without it the default branch.",
    with:
      "Patterns of the files taken as they are now, such as tests/**; without it what looks like tests.",
  },
  limits: {
    files: "How many files may differ from the start.",
    lines: "How many lines may be added and removed.",
  },
  settings: {
    supervision_mode:
      "Who passes manual gates: supervised, a human; zero_human, nobody has to; hybrid, by the item's risk.",
    check_environment:
      "What of orc's environment commands get: filtered, without what changes what they mean; clean, the least; inherit, all.",
    approval_timeout_minutes:
      "How long hybrid waits for a human on items of medium risk.",
    approvals:
      "signed: a human's yes counts only with a signature by one of the approvers.",
    approvers:
      "The file of the approvers, in the form of OpenSSH's allowed_signers, as it is in the base branch.",
    test_command: "The tests of the project, as {{test_command}}.",
    build_command: "The build of the project, as {{build_command}}.",
  },
} satisfies {
  readonly workflow: Descriptions<typeof workflowEntries>;
  readonly include: Descriptions<typeof includeEntries>;
  readonly overlay: Descriptions<typeof overlayEntries>;
  readonly phase: Descriptions<typeof phaseEntries>;
  readonly item: Descriptions<typeof itemEntries>;
  readonly verification: Descriptions<typeof verificationEntries>;
  readonly proof: Descriptions<typeof baseCheckEntries>;
  readonly limits: Descriptions<typeof limitEntries>;
  readonly settings: Readonly<Record<string, string>>;
};

/** A sentence for each key that a mapping knows, and for no other. */
type Descriptions<Entries> = Readonly<Record<keyof Entries, string>>;
