/** Processes of all kinds of orc that `ORC_COMMANDS` names, as many of each. */
import { inRepository, repositoryAt } from "../journey/orc.ts";
import { type OrcCommand, orcCommands } from "../orc_command.ts";
import { problemsIn, sessionsIn } from "../parallel/whole.ts";
import { completedItems } from "../session/fixtures.ts";
import { assertEquals } from "@std/assert";

const PROCESSES = 24;

const ITEMS = Array.from({ length: PROCESSES }, (_, index) => `item_${index}`);

const WORKFLOW = `name: Test
phases:
  - id: PLAN
    name: Planning
    items:
${ITEMS.map((id) => `      - { id: ${id}, name: Item }`).join("\n")}
`;

interface Kind {
  readonly command: OrcCommand;
  /** What it says it runs on, such as `node`. */
  readonly runtime: string;
}

async function kindOf(directory: string, command: OrcCommand): Promise<Kind> {
  const { result } = repositoryAt(directory, command);
  const { runtime } = await result(["version"]);
  return { command, runtime: runtime.split(" ")[0] };
}

Deno.test("24 processes at once, as many of each kind of orc, store and log 24 items", () =>
  inRepository(async ({ directory, write, result }) => {
    await write("workflow.yaml", WORKFLOW);
    await result(["start", "Test"]);
    const kinds = await Promise.all(
      orcCommands().map((command) => kindOf(directory, command)),
    );
    const ended = await Promise.all(ITEMS.map(async (id, index) => {
      const kind = kinds[index % kinds.length];
      const orc = repositoryAt(directory, kind?.command);
      const { code } = await orc.orc(["complete", id, "--notes", "done"]);
      return { code, runtime: kind?.runtime };
    }));
    assertEquals(ended.filter(({ code }) => code !== 0), []);
    const counts = kinds.map(({ runtime }) =>
      ended.filter((end) => end.runtime === runtime).length
    );
    assertEquals(counts, kinds.map(() => PROCESSES / kinds.length));
    const [session] = await sessionsIn(directory);
    const completed = session === undefined
      ? []
      : completedItems(session.state).toSorted();
    assertEquals(completed, ITEMS.toSorted());
    assertEquals(await problemsIn(directory), []);
  }));
