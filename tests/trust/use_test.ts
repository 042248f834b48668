import { sessionLayout } from "../../src/base/layout.ts";
import { diagnoseRepository } from "../../src/doctor/use.ts";
import { denoHost } from "../../src/host/deno_host.ts";
import { verifySession } from "../../src/trust/use.ts";
import { completeItem } from "../../src/work/complete.ts";
import { finishSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { readStatus } from "../../src/work/status.ts";
import { documentOf, orc } from "../commands/orc.ts";
import { forgeState } from "../session/forge.ts";
import {
  codeOf,
  EASY_WORKFLOW,
  fixedHost,
  idOf,
  refusalOf,
  withRoot,
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
    const ran = await orc(root, ["verify", session, "--full"]);
    documentOf(ran);
    assertEquals([text.exitCode, ran.exitCode], [3, 3]);
  }, EASY_WORKFLOW));

const CHECKED = `name: Checked
phases:
  - id: DO
    name: Do
    items:
      - {id: all, name: All, verification: {type: command, command: test -f a}}
      - {id: own, name: Own, inputs: [src/**], verification: {type: command, command: test -f src/b}}
`;

Deno.test("verifySession() names the files that changed since a check saw them, and holds once they are as they were", () =>
  withRoot({ "workflow.yaml": CHECKED, a: "1", "src/b": "2" }, async (root) => {
    const host = denoHost();
    const git = async (...args: readonly string[]) => {
      const run = new Deno.Command("git", { args: [...args], cwd: root });
      assertEquals((await run.output()).success, true);
    };
    const author = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
    await git("init", "-q");
    await git("add", ".");
    await git(...author, "commit", "-qm", "First");
    await startSession(host, { root, task: "Add login" });
    await completeItem(host, { root, itemId: "all" });
    await completeItem(host, { root, itemId: "own" });
    await finishSession(host, { root });
    const stale = async () => {
      const { findings, holds } = await verifySession(host, { root });
      return [
        holds,
        ...findings.map(({ itemId, message }) => [itemId, message]),
      ];
    };
    assertEquals(await stale(), [true]);
    Deno.writeTextFileSync(`${root}/c`, "3");
    assertEquals(await stale(), [false, [
      "all",
      'The check of item "all" saw other files: 1 file changed since: "c"',
    ]]);
    Deno.writeTextFileSync(`${root}/src/b`, "4");
    assertEquals((await stale()).length, 3);
    Deno.removeSync(`${root}/c`);
    Deno.writeTextFileSync(`${root}/src/b`, "2");
    await git("add", ".");
    await git(...author, "commit", "-qm", "Another", "--allow-empty");
    assertEquals(await stale(), [true]);
  }));

Deno.test("verifySession() says that a human signed a state, whatever led to it", () =>
  withSession(async (root) => {
    const session = idOf(0, 0);
    await completeAll(root, session);
    const host = fixedHost({ number: 2, answers: [session] });
    const repair = { repair: "resign", session } as const;
    await diagnoseRepository(host, { root, repair });
    const { findings, coveredFrom } = await verifySession(fixedHost(), {
      root,
    });
    assertEquals(
      findings.map(({ code, serial }) => [code, serial]),
      [["vouched", 2], ["done_elsewhere", null], ["session_open", null]],
    );
    assertEquals(coveredFrom, 2);
  }, EASY_WORKFLOW));

Deno.test("docs/trust.md names each code of a finding, and no other", () => {
  const codes = ["src/session/trace.ts", "src/trust/finding_rules.ts"].flatMap(
    (path) => {
      const text = Deno.readTextFileSync(path);
      const union = /readonly code:\n([^;]*);/.exec(text)?.[1] ?? "";
      return Array.from(union.matchAll(/\| "(\w+)"/g), ([, code]) => code);
    },
  );
  const page = Deno.readTextFileSync("docs/trust.md");
  const [, table = ""] = page.split("## Checking a session");
  const [rows = ""] = table.split("\n## ");
  const named = Array.from(rows.matchAll(/^\| `(\w+)`/gm), ([, code]) => code);
  assertEquals(named.sort(), codes.sort());
});
