/** What doctor says of a repository, of its paths, its workflow, git, and the older tool's files. */
import { isRoot } from "../bad_inputs/lab.ts";
import { edit, legacyState } from "../work/fixtures.ts";
import { ALL_GOES_ON, type Outcome, type Place, prove } from "./finding.ts";

const META = ".orchestrator/meta.json";

prove({
  code: "damaged_repository_meta",
  damage: `cp ${META} HOME/copy && echo "{" > ${META}`,
  untilThen: [
    ["orc note x --session FIRST", 0],
    ['orc start --beside "Another task"', 6],
  ],
  ways: {
    "put back a good copy": `cp HOME/copy ${META}`,
    "move it away: the next command that needs it writes a new one":
      `mv ${META} HOME/away && test ! -e ${META}`,
  },
  afterwards: [...ALL_GOES_ON, [`cat ${META}`, 0, "repo_id"]],
});

const OLD_ONES_GO_ON: readonly Outcome[] = [
  ["orc note x --session FIRST", 0],
  ["orc note x --session SECOND", 0],
];

prove({
  code: "invalid_workflow",
  damage: "cp workflow.yaml HOME/copy && echo 'phases: 1' > workflow.yaml",
  untilThen: [
    ['orc start --beside "Another task"', 78],
    ["orc start --beside Another --workflow HOME/copy", 0],
    ...OLD_ONES_GO_ON,
  ],
  ways: {
    "correct it, and see whether it is well: orc validate": [
      "cp HOME/copy workflow.yaml",
      "orc validate",
    ],
  },
});

/** A workflow with a gate that lets everything pass. */
const OPEN_GATE = `name: Open
phases:
  - id: DO
    name: Do
    items:
      - {id: gate, name: Gate, step_type: gate, verification: {type: command, command: "true"}}
`;

const DOUBTFUL: readonly Outcome[] = [
  ['orc start --beside "Another task"', 0],
  ["orc validate", 78, "passes whatever was done"],
];

prove({
  code: "doubtful_workflow",
  damage: ({ write }) => write({ "workflow.yaml": OPEN_GATE }),
  untilThen: DOUBTFUL,
  ways: {
    "correct it, and see whether it is well: orc validate": [
      `sed -i 's/"true"/make test/' workflow.yaml`,
      "orc validate",
    ],
  },
});

prove({
  code: "doubtful_workflow",
  of: "the built-in one, by a setting",
  damage:
    "rm workflow.yaml && echo 'test_command: \"true\"' > .orchestrator.yaml",
  untilThen: DOUBTFUL,
  ways: {
    "correct it, and see whether it is well: orc validate": [
      "echo 'test_command: make test' > .orchestrator.yaml",
      "orc validate",
    ],
  },
});

const KEEPS_ITS_COPY: Outcome = ["orc next", 0, "The idea"];

prove({
  code: "workflow_changed",
  damage: [
    'orc start --beside "Follow it"',
    "sed -i 's/The idea/A plan/' workflow.yaml",
  ],
  untilThen: [KEEPS_ITS_COPY, ["orc note x", 0]],
  ways: { "nothing to do: they keep their own copy": "orc complete idea" },
  afterwards: [["orc next", 0, "The draft"]],
  stays: true,
});

const OLD_STATE = ".workflow_state.json";

/** Moves a session of the older tool in. */
async function migrated({ write, type }: Place): Promise<void> {
  write({ [OLD_STATE]: legacyState() });
  await type("orc migrate --yes");
}

prove({
  code: "unfinished_migration",
  damage: ({ write }) =>
    write({ ".orchestrator/migration_pending/staged/x": "x" }),
  untilThen: OLD_ONES_GO_ON,
  ways: {
    "the next run finishes or undoes it: orc migrate": "orc migrate --yes",
    "orc doctor --fix": "orc doctor --fix",
  },
});

prove({
  code: "damaged_migration_record",
  damage: async (place) => {
    await migrated(place);
    place.write({ ".orchestrator/.migration_complete": "{" });
  },
  untilThen: [["orc migrate --rollback --yes", 6], ...ALL_GOES_ON],
  ways: {
    "put back the copy record.json of its backup":
      "cp .orchestrator/migration_backup/*/record.json .orchestrator/.migration_complete",
  },
  afterwards: [
    ["orc migrate --rollback --yes", 0],
    [`test -e ${OLD_STATE}`, 0],
  ],
});

