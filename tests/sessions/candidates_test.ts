import { saveCheckpoint } from "../../src/checkpoints/use.ts";
import { type CandidateKind, listCandidates } from "../../src/sessions/list.ts";
import { skipItem } from "../../src/work/item.ts";
import {
  edit,
  fixedHost,
  GIT_LS_FILES,
  idOf,
  withSession,
} from "../work/fixtures.ts";
import { assertEquals } from "@std/assert";

/** As a foreign program, or a human, may have written it. */
function rename(root: string, from: string, to: string): void {
  const path = `${root}/.orchestrator/sessions/${idOf(0, 0)}/state.json`;
  edit(path, from, to);
}

Deno.test("listCandidates() lists nothing where nothing can be read", () =>
  withSession(async (root) => {
    rename(root, '"version"', '"version');
    for (const kind of ["item", "open-item", "phase", "checkpoint"] as const) {
      assertEquals(await listCandidates(fixedHost(), kind, { root }), []);
    }
    const [session] = await listCandidates(fixedHost(), "session", { root });
    assertEquals(session, { word: idOf(0, 0), summary: "damaged:" });
  }));

Deno.test("listCandidates() lists what each kind names", () =>
  withSession(async (root) => {
    const reason = "Nothing that could be drawn";
    const skip = { root, itemId: "sketch", reason };
    await skipItem(fixedHost({ number: 1 }), skip);
    const programs = { [GIT_LS_FILES]: { exitCode: 128 } };
    const saved = await saveCheckpoint(fixedHost({ programs }), { root });
    const words: readonly [CandidateKind, readonly string[]][] = [
      ["item", ["idea", "plan", "sketch", "tests", "consent", "code"]],
      ["open-item", ["idea", "plan", "tests", "consent"]],
      ["phase", ["PLAN", "BUILD"]],
      ["session", [idOf(0, 0)]],
      ["checkpoint", [saved.id]],
    ];
    for (const [kind, expected] of words) {
      const listed = await listCandidates(fixedHost(), kind, { root });
      assertEquals(listed.map(({ word }) => word), expected);
    }
  }));

Deno.test("listCandidates() lists words only that a shell takes as they are", () =>
  withSession(async (root) => {
    const path = `${root}/.orchestrator/sessions`;
    const ids = await listCandidates(fixedHost(), "session", { root });
    Deno.mkdirSync(`${path}/$(touch x)`);
    Deno.mkdirSync(`${path}/a b`);
    const again = await listCandidates(fixedHost(), "session", { root });
    assertEquals(again, ids);
  }));

Deno.test("listCandidates() sums up in one short line", () =>
  withSession(async (root) => {
    rename(root, "The idea", `One\\ntwo ${"three ".repeat(20)}`);
    const [item] = await listCandidates(fixedHost(), "item", { root });
    assertEquals(item?.summary.startsWith("One two three"), true);
    assertEquals(item?.summary.length, 60);
  }));
