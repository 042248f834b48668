/** What doctor says of sessions: their states, meta data and logs. */
import { forgeState } from "../session/forge.ts";
import { edit, legacyState } from "../work/fixtures.ts";
import { git } from "../bad_inputs/lab.ts";
import { type Outcome, type Place, prove } from "./finding.ts";
import { assertStringIncludes } from "@std/assert";

const RESTORE =
  "let a human return to the newest checkpoint: orc doctor --restore FIRST";

/** A copy that somebody made of a file before it was damaged. */
function copyOf(name: string, damage: (place: Place) => unknown) {
  return async (place: Place): Promise<void> => {
    Deno.copyFileSync(place.at(name), `${place.home}/copy`);
    await damage(place);
  };
}

function putBack(name: string) {
  return ({ at, home }: Place): void => {
    Deno.removeSync(at(name), { recursive: true });
    Deno.copyFileSync(`${home}/copy`, at(name));
  };
}

/** Damages a session that has a checkpoint. */
function afterCheckpoint(damage: (place: Place) => unknown) {
  return async (place: Place): Promise<void> => {
    await place.type(
      "orc checkpoint --session FIRST".replace("FIRST", place.first),
    );
    await damage(place);
  };
}

function writing(name: string, text: string) {
  return ({ at }: Place): void => Deno.writeTextFileSync(at(name), text);
}

function changing(from: string, to: string) {
  return ({ at }: Place): void => edit(at("state.json"), from, to);
}

function appending(text: (lines: readonly string[]) => string) {
  return ({ at }: Place): void => {
    const path = at("log.jsonl");
    const lines = Deno.readTextFileSync(path).trimEnd().split("\n");
    Deno.writeTextFileSync(path, text(lines), { append: true });
  };
}

function stateOfSecond({ at, root, second }: Place): void {
  const path = `${root}/.orchestrator/sessions/${second}/state.json`;
  Deno.copyFileSync(path, at("state.json"));
}

const IS_UNUSABLE: readonly Outcome[] = [
  ["orc note x --session FIRST", 6],
  ["orc note x --session SECOND", 0],
  ['orc start --beside "Another task"', 0],
];

const IS_SHOWN_ONLY: readonly Outcome[] = [
  ["orc status --session FIRST", 0],
  ...IS_UNUSABLE,
];

/** The session that was damaged stays as it is; all others go on. */
const OTHERS_GO_ON: readonly Outcome[] = [
  ["orc note x --session SECOND", 0],
  ['orc start --beside "Another task"', 0],
];

prove({
  code: "unfinished_session",
  damage: "mkdir .orchestrator/sessions/1a2b3c4d",
  untilThen: [["orc note x --session 1a2b3c4d", 4], ...OTHERS_GO_ON],
  ways: {
    "move it away if nobody needs what is in it":
      "mv .orchestrator/sessions/1a2b3c4d elsewhere",
  },
});

prove({
  code: "unfinished_session",
  of: "with a checkpoint",
  damage: afterCheckpoint(
    copyOf("state.json", ({ at }) => Deno.removeSync(at("state.json"))),
  ),
  ways: {
    "put back a good copy": ({ at, home }) =>
      Deno.copyFileSync(`${home}/copy`, at("state.json")),
    [RESTORE]: "orc doctor --restore FIRST",
  },
});

prove({
  code: "damaged_state",
  damage: copyOf("state.json", writing("state.json", "{")),
  untilThen: IS_UNUSABLE,
  ways: { "put back a good copy of the file": putBack("state.json") },
});

const GIVEN_UP = {
  [`give the session up: move "ROOT/.orchestrator/sessions/FIRST" out of the repository's sessions`]:
    "mv .orchestrator/sessions/FIRST elsewhere",
};

for (
  const [code, of, damage] of [
    ["damaged_state", "empty, no copy", writing("state.json", "")],
    ["damaged_state", "zeros, no copy", writing("state.json", "\0\0\0")],
    ["foreign_state", "no copy", stateOfSecond],
  ] as const
) {
  prove({
    code,
    of,
    damage,
    untilThen: IS_UNUSABLE,
    ways: GIVEN_UP,
    afterwards: OTHERS_GO_ON,
  });
}

prove({
  code: "damaged_state",
  of: "with a checkpoint",
  damage: afterCheckpoint(
    copyOf("state.json", writing("state.json", "\0\0\0")),
  ),
  untilThen: IS_UNUSABLE,
  ways: {
    "put back a good copy": putBack("state.json"),
    [RESTORE]: "orc doctor --restore FIRST",
  },
});

