import { remindContext } from "../../src/work/agent.ts";
import { completeItem } from "../../src/work/complete.ts";
import { abandonSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import {
  fixedHost,
  idOf,
  refusalOf,
  withoutTrace,
  withRoot,
  withSession,
  WORKFLOW,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

Deno.test("remindContext() says what an agent should not forget", () =>
  withRoot({ "workflow.yaml": WORKFLOW }, async (root) => {
    const constraints = ["No new packages"];
    await startSession(fixedHost(), { root, task: "Add login", constraints });
    await completeItem(fixedHost({ number: 1 }), { root, itemId: "idea" });
    const { place, reminder } = await withoutTrace(
      root,
      () => remindContext(fixedHost(), { root }),
    );
    assertEquals(place.session, idOf(0, 0));
    assertEquals(reminder, {
      active: true,
      task: "Add login",
      phaseId: "PLAN",
      progress: "1/5",
      constraints,
    });
  }));

Deno.test("remindContext() is inactive without a session and in a closed one", async () => {
  await withRoot({}, async (root) => {
    const { place, reminder } = await remindContext(fixedHost(), { root });
    assertEquals([place.root, place.session], [root, null]);
    assertEquals(reminder, { active: false });
  });
  await withSession(async (root) => {
    await abandonSession(fixedHost({ number: 1 }), { root, reason: "Dropped" });
    const { place, reminder } = await remindContext(fixedHost(), { root });
    assertEquals(place.session, idOf(0, 0));
    assertEquals(reminder, { active: false });
  });
});

Deno.test("remindContext() does not pass a session over that was named", () =>
  withSession(async (root) => {
    const options = { root, session: "34aa3244" };
    const error = await refusalOf(() => remindContext(fixedHost(), options));
    assertEquals(error.code, "no_such_session");
  }));
