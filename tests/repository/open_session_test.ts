import { OrcError } from "../../src/base/error.ts";
import {
  assertChangeable,
  openSession,
} from "../../src/repository/open_session.ts";
import {
  fixedHost,
  idOf,
  legacyState,
  withoutTrace,
  withRoot,
  withSession,
} from "../work/fixtures.ts";
import { assertEquals, assertThrows } from "@std/assert";

Deno.test("openSession() returns the session with its workflow and place, and writes nothing", () =>
  withSession(async (root) => {
    const opened = await withoutTrace(
      root,
      () => openSession(fixedHost(), { root }),
    );
    assertEquals(opened.session.id, idOf(0, 0));
    assertEquals(opened.source, "current");
    assertEquals(opened.workflow.name, "Tiny");
    assertEquals(opened.place, {
      root,
      rootSource: "flag",
      session: idOf(0, 0),
    });
    assertEquals(opened.refusal, null);
    assertEquals(assertChangeable(opened), undefined);
  }));

Deno.test("assertChangeable() refuses a session whose workflow is made up from its state", () =>
  withRoot({
    ".workflow_state.json": legacyState({ workflow_definition: null }),
  }, async (root) => {
    const opened = await openSession(fixedHost(), { root });
    const error = assertThrows(() => assertChangeable(opened), OrcError);
    assertEquals([error.kind, error.code], ["config", "no_workflow"]);
    assertEquals(error.hint, "put the workflow.yaml it was started with back");
  }));
