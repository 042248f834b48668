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
  },
  verification: {
    type:
      "file_exists: a file is there. command: a program ends as expected. manual_gate: a human approves. none: the agent's word.",
    path:
      "The file of file_exists, below the working tree; {{name}} is filled in.",
    command:
      "The command line, run without a shell unless it holds operators of one; {{name}} is filled in.",
    expect_exit_code: "Exit code that passes, 0 without it.",
    description: "What the check asks for, in words.",
  },
  settings: {
    supervision_mode:
      "Who passes manual gates: supervised, a human; zero_human, nobody has to; hybrid, by the item's risk.",
    approval_timeout_minutes:
      "How long hybrid waits for a human on items of medium risk.",
    test_command: "The tests of the project, as {{test_command}}.",
    build_command: "The build of the project, as {{build_command}}.",
  },
} as const;
