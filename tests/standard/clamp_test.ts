/** Lists that grow give no more than a person looks through, and say how to get the rest. */
import { clamp, limitOf } from "../../src/commands/clamp.ts";
import { tableOf } from "../../src/commands/command.ts";
import { commandGroups } from "../../src/commands/table.ts";
import { documentOf, orc } from "../commands/orc.ts";
import { GIT_LS_FILES, idOf, withRoot } from "../work/fixtures.ts";
import { noValues } from "../cli/fake.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

const GATES = `name: Gates
phases:
  - id: DO
    name: Do
    items:
      - {id: look, name: Look, verification: {type: manual_gate}}
`;

/** A repository in which each list has two entries or more. */
async function fillLists(root: string): Promise<void> {
  for (const number of [1, 2]) {
    await orc(root, ["start", `Task ${number}`, "--beside"], { number });
    const flags = ["--session", idOf(number, 0)];
    await orc(root, ["feedback", "capture", "--learnings", "It", ...flags]);
  }
  const programs = { [GIT_LS_FILES]: { stdout: "" } };
  for (const number of [3, 4]) {
    await orc(root, ["checkpoint"], { number, programs });
  }
  for (const name of ["a0", "a1"]) {
    Deno.mkdirSync(`${root}/.orchestrator/sessions/${name}`);
    Deno.writeTextFileSync(
      `${root}/.orchestrator/sessions/${name}/state.json`,
      "",
    );
  }
}

/** A command, and where its list is in the result; those without a line below can grow by nothing here. */
const LISTS: readonly (readonly [command: string, list: string])[] = [
  ["approvals", "approvals"],
  ["checkpoints", "checkpoints"],
  ["doctor", "findings"],
  ["feedback review", "process.learnings"],
  ["history", "events"],
  ["list", "sessions"],
  ["session list", "sessions"],
];

function entriesAt(result: unknown, list: string): readonly unknown[] {
  return list.split(".").reduce(
    (value, name) => Object(value)[name],
    result,
  ) as readonly unknown[];
}

for (const [command, list] of LISTS) {
  Deno.test(`orc ${command} gives no more than --limit says, and how to get the rest`, () =>
    withRoot({ "workflow.yaml": GATES }, async (root) => {
      await fillLists(root);
      const argv = command.split(" ");
      const ask = async (...flags: readonly string[]) => {
        const ran = await orc(root, [...argv, ...flags, "--full"]);
        return Object(documentOf(ran)).result;
      };
      const all = await ask("--limit", "all");
      const count = entriesAt(all, list).length;
      assert(count > 1, `${count} in ${list}`);
      assertEquals([all.truncated, all.more, all.whole], [false, 0, null]);
      const one = await ask("--limit", "1");
      assertEquals(entriesAt(one, list).length, 1);
      const whole = "the same command with --limit all";
      assertEquals([one.truncated, one.whole], [true, whole]);
      const field = list.split(".")[0] ?? "";
      const { out } = await orc(
        root,
        [...argv, "--limit", "1", "--fields", field],
      );
      assertEquals(JSON.parse(out).result.truncated, true);
      const said = (await orc(root, [...argv, "--limit", "1"])).out;
      if (command === "history") {
        assert(said.startsWith("Earlier ones: orc history --limit all\n"));
        return;
      }
      assert(said.endsWith(`And ${one.more} more: ${whole}\n`), said);
      assert(one.more >= count - 1, String(one.more));
      const entire = (await orc(root, [...argv, "--limit", "all"])).out;
      assert(!entire.includes("--limit all"), entire);
    }));
}

Deno.test("every command with --limit is one whose list is tried here", async () => {
  const limited: string[] = [];
  for (const { name, load } of tableOf(commandGroups)) {
    const { flags } = await load();
    if (flags.some((flag) => flag.name === "limit")) limited.push(name);
  }
  // What can be brought back takes a repository of git, and is listed in the same way.
  const tried = [...LISTS.map(([command]) => command), "recover"];
  assertEquals(limited.sort(), tried.sort());
});

Deno.test("orc session list gives a hundred sessions where nobody says how many", () =>
  withRoot({}, async (root) => {
    for (let number = 0; number < 102; number++) {
      Deno.mkdirSync(`${root}/.orchestrator/sessions/copy_${number}`, {
        recursive: true,
      });
    }
    const { result } = Object(
      documentOf(await orc(root, ["session", "list", "--full"])),
    );
    assertEquals([result.sessions.length, result.more], [100, 2]);
    const all = await orc(root, ["session", "list", "--all", "--full"]);
    const { sessions, more } = Object(documentOf(all)).result;
    assertEquals([sessions.length, more], [102, 0]);
  }));

Deno.test("clamp() counts what a use case left out already, and takes what is no list as it is", () => {
  assertEquals(clamp({ a: [1, 2, 3], more: 4 }, ["a"], 2), {
    a: [1, 2],
    truncated: true,
    more: 5,
    whole: "the same command with --limit all",
  });
  const whole = { truncated: false, more: 0, whole: null };
  assertEquals(clamp({ a: null, b: [1] }, ["a", "c.d", "b"], 1), {
    a: null,
    b: [1],
    ...whole,
  });
});

Deno.test("limitOf() takes a whole number from 1 on, or all", () => {
  const limited = (text?: string) =>
    limitOf({ ...noValues, text: () => text }, 7);
  assertEquals([undefined, "1", "12", "all"].map(limited), [
    7,
    1,
    12,
    Infinity,
  ]);
  for (const wrong of ["0", "-1", "1.5", "many", "", "1e3"]) {
    assertThrows(() => limited(wrong), Error, "from 1 on, or all");
  }
});
