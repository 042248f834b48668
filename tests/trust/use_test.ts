import { sessionLayout } from "../../src/base/layout.ts";
import { verifySession } from "../../src/trust/use.ts";
import { completeItem } from "../../src/work/complete.ts";
import { finishSession } from "../../src/work/phase.ts";
import { readStatus } from "../../src/work/status.ts";
import { documentOf, orc } from "../commands/orc.ts";
import { forgeState } from "../session/forge.ts";
import {
  codeOf,
  EASY_WORKFLOW,
  fixedHost,
  idOf,
  refusalOf,
  withSession,
} from "../work/fixtures.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

/** What somebody does who wants to be done. */
function completeAll(root: string, session: string): Promise<void> {
  return forgeState(sessionLayout(root, session).state, (state) => {
    for (const phase of Object.values<{ items: object }>(state.phases)) {
      for (const item of Object.values(phase.items)) item.status = "completed";
    }
  });
}

Deno.test("verifySession() holds what was finished by the rules", () =>
  withSession(async (root) => {
    await completeItem(fixedHost({ number: 2 }), { root, itemId: "it" });
    const open = await verifySession(fixedHost(), { root });
    assertEquals(open.findings.map(({ code }) => code), ["session_open"]);
    await finishSession(fixedHost({ number: 3 }), { root });
    const { holds, findings, coveredFrom, serial } = await verifySession(
      fixedHost(),
      { root },
    );
    assertEquals([holds, findings], [true, []]);
    assertEquals([coveredFrom, serial], [1, 3]);
  }, EASY_WORKFLOW));

Deno.test("a state that somebody completed and signed anew is shown by status, refused by finish, and named by verify", () =>
  withSession(async (root) => {
    const session = idOf(0, 0);
    await completeAll(root, session);
    const { warnings } = await readStatus(fixedHost(), { root });
    assertStringIncludes(
      warnings.join(),
      'Item "it" is completed, but its events leave it pending',
    );
    const finish = () => finishSession(fixedHost({ number: 2 }), { root });
    assertEquals(await codeOf(finish), "corrupt state_not_earned");
    assertStringIncludes((await refusalOf(finish)).hint ?? "", "orc verify");
    const { findings } = await verifySession(fixedHost(), { root });
    assertEquals(
      findings.map(({ code, itemId }) => [code, itemId]),
      [["state_not_earned", "it"], ["session_open", null]],
    );
  }, EASY_WORKFLOW));

Deno.test("orc verify exits with 3 and one line per finding", () =>
  withSession(async (root) => {
    const session = idOf(0, 0);
    await completeAll(root, session);
    const text = await orc(root, ["verify"]);
    assertEquals(
      text.out,
      `Does not hold: 2 findings
  Item "it" is completed, but its events leave it pending
  The session is not finished
`,
    );
    const ran = await orc(root, ["verify", session, "--json"]);
    documentOf(ran);
    assertEquals([text.exitCode, ran.exitCode], [3, 3]);
  }, EASY_WORKFLOW));