const IS_SEEN_BY_GIT: Outcome = ["git status --short", 0, ".orchestrator"];
const IS_IGNORED: Outcome = ["git check-ignore .orchestrator/current", 0];

prove({
  code: "not_ignored",
  damage: "rm .orchestrator/.gitignore",
  untilThen: [IS_SEEN_BY_GIT],
  ways: { "orc doctor --fix": "orc doctor --fix" },
  afterwards: [IS_IGNORED],
});

prove({
  code: "merge_rules_missing",
  damage: ({ root, write }) => {
    const path = ".orchestrator/meta.json";
    const text = Deno.readTextFileSync(`${root}/${path}`);
    write({ [path]: text.replace('"portable": false', '"portable": true') });
    Deno.removeSync(`${root}/.orchestrator/.gitignore`);
  },
  ways: { "orc doctor --fix": "orc doctor --fix" },
  afterwards: [[
    "git check-attr merge .orchestrator/sessions/FIRST/log.jsonl",
    0,
    "merge: union",
  ]],
});

prove({
  code: "not_ignored",
  of: "by a file that says something else",
  damage: "echo lock > .orchestrator/.gitignore",
  untilThen: [IS_SEEN_BY_GIT],
  ways: { 'add a line "*"': "echo '*' >> .orchestrator/.gitignore" },
  afterwards: [IS_IGNORED],
});

prove({
  code: "not_ignored",
  of: "since orc keeps it, beside what is another program's",
  damage: ({ write }) =>
    write({
      ".orchestrator/theirs.txt": "x",
      ".orchestrator/.gitignore":
        `# What orc keeps here; the rest belongs to another program.
/.gitignore
/current
/meta.json
/lock
/config.yaml
/sessions/
# Ours
`,
      ".orchestrator/doctor_index.json": "{}",
    }),
  untilThen: [["git status --short -uall", 0, "doctor_index.json"]],
  ways: { "orc doctor --fix": "orc doctor --fix" },
  afterwards: [
    ["git check-ignore .orchestrator/doctor_index.json", 0],
    ["git check-ignore .orchestrator/theirs.txt", 1],
    ["grep '# Ours' .orchestrator/.gitignore", 0],
  ],
});

prove({
  code: "tracked_by_git",
  damage: ["git add --force .orchestrator", "orc note x --session FIRST"],
  untilThen: [["git ls-files", 0, ".orchestrator/current"], ...ALL_GOES_ON],
  ways: {
    'git -C "ROOT" rm -r -f --cached "ROOT/.orchestrator"':
      'cd / && git -C "ROOT" rm -r -f --cached "ROOT/.orchestrator"',
  },
  afterwards: [['test -z "$(git ls-files .orchestrator)"', 0], ...ALL_GOES_ON],
});

const SESSIONS = ".orchestrator/sessions";

prove({
  code: "symbolic_link",
  damage:
    `mv ${SESSIONS}/FIRST HOME/moved && ln -s HOME/moved ${SESSIONS}/FIRST`,
  untilThen: [
    ["orc note x --session FIRST", 6],
    ["orc note x --session SECOND", 0],
  ],
  ways: {
    "put the file or directory itself in its place":
      `rm ${SESSIONS}/FIRST && mv HOME/moved ${SESSIONS}/FIRST`,
  },
});

prove({
  code: "symbolic_link",
  of: "in the place of all state",
  damage: "mv .orchestrator HOME/moved && ln -s HOME/moved .orchestrator",
  untilThen: [["orc status", 6], ["orc start x --root ROOT", 6]],
  ways: {
    "put a real directory in its place":
      "rm .orchestrator && mv HOME/moved .orchestrator",
  },
});

prove({
  code: "not_a_directory",
  of: "all state",
  damage: "mv .orchestrator HOME/moved && touch .orchestrator",
  untilThen: [["orc start x --root ROOT", 6]],
  ways: {
    "put a real directory in its place":
      "rm .orchestrator && mv HOME/moved .orchestrator",
    "move it away": "mv .orchestrator HOME/away",
  },
  afterwards: [['orc start --beside "Another task"', 0]],
});

prove({
  code: "not_a_directory",
  damage: "touch .orchestrator/bindings",
  untilThen: [['orc start --beside "Another task"', 6]],
  ways: { "move it away": "mv .orchestrator/bindings HOME/away" },
});