prove({
  code: "foreign_state",
  damage: copyOf("state.json", stateOfSecond),
  untilThen: IS_UNUSABLE,
  ways: { "put the state of this session back": putBack("state.json") },
});

prove({
  code: "damaged_meta",
  damage: copyOf("meta.json", writing("meta.json", "[")),
  untilThen: [["orc status --session FIRST", 0], [
    "orc note x --session FIRST",
    0,
  ]],
  ways: {
    "put back a good copy": putBack("meta.json"),
    "move it away: it holds the name": ({ at, home }) =>
      Deno.renameSync(at("meta.json"), `${home}/away`),
  },
});

prove({
  code: "changed_outside",
  damage: changing("Add login", "Add logout"),
  untilThen: IS_SHOWN_ONLY,
  ways: {
    "undo that change": changing("Add logout", "Add login"),
    "let a human sign it as it is: orc doctor --resign FIRST":
      "orc doctor --resign FIRST",
  },
});

prove({
  code: "newer_format",
  damage: changing('"format": 1', '"format": 2'),
  untilThen: [
    ["orc status --session FIRST", 0],
    ["orc note x --session FIRST", 3],
    ...OTHERS_GO_ON,
  ],
  // A newer orc would know what it made; here that is this orc.
  ways: { "update orc": changing('"format": 2', '"format": 1') },
});

prove({
  code: "damaged_workflow",
  damage: copyOf("state.json", changing('"name": "Tiny"', '"name": {"a": 1}')),
  untilThen: IS_UNUSABLE,
  ways: { "put back a good copy of the file": putBack("state.json") },
});

const TWINS = legacyState({
  workflow_definition: {
    name: "Easy",
    phases: [
      { id: "DO", name: "Do", items: [] },
      { id: "DO", name: "Do more", items: [] },
    ],
  },
});

prove({
  code: "duplicate_id",
  damage: ({ write }) =>
    write({ ".orchestrator/sessions/1a2b3c4d/state.json": TWINS }),
  untilThen: [
    ["orc note x --session 1a2b3c4d", 6],
    ["orc status --session 1a2b3c4d", 0],
    ...OTHERS_GO_ON,
  ],
  ways: {
    'start anew: orc start --beside "TASK"': 'orc start --beside "TASK"',
  },
  stays: true,
});

prove({
  code: "log_not_readable",
  damage: copyOf("log.jsonl", ({ at }) => {
    Deno.removeSync(at("log.jsonl"));
    Deno.mkdirSync(at("log.jsonl"));
  }),
  untilThen: IS_UNUSABLE,
  ways: { "put a regular file in its place": putBack("log.jsonl") },
});

/** Puts a state back that was there before an update. */
async function putOlderBack(place: Place): Promise<void> {
  const older = Deno.readTextFileSync(place.at("state.json"));
  await place.type(`orc note later --session ${place.first}`);
  Deno.copyFileSync(place.at("state.json"), `${place.home}/copy`);
  Deno.writeTextFileSync(place.at("state.json"), older);
}

prove({
  code: "state_behind_log",
  damage: putOlderBack,
  untilThen: IS_SHOWN_ONLY,
  ways: {
    "put the newer state back": putBack("state.json"),
    "let a human go on from this one: orc doctor --trust-state FIRST":
      "orc doctor --trust-state FIRST",
  },
});

const HEALED = {
  "the next update completes it": "orc note x --session FIRST",
  "orc doctor --fix": "orc doctor --fix",
};

const HISTORY: Outcome = [
  "orc history --session FIRST",
  0,
  "Started workflow: Add login",
];

prove({
  code: "log_missing",
  damage: ({ at }) => Deno.removeSync(at("log.jsonl")),
  untilThen: [["orc status --session FIRST", 0]],
  ways: HEALED,
  afterwards: [HISTORY],
});

prove({
  code: "log_behind_state",
  damage: writing("log.jsonl", ""),
  untilThen: [["orc status --session FIRST", 0]],
  ways: HEALED,
  afterwards: [HISTORY],
});

prove({
  code: "log_torn",
  damage: appending((lines) => lines.at(-1)?.slice(0, 40) ?? ""),
  untilThen: [["orc status --session FIRST", 0], HISTORY],
  ways: HEALED,
  afterwards: [HISTORY, ["orc note x --session FIRST", 0]],
});

