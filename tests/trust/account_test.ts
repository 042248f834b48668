import { denoHost } from "../../src/host/deno_host.ts";
import { readSessionInfo } from "../../src/sessions/info.ts";
import { verifySession } from "../../src/trust/use.ts";
import { completeItem } from "../../src/work/complete.ts";
import { addNote, approveItem } from "../../src/work/item.ts";
import { abandonSession, finishSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { readStatus } from "../../src/work/status.ts";
import { orc } from "../commands/orc.ts";
import {
  agent,
  APPROVING,
  codeOf,
  EASY_WORKFLOW,
  eventsOf,
  fixedHost,
  HYBRID_WORKFLOW,
  idOf,
  type Machine,
  NOW,
  withRoot,
  withSession,
} from "../work/fixtures.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const GATED = `name: Gated
phases:
  - id: DO
    name: Do
    items:
      - {id: consent, name: Consent, verification: {type: manual_gate}}
`;

const HOW: readonly (readonly [string, Machine, string, readonly string[]])[] =
  [
    [
      "typed at a terminal",
      { answers: ["consent"], environment: { USER: "ada" } },
      'Item "consent" was approved at a terminal by ada on here after 0 s',
      [],
    ],
    [
      "by a setting",
      { environment: APPROVING },
      'Item "consent" was approved by the setting approvals: any',
      ["approved_by_setting"],
    ],
  ];

for (const [name, machine, sentence, codes] of HOW) {
  Deno.test(`finish, session info and verify say how an approval was given: ${name}`, () =>
    withSession(async (root) => {
      const approving = fixedHost({ number: 2, ...machine });
      await approveItem(approving, { root, itemId: "consent" });
      const { approvals } = await finishSession(fixedHost({ number: 3 }), {
        root,
      });
      const { host } = approving.identity();
      const expected = sentence.replace(" here ", ` ${host} `);
      assertEquals(approvals.map(({ message }) => message), [expected]);
      const flags = ["--session", idOf(0, 0)];
      const info = await orc(root, ["session", "info", ...flags]);
      assertStringIncludes(info.out, `Approval    ${expected}\n`);
      const verified = await orc(root, ["verify", ...flags]);
      assertStringIncludes(verified.out, `How it came about:\n  ${expected}\n`);
      assertEquals(verified.exitCode, codes.length === 0 ? 0 : 3);
      const { findings } = await verifySession(fixedHost(), {
        root,
        session: idOf(0, 0),
      });
      assertEquals(findings.map(({ code }) => code), codes);
      const said = [info.out, verified.out, eventsOf(root)[2]?.message].join();
      assert(codes.length === 0 || !/human/i.test(said), said);
    }, GATED));
}

Deno.test("orc finish shows what was approved and forced, and how", () =>
  withSession(async (root) => {
    const machine = { number: 2, answers: ["finish"] };
    const { out } = await orc(root, ["finish", "--force"], machine);
    assertStringIncludes(
      out,
      "Approvals:\n  The session was finished by force at a terminal",
    );
  }, GATED));

const STRICT = EASY_WORKFLOW;
const LAX = EASY_WORKFLOW.replace("name: ", "name: Lax ");

Deno.test("a session that follows another workflow than the repository's own is shown as such, by an agent too", () =>
  withRoot({ "workflow.yaml": STRICT, "lax.yaml": LAX }, async (root) => {
    const host = (number: number) =>
      fixedHost({ number, environment: agent("a") });
    const sentence =
      'workflow is "lax.yaml" instead of "workflow.yaml", by --workflow';
    const { warnings } = await startSession(host(1), {
      root,
      task: "Add login",
      file: `${root}/lax.yaml`,
    });
    assertEquals(warnings, [sentence]);
    const { warnings: shown } = await readStatus(host(2), { root });
    assertEquals(shown, [sentence]);
    await completeItem(host(3), { root, itemId: "it" });
    const ended = await finishSession(host(4), { root });
    assertEquals(ended.warnings, [sentence]);
    const { findings } = await verifySession(host(5), { root });
    assertEquals(
      findings.map(({ code, message }) => [code, message]),
      [["other_workflow", sentence]],
    );
  }));

Deno.test("a workflow that is named is no other one where it is the repository's own, or reads like it; in the place of the built-in one it is shown, and no finding", () =>
  withRoot({ "flows/same.yaml": STRICT, "lax.yaml": LAX }, async (root) => {
    const start = async (number: number, file: string) => {
      const { warnings, place } = await startSession(fixedHost({ number }), {
        root,
        task: `Task ${number}`,
        file: `${root}/${file}`,
        beside: true,
      });
      const { session } = place;
      const { findings } = await verifySession(fixedHost(), { root, session });
      return [warnings, findings.map(({ code }) => code)];
    };
    assertEquals(await start(1, "lax.yaml"), [
      ['workflow is "lax.yaml" instead of "the built-in workflow", by --workflow'],
      ["session_open"],
    ]);
    Deno.writeTextFileSync(`${root}/workflow.yaml`, STRICT);
    for (
      const [index, file] of ["workflow.yaml", "flows/same.yaml"].entries()
    ) {
      assertEquals(await start(index + 2, file), [[], ["session_open"]]);
    }
    Deno.writeTextFileSync(`${root}/workflow.yaml`, "phases: 7");
    assertEquals((await start(4, "lax.yaml"))[1], [
      "other_workflow",
      "session_open",
    ]);
  }));

Deno.test("orc start says that the same task was abandoned before, and its first event keeps it", () =>
  withSession(async (root) => {
    const why = "Too large";
    await abandonSession(fixedHost({ number: 2 }), { root, reason: why });
    const { warnings } = await startSession(fixedHost({ number: 3 }), {
      root,
      task: "add  LOGIN",
    });
    assertEquals(warnings, [
      `Session "${idOf(0, 0)}" of the same task was abandoned on ${
        NOW.slice(0, 10)
      }: ${why}`,
    ]);
    const { start } = await readSessionInfo(fixedHost(), { root });
    assertEquals(start?.abandoned, [idOf(0, 0)]);
    const another = await startSession(fixedHost({ number: 4 }), {
      root,
      task: "Add logout",
      beside: true,
    });
    assertEquals(another.warnings, []);
  }, EASY_WORKFLOW));

Deno.test("the first event keeps the commit, and whether git has the workflow as it is", () =>
  withRoot({ "workflow.yaml": STRICT }, async (root) => {
    const git = async (...args: readonly string[]) => {
      const run = new Deno.Command("git", { args: [...args], cwd: root });
      const { success, stdout } = await run.output();
      assertEquals(success, true, args.join(" "));
      return new TextDecoder().decode(stdout).trim();
    };
    let number = 0;
    const started = async (workingTree = root) => {
      const host = { ...denoHost(), workingDirectory: workingTree };
      const { place: { session } } = await startSession(host, {
        task: `Task ${number++}`,
        root: workingTree,
        beside: true,
      });
      const { start } = await readSessionInfo(host, {
        root: workingTree,
        session,
      });
      return [start?.commit, start?.indexed];
    };
    const as = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
    await git("init", "-q", "-b", "main");
    assertEquals(await started(), [null, null]);
    await git("add", "workflow.yaml");
    await git(...as, "commit", "-qm", "First");
    const first = await git("rev-parse", "HEAD");
    assertEquals(await started(), [first, true]);
    Deno.writeTextFileSync(`${root}/workflow.yaml`, LAX);
    assertEquals(await started(), [first, false]);
    await git("pack-refs", "--all");
    assertEquals(await started(), [first, false]);
    Deno.writeTextFileSync(
      `${root}/workflow.yaml`,
      STRICT.replaceAll("\n", "\r\n"),
    );
    assertEquals(await started(), [first, true]);
    await git("worktree", "add", "-q", "-b", "side", `${root}/side`);
    await git(
      "-C",
      `${root}/side`,
      ...as,
      "commit",
      "-qm",
      "Side",
      "--allow-empty",
    );
    const side = await git("-C", `${root}/side`, "rev-parse", "HEAD");
    assert(side !== first);
    assertEquals(await started(`${root}/side`), [side, true]);
    await git("checkout", "-q", "--detach");
    assertEquals((await started())[0], first);
    Deno.writeTextFileSync(`${root}/.git/HEAD`, "ref: ../../outside\n");
    assertEquals((await started())[0], null);
  }));

Deno.test("verifySession() finds a clock that ran backwards where a gate went by it, and nowhere else", () =>
  withSession(async (root) => {
    const at = (at: string, number: number) => fixedHost({ at, number });
    const codes = async (now: string) => {
      const { findings } = await verifySession(at(now, 9), { root });
      return findings.flatMap(({ code, serial }) =>
        code === "clock_backwards" ? [serial] : []
      );
    };
    const complete = (itemId: string, time: string, number: number) =>
      completeItem(at(`2026-03-01T${time}:00Z`, number), { root, itemId });
    const last = "2026-03-01T12:00:00Z";
    await codeOf(() => complete("look", "12:00", 2));
    assertEquals(await codes("2026-03-01T10:00:00Z"), []);
    await complete("look", "12:30", 3);
    assertEquals(await codes("2026-03-01T12:30:00Z"), []);
    assertEquals(await codes(last), [3]);
    await addNote(at("2026-03-01T12:01:00Z", 4), { root, text: "Seen" });
    assertEquals(await codes("2026-03-01T12:30:00Z"), [4]);
  }, HYBRID_WORKFLOW));
