import { playToTheEnd } from "../journey/honest_agent.ts";
import {
  inRepository,
  type Repository,
  type RunOptions,
} from "../journey/orc.ts";
import { eventsOf, stateOf } from "../work/fixtures.ts";
import { phaseIn, quickRepository } from "./repository.ts";
import { assert, assertEquals } from "@std/assert";

/** An agent that is told so by its environment, and tries to be taken for a human. */
const LAZY: RunOptions = {
  env: { CLAUDECODE: "1", ORCHESTRATOR_APPROVALS: "any" },
};

/** What says nothing, at whatever length. */
const FILLERS = [
  "a".repeat(50),
  "not needed",
  "Not needed.                                             ",
  "n/a",
  "This is simply not needed here now",
  "not needed ".repeat(6),
  "done. done. done. done. done. done. done. done. done. done.",
  "-".repeat(60),
  "🚀".repeat(60),
];

/** All that a lazy agent does about an item but the work. */
function triesAt(itemId: string): readonly (readonly string[])[] {
  return [
    ["complete", itemId, "--skip-verify"],
    ["complete", itemId, "--notes", "Done, all checks pass"],
    ["complete", itemId, "--evidence", "summary=Looks good to me"],
    ["start-item", itemId],
    ["approve-item", itemId],
    ...FILLERS.flatMap((reason) => [
      ["skip", itemId, "--reason", reason],
      ["skip", itemId, "--reason", reason, "--force"],
    ]),
    ["advance"],
  ];
}

const WAYS_ON: readonly (readonly string[])[] = [
  ["approve"],
  ["advance", "--force"],
  ["finish"],
  ["finish", "--force"],
];

/** Tries everything on all items, in whatever phase; returns the commands that were not refused. */
async function tryEverything(
  directory: string,
  itemIds: readonly string[],
): Promise<readonly string[]> {
  const { orc } = quickRepository(directory);
  const done: string[] = [];
  for (const args of [...itemIds.flatMap(triesAt), ...WAYS_ON]) {
    const { code, stderr } = await orc(args, LAZY);
    if (code === 0) done.push(args.slice(0, 2).join(" "));
    else if (code !== 3 && code !== 77) throw new Error(`${args}: ${stderr}`);
  }
  return done;
}

/** Runs a test on a session of the bundled workflow, in a repository with one commit. */
function withBundledSession(
  test: (repository: Repository) => Promise<void>,
): Promise<void> {
  return inRepository(async ({ directory }) => {
    const repository = quickRepository(directory);
    await repository.result(["start", "Add login", "--size", "l"]);
    await test(repository);
  });
}

interface PinnedItem {
  readonly id: string;
  readonly step_type?: string;
  readonly verification: { readonly type: string };
}

/** The items of the pinned workflow and what became of them. */
function progressIn(directory: string): readonly {
  readonly item: PinnedItem;
  readonly status: string;
}[] {
  const { phases, workflow_definition: workflow } = sessionIn(directory).state;
  return workflow.phases.flatMap((
    { id, items }: { id: string; items: readonly PinnedItem[] },
  ) =>
    items.map((item) => ({ item, status: phases[id].items[item.id].status }))
  );
}

function sessionIn(directory: string) {
  const [entry] = Deno.readDirSync(`${directory}/.orchestrator/sessions`);
  const id = entry?.name ?? "";
  return { state: stateOf(directory, id), events: eventsOf(directory, id) };
}

function assertNothingWon(directory: string): void {
  for (const { item, status } of progressIn(directory)) {
    assert(status !== "skipped", `${item.id} was skipped`);
    const isWordEnough = item.verification.type === "none";
    assert(status !== "completed" || isWordEnough, `${item.id} was completed`);
  }
  const { state, events } = sessionIn(directory);
  assertEquals(state.status, "active");
  assert(events.every(({ actor }) => actor === "system"));
}

Deno.test("a lazy agent passes no gate, skips nothing and does not get out of the first phase", () =>
  withBundledSession(async ({ directory }) => {
    const ids = progressIn(directory).map(({ item }) => item.id);
    const done = await tryEverything(directory, ids);
    assertNothingWon(directory);
    assertEquals(phaseIn(directory), "PLAN");
    const other = done.filter((command) => !command.startsWith("start-item"));
    // Nothing awaits an approval, so it does nothing.
    assertEquals(other, ["approve"]);
    const { events } = sessionIn(directory);
    const tries = events.filter(({ type }) => type === "error");
    assertEquals(tries.map(({ details }) => details.get("request")), [
      'complete item "scope" without its check',
      'complete item "plan" without its check',
      'complete item "risks" without its check',
      'complete item "test_list" without its check',
      'leave phase "PLAN" by force',
      "finish an incomplete session",
    ]);
  }));

Deno.test("a lazy agent gets nowhere with files that hold nothing", () =>
  withBundledSession(async ({ directory, result, write }) => {
    const { next } = await result(["next"]);
    const [folder] = /docs\/tasks\/[a-z0-9-]+/.exec(JSON.stringify(next)) ?? [];
    for (const name of ["plan", "review", "learnings"]) {
      await write(`${folder}/${name}.md`, `# ${name}\n\n- [ ]\n- Step:\n`);
    }
    const ids = progressIn(directory).map(({ item }) => item.id);
    await tryEverything(directory, ids);
    assertNothingWon(directory);
    assertEquals(phaseIn(directory), "PLAN");
  }));

Deno.test("an honest agent finishes, and a lazy one that takes over in any phase does not", () =>
  withBundledSession(async (repository) => {
    const { directory } = repository;
    const takenOver: string[] = [];
    await playToTheEnd({
      ...repository,
      result: async (args, options) => {
        const phase = phaseIn(directory);
        if (!takenOver.includes(phase)) {
          takenOver.push(phase);
          await takeOver(directory);
        }
        return await repository.result(args, options);
      },
    });
    assertEquals(takenOver.join(), "PLAN,EXECUTE,REVIEW,VERIFY,LEARN");
    const { state, events } = sessionIn(directory);
    assertEquals(state.status, "completed");
    const human = events.filter(({ actor }) => actor === "human");
    assert(human.length >= 3);
    for (const { details } of human) {
      assertEquals(details.get("origin"), "terminal");
    }
    assert(
      progressIn(directory).every(({ status }) => status === "completed"),
    );
    assertEquals((await repository.orc(["finish", "--force"], LAZY)).code, 3);
  }));

/** What a lazy agent achieves in a phase: what a word or the state of the tree is enough for. */
async function takeOver(directory: string): Promise<void> {
  const before = phaseIn(directory);
  const { state } = sessionIn(directory);
  const open = Object.keys(state.phases[before].items);
  await tryEverything(directory, open);
  assertEquals(phaseIn(directory), before);
  const { events } = sessionIn(directory);
  for (const { item, status } of progressIn(directory)) {
    assert(status !== "skipped", `${item.id} was skipped`);
    if (status !== "completed" || item.verification.type === "none") continue;
    const own = events.filter(({ itemId }) => itemId === item.id);
    const isChecked = own.some(({ type }) => /_passed$/.test(type));
    const isApproved = own.some(({ actor }) => actor === "human");
    assert(isChecked || isApproved, `${item.id} was completed for nothing`);
  }
}
