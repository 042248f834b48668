/** The commands that a machine needs where nothing but one file can be had. */
import { inRepository, runtimeCaches } from "../journey/orc.ts";
import { assert, assertEquals } from "@std/assert";

const WORKFLOW = `name: Tiny
phases:
  - id: PLAN
    name: Plan
    items:
      - {id: idea, name: Idea, verification: {type: command, command: test -e idea.txt}}
      - {id: sketch, name: Sketch, required: false}
  - {id: DO, name: Do, items: [{id: work, name: Work}]}
`;

Deno.test("start, status, next, complete, skip, note, advance and finish lead through a session", () =>
  inRepository(async ({ orc, result, write }) => {
    await write("workflow.yaml", WORKFLOW);
    await result(["start", "Add login"]);
    assertEquals((await result(["next"])).next.item.id, "idea");
    assertEquals((await orc(["complete", "idea"])).code, 3);
    await write("idea.txt", "");
    await result(["complete", "idea", "--notes", "as Ada does"]);
    await result(["skip", "sketch", "--reason", "the idea is clear enough"]);
    await result(["note", "Mind the cookies"]);
    await result(["advance"]);
    await result(["complete", "work", "--notes", "done"]);
    await result(["finish"]);
    const { status, items } = await result(["status"]);
    assertEquals(status, "completed");
    assertEquals(items.length, 1);
  }));

Deno.test("schema describes answers wherever orc runs", () =>
  inRepository(async ({ result }) => {
    const { schemas } = await result(["schema"]);
    assert(schemas.includes("session list"));
    const { title } = await result(["schema", "session", "list"]);
    assertEquals(title, "Answer of orc session list --json");
  }));

/** The words of a command as help shows it, without what a shell would do with the rest. */
function wordsOf(example: string): readonly string[] {
  const [line = ""] = example.split(/ [|<>] /);
  const words = line.match(/"[^"]*"|\S+/g) ?? [];
  return words.slice(1).map((word) => word.replaceAll('"', ""));
}

Deno.test("no example of any command meets a bug, whatever it needs to be loaded", () =>
  inRepository(async ({ directory, orc, result, write }) => {
    await write("workflow.yaml", WORKFLOW);
    await result(["start", "Add login"]);
    // Some write settings and an identity into the user's directory.
    const env = { ...runtimeCaches(), HOME: `${directory}/home` };
    await Deno.mkdir(env.HOME);
    const { groups } = await result(["help"]);
    const names: readonly string[] = groups.flatMap(
      ({ commands }: { commands: readonly { name: string }[] }) =>
        commands.map(({ name }) => name),
    );
    assert(names.length > 40);
    const bugs: string[] = [];
    for (const name of names) {
      const { examples } = await result(["help", ...name.split(" ")]);
      assert(examples.length > 0, name);
      for (const example of examples) {
        // It would go on until it is interrupted.
        const words = wordsOf(example).filter((word) => word !== "--watch");
        const { stdout, stderr } = await orc(words, { env });
        if (/This is a bug/.test(stdout + stderr)) bugs.push(example + stderr);
      }
    }
    assertEquals(bugs, []);
  }));
