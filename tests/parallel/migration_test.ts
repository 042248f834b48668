/** Processes that migrate and update one legacy session at the same time. */
import { inRepository } from "../journey/orc.ts";
import { fullTree, LOG } from "../migration/fixtures.ts";
import { legacyState } from "../work/fixtures.ts";
import { assertEquals } from "@std/assert";

Deno.test("migrations and updates of one legacy session at once lose nothing, and migrate once", () =>
  inRepository(async ({ orc, write, directory, result }) => {
    await write(".workflow_state.json", legacyState());
    await write(".workflow_log.jsonl", LOG);
    const args = [
      ["migrate", "--yes", "--full"],
      ["migrate", "--yes", "--full"],
      ...Array.from({ length: 6 }, (_, index) => ["note", `Note ${index}`]),
      ["complete", "it", "--notes", "done"],
    ];
    const ended = await Promise.all(args.map((words) => orc(words)));
    assertEquals(
      ended.map(({ code, stderr }) => code === 0 ? "" : stderr),
      args.map(() => ""),
    );
    await result(["migrate", "--yes"]);
    const { notes, items } = await result(["status"]);
    assertEquals(notes.length, 6);
    assertEquals(items[0].status, "completed");
    const left = Object.keys(fullTree(directory)).filter((path) =>
      /^\.workflow|migration_(?:pending|undo)|\.tmp$|lock$/.test(path)
    );
    assertEquals(left, []);
  }));