for (const code of ["log_missing", "log_torn"]) {
  prove({
    code,
    of: "of a state that no update can change",
    damage: (place) => {
      changing("Add login", "Add logout")(place);
      if (code === "log_missing") Deno.removeSync(place.at("log.jsonl"));
      else appending(() => '{"')(place);
    },
    untilThen: IS_SHOWN_ONLY,
    ways: {
      "mend the state first; see there": "orc doctor --resign FIRST",
    },
  });
}

prove({
  code: "log_damaged_lines",
  damage: ({ at }) => {
    const [first, ...others] = Deno.readTextFileSync(at("log.jsonl")).split(
      "\n",
    );
    const text = [first, "no event", ...others].join("\n");
    Deno.writeTextFileSync(at("log.jsonl"), text);
  },
  untilThen: [HISTORY, ["orc note x --session FIRST", 0], HISTORY],
  ways: {
    "look at them; orc leaves them as they are": ({ at, type, first }) =>
      type(`orc note x --session ${first}`).then(() =>
        assertStringIncludes(
          Deno.readTextFileSync(at("log.jsonl")),
          "\nno event\n",
        )
      ),
  },
  stays: true,
});

prove({
  code: "log_repeated_lines",
  damage: appending((lines) => `${lines.at(-1)}\n`),
  untilThen: [HISTORY],
  ways: { "nothing to do": "orc note x --session FIRST" },
  stays: true,
});

prove({
  code: "log_gaps",
  damage: async (place) => {
    for (const text of ["one", "two", "three"]) {
      await place.type(`orc note ${text} --session ${place.first}`);
    }
    Deno.copyFileSync(place.at("log.jsonl"), `${place.home}/copy`);
    const lines = Deno.readTextFileSync(place.at("log.jsonl")).split("\n");
    const left = lines.filter((line) => !line.includes("Note: one"));
    Deno.writeTextFileSync(place.at("log.jsonl"), left.join("\n"));
  },
  untilThen: [["orc note x --session FIRST", 0], HISTORY],
  ways: {
    "put them back from a copy of the log, if there is one": putBack(
      "log.jsonl",
    ),
  },
});

function forging({ at }: Place): Promise<void> {
  return forgeState(at("state.json"), (state) => {
    state.task_description = "Something smaller";
  });
}

prove({
  code: "state_not_earned",
  damage: copyOf("state.json", forging),
  untilThen: OTHERS_GO_ON,
  ways: {
    "undo the change": putBack("state.json"),
    "let a human sign the session as it is: orc doctor --resign FIRST":
      "orc doctor --resign FIRST",
  },
});

prove({
  code: "session_not_trusted",
  // As a clone has it: git brought the session along, and nobody here began it.
  damage: async ({ root, first }) => {
    await git(root, "add", "--force", `.orchestrator/sessions/${first}`);
    Deno.removeSync(`${root}/.git/orchestrator/trusted`, { recursive: true });
  },
  ways: {
    "read its commands, and let them run: orc trust FIRST": "orc trust FIRST",
  },
  besides: ["tracked_by_git"],
});

prove({
  code: "merged_branches",
  // As in a portable repository that an older orc set up: git leaves its markers in the state.
  damage: async ({ root, first, type }) => {
    const commit = () => git(root, "commit", "--quiet", "-a", "-m", "Work");
    const state = `.orchestrator/sessions/${first}`;
    await git(root, "add", "--force", state, ".orchestrator/current");
    await commit();
    await git(root, "checkout", "--quiet", "-b", "theirs");
    await type(`orc note Theirs --session ${first}`);
    await commit();
    await git(root, "checkout", "--quiet", "main");
    await type(`orc note Ours --session ${first}`);
    await commit();
    await git(root, "merge", "theirs").catch(() => "it conflicts");
  },
  untilThen: [
    ["orc status --session FIRST", 6, "holds conflict markers of a merge"],
    ["orc note x --session SECOND", 0],
  ],
  ways: {
    "finish the merge or rebase in git, then take both sides apart: orc doctor --fix":
      ["git add --force -u", "orc doctor --fix"],
  },
  besides: ["tracked_by_git"],
});

prove({
  code: "session_missing",
  damage: ({ root, first }) =>
    Deno.removeSync(`${root}/.orchestrator/sessions/${first}`, {
      recursive: true,
    }),
  ways: {
    "bring it back: orc recover FIRST": "orc recover FIRST",
    "let it go: orc recover FIRST --forget": "orc recover FIRST --forget --yes",
  },
  besides: ["current_names_nothing"],
  afterwards: [
    ["orc note works --session SECOND", 0],
    ['orc start --beside "Another task"', 0],
  ],
});
