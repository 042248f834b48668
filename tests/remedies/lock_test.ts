/** What doctor says of locks, of what killed processes left, and of names of sessions. */
import { ownIdentity } from "../../src/host/liveness.ts";
import { foreignRecord, lockText, tokenOf } from "../session/fixtures.ts";
import { ALL_GOES_ON, type Outcome, type Place, prove } from "./finding.ts";

/** A lock that a process of this machine holds. */
function lockOf(pid: number, at: string): string {
  const own = { ...ownIdentity(), start: "", startedAtMs: Date.parse(at) };
  return lockText(foreignRecord({ ...own, pid, at }));
}

function minutesAgo(minutes: number): string {
  return new Date(Date.now() - minutes * 60_000).toISOString();
}

/** Id of a process that has ended. */
async function endedProcess(): Promise<number> {
  const child = new Deno.Command("true").spawn();
  await child.status;
  return child.pid;
}

const IS_BUSY: readonly Outcome[] = [
  ["orc note x --session FIRST --lock-timeout 0.1", 5],
  ["orc status --session FIRST", 0],
  ["orc note x --session SECOND", 0],
];

const UPDATE = "orc note x --session FIRST";

prove({
  code: "lock_stale",
  damage: async ({ at }) =>
    Deno.writeTextFileSync(
      at("lock"),
      lockOf(await endedProcess(), minutesAgo(0)),
    ),
  ways: {
    "the next update takes it over": UPDATE,
    "orc doctor --fix": "orc doctor --fix",
  },
});

prove({
  code: "lock_unreadable",
  damage: ({ at }) => Deno.writeTextFileSync(at("lock"), "{"),
  ways: {
    "the next update waits two seconds and takes it over": UPDATE,
    "orc doctor --fix": "orc doctor --fix",
  },
});

prove({
  code: "lock_of_unknown",
  damage: ({ at }) =>
    Deno.writeTextFileSync(
      at("lock"),
      lockText(foreignRecord({ host: "elsewhere", at: minutesAgo(0) })),
    ),
  untilThen: IS_BUSY,
  ways: {
    "see who holds it, and look there: orc unlock": async ({ type, first }) => {
      await type(`orc unlock --session ${first}`);
      await type(`orc unlock --force --session ${first}`);
    },
  },
});

for (
  const [code, minutes] of [["lock_held", 0], ["lock_held_long", 5]] as const
) {
  prove({
    code,
    damage: ({ at }) =>
      Deno.writeTextFileSync(at("lock"), lockOf(1, minutesAgo(minutes))),
    untilThen: IS_BUSY,
    ways: {
      [
        code === "lock_held"
          ? "nothing to do: it gives the lock back"
          : "see what that process waits for; updates take milliseconds"
      ]: ({ at }) => Deno.removeSync(at("lock")),
    },
  });
}

prove({
  code: "lock_foreign",
  damage: ({ at }) => Deno.mkdirSync(at("lock")),
  untilThen: [["orc note x --session FIRST", 6], [
    "orc note x --session SECOND",
    0,
  ]],
  ways: {
    "look at what it is, and move it away": ({ at }) =>
      Deno.renameSync(at("lock"), at("../../../elsewhere")),
  },
});

prove({
  code: "leftovers",
  damage: ({ write, first }) =>
    write({
      [`.orchestrator/lock.${tokenOf(1)}.tmp`]: "",
      [`.orchestrator/sessions/.new-${tokenOf(2)}/state.json`]: "{",
      [`.orchestrator/sessions/.removed-${tokenOf(3)}/state.json`]: "{",
      [`.orchestrator/sessions/${first}/state.json.${tokenOf(4)}.tmp`]: "",
    }),
  untilThen: ALL_GOES_ON,
  ways: { "orc doctor --fix": "orc doctor --fix" },
});

const NOBODY_CHOSEN: readonly Outcome[] = [["orc status", 4]];

prove({
  code: "damaged_current",
  damage: "ln -sf sessions .orchestrator/current",
  untilThen: [["orc status", 6]],
  ways: { "put the file aside: orc doctor --fix": "orc doctor --fix" },
});

const PUT_ASIDE = {
  "put it aside: orc session switch ID": "orc session switch SECOND",
};

prove({
  code: "foreign_current",
  damage: ({ write }) => write({ ".orchestrator/current": "../etc" }),
  untilThen: ALL_GOES_ON,
  ways: PUT_ASIDE,
});

prove({
  code: "foreign_current",
  of: "a directory",
  damage: "rm .orchestrator/current && mkdir .orchestrator/current",
  untilThen: ALL_GOES_ON,
  ways: PUT_ASIDE,
});

prove({
  code: "current_names_nothing",
  damage: ({ write }) =>
    write({ ".orchestrator/current": "01kk0000000000000000000009" }),
  untilThen: NOBODY_CHOSEN,
  ways: {
    "choose another: orc session switch ID": "orc session switch SECOND",
    "remove the name: orc doctor --fix": "orc doctor --fix",
  },
});

const AGENT = { CLAUDECODE: "1", CLAUDE_CODE_SESSION_ID: "s1" };

/** Lets an agent choose the second session, and changes what that wrote. */
function bindAgent(
  change: (text: string) => string,
): (place: Place) => Promise<void> {
  return async (place) => {
    await asAgent(place, ["session", "switch", place.second]);
    const directory = `${place.root}/.orchestrator/bindings`;
    for (const { name } of Deno.readDirSync(directory)) {
      const path = `${directory}/${name}`;
      Deno.writeTextFileSync(path, change(Deno.readTextFileSync(path)));
    }
  };
}

function asAgent({ orc }: Place, args: readonly string[]) {
  return orc(args, {
    env: AGENT,
    host: { caller: () => ({ agent: "claude-code:s1", approval: null }) },
  });
}

prove({
  code: "damaged_binding",
  damage: bindAgent(() => "{"),
  untilThen: ALL_GOES_ON,
  ways: {
    "choose a session: orc session switch ID": async (place) =>
      void await asAgent(place, ["session", "switch", place.first]),
    "put the file aside: orc doctor --fix": "orc doctor --fix",
  },
});

prove({
  code: "binding_names_nothing",
  damage: async (place) =>
    await bindAgent((text) => text.replace(place.second, "gone"))(place),
  untilThen: ALL_GOES_ON,
  ways: {
    "choose another: orc session switch ID": async (place) =>
      void await asAgent(place, ["session", "switch", place.first]),
    "remove the name: orc doctor --fix": "orc doctor --fix",
  },
});

prove({
  code: "current_is_closed",
  damage: "orc finish --abandon --reason over",
  untilThen: [["orc status", 0], ["orc note x", 3]],
  ways: { 'orc start "TASK"': 'orc start "TASK"' },
  afterwards: [["orc note x", 0]],
});
