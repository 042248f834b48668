import { approvePhase } from "../../src/work/approve_phase.ts";
import {
  eventsOf,
  fixedHost,
  refusalWithoutTrace,
  stateOf,
  withoutTrace,
  withSession,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

Deno.test("approvePhase() approves the current phase for a human who types its id", () =>
  withSession(async (root) => {
    const host = fixedHost({ answers: ["PLAN"], number: 1 });
    const { changed, summary } = await approvePhase(host, { root });
    assertEquals(changed, true);
    assertEquals(host.questions, ['To approve phase "PLAN", type PLAN: ']);
    assertEquals(stateOf(root).metadata.phase_PLAN_approved, true);
    assertEquals(
      summary.blockers.some(({ code }) => code === "approval_missing"),
      false,
    );
    const [event] = eventsOf(root).slice(2);
    assertEquals([event?.type, event?.actor], ["human_override", "human"]);
  }));

Deno.test("approvePhase() does nothing and asks nobody where no approval is awaited", () =>
  withSession(async (root) => {
    const approve = async (phaseId: string) => {
      const host = fixedHost({ answers: [], number: 2 });
      const { changed } = await withoutTrace(
        root,
        () => approvePhase(host, { root, phaseId }),
      );
      assertEquals([changed, host.questions], [false, []]);
    };
    await approve("BUILD");
    const host = fixedHost({ answers: ["PLAN"], number: 1 });
    await approvePhase(host, { root, phaseId: "PLAN" });
    await approve("PLAN");
  }));

Deno.test("approvePhase() refuses a phase that the workflow does not have", () =>
  withSession(async (root) => {
    const host = fixedHost({ answers: ["NONE"], number: 1 });
    for (const phaseId of ["NONE", "plan", ""]) {
      const error = await refusalWithoutTrace(
        root,
        () => approvePhase(host, { root, phaseId }),
      );
      assertEquals([error.kind, error.code], ["not_found", "no_such_phase"]);
    }
  }));