prove({
  code: "foreign_kind",
  damage: `mkfifo ${SESSIONS}/FIRST/pipe .orchestrator/config.yaml`,
  ways: {
    "move it away; orc does not remove what it did not make":
      `rm ${SESSIONS}/FIRST/pipe .orchestrator/config.yaml`,
  },
});

prove({
  code: "missing_permission",
  damage: `chmod 555 ${SESSIONS}/FIRST`,
  ways: {
    [`chmod u+rwx "ROOT/${SESSIONS}/FIRST"`]:
      `chmod u+rwx "ROOT/${SESSIONS}/FIRST"`,
  },
});

prove({
  code: "missing_permission",
  of: "a file",
  damage: `chmod 444 ${SESSIONS}/FIRST/log.jsonl`,
  ways: {
    [`chmod u+rw "ROOT/${SESSIONS}/FIRST/log.jsonl"`]:
      `chmod u+rw "ROOT/${SESSIONS}/FIRST/log.jsonl"`,
  },
});

prove({
  code: "writable_by_others",
  damage: `chmod 777 ${SESSIONS}`,
  untilThen: ALL_GOES_ON,
  ways: { [`chmod o-w "ROOT/${SESSIONS}"`]: `chmod o-w "ROOT/${SESSIONS}"` },
});

prove({
  code: "foreign_owner",
  ignore: !isRoot,
  damage: `chown -R 4321 ${SESSIONS}/FIRST`,
  untilThen: ALL_GOES_ON,
  ways: {
    'sudo chown -R 0 "ROOT/.orchestrator"':
      'sudo chown -R 0 "ROOT/.orchestrator"',
  },
});

prove({
  code: "foreign_files",
  damage: "echo x > .orchestrator/audit.jsonl",
  untilThen: ALL_GOES_ON,
  ways: {
    "leave it to the tool that made it; orc does not touch it":
      "orc doctor --fix",
  },
  afterwards: [...ALL_GOES_ON, ["cat .orchestrator/audit.jsonl", 0, "x"]],
  stays: true,
});

const MIGRATING = ["orc migrate --dry-run", "orc migrate --yes"];

prove({
  code: "legacy_files",
  damage: ({ write }) =>
    write({ [OLD_STATE]: legacyState(), ".workflow_log.jsonl": "" }),
  untilThen: ALL_GOES_ON,
  ways: { "see whether they would move: orc migrate --dry-run": MIGRATING },
});

prove({
  code: "custom_legacy_files",
  damage: ({ write }) => write({ ".workflow_mine": "x" }),
  untilThen: ALL_GOES_ON,
  ways: { "nothing to do: a migration leaves them": "orc migrate --yes" },
  afterwards: [["cat .workflow_mine", 0, "x"]],
  stays: true,
});

prove({
  code: "damaged_legacy_state",
  damage: `echo "{" > ${OLD_STATE}`,
  ways: {
    "put back a good copy of the file": ({ write }) =>
      write({ [OLD_STATE]: legacyState() }),
    "move it away": `mv ${OLD_STATE} HOME/away`,
  },
});

prove({
  code: "legacy_beside_new",
  damage: ({ write }) => write({ [OLD_STATE]: legacyState() }),
  untilThen: [["orc status", 0, "Add login"]],
  ways: {
    "see what would move: orc migrate --dry-run": MIGRATING,
  },
  afterwards: [
    ["orc status --session 1a2b3c4d", 0, "Old task"],
    ...ALL_GOES_ON,
  ],
});

prove({
  code: "legacy_changed",
  damage: async ({ write, root, type }) => {
    write({ [OLD_STATE]: legacyState() });
    await type("orc note taken --session 1a2b3c4d");
    edit(`${root}/${OLD_STATE}`, "Old task", "Changed task");
  },
  untilThen: [["orc status --session 1a2b3c4d", 0, "Old task"]],
  ways: {
    "see what would move: orc migrate --dry-run": [
      "orc migrate --yes --force-from-old",
    ],
  },
  afterwards: [["orc status --session 1a2b3c4d", 0, "Changed task"]],
});

prove({
  code: "server_state",
  damage: ({ write }) => write({ ".orchestrator/state.json": '{"tasks": []}' }),
  untilThen: ALL_GOES_ON,
  ways: {
    "leave it to that server; orc does not touch it": "orc migrate --yes",
  },
  afterwards: [["cat .orchestrator/state.json", 0, '{"tasks": []}']],
  stays: true,
});
