import { assertEquals } from "@std/assert";
import {
  filesOf,
  healTorture,
  startTorture,
} from "../../scripts/torture/session.ts";
import { sessionLayout } from "../../src/base/layout.ts";

Deno.test("a torture leaves nothing of a process that was killed while it waited", async () => {
  const root = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "orc-" }));
  try {
    const session = await startTorture(root, 1);
    const { directory } = sessionLayout(root, session.id);
    const cameAt = String(Date.now()).padStart(15, "0");
    Deno.writeTextFileSync(
      `${directory}/lock.wait.${cameAt}.${"a".repeat(32)}.tmp`,
      "",
    );
    await healTorture(session);
    assertEquals(filesOf(session), ["log.jsonl", "meta.json", "state.json"]);
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
});
