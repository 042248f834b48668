import { writeTree } from "../files/temporary.ts";
import { foreignRecord, lockText, tokenOf } from "../session/fixtures.ts";
import {
  agent,
  APPROVING,
  edit,
  fixedHost,
  idOf,
  withRoot,
  withSession,
} from "../work/fixtures.ts";
import { diagnoseRepository } from "../../src/doctor/use.ts";
import { amongSessions, later } from "../doctor/fixtures.ts";
import { inEmptyDirectory, orc, testOutput, testText } from "./orc.ts";
import { eventLine } from "../migration/fixtures.ts";
import { assertEquals } from "@std/assert";

const PLAIN_SECRET = ".orchestrator/secrets/api_token";
const SESSION = `.orchestrator/sessions/${idOf(0, 0)}`;

/** Some of each severity. */
function damage(root: string): void {
  writeTree(root, {
    ".workflow_log.jsonl": eventLine("wf_1a2b3c4d", "workflow_started"),
    ".orchestrator/current": "../etc",
    ".orchestrator/lock": lockText(foreignRecord()),
    [`.orchestrator/lock.${tokenOf(1)}.tmp`]: "",
    [PLAIN_SECRET]: "s3cret",
    [`${SESSION}/state.json`]: '{"a": 1,}',
  });
  Deno.chmodSync(`${root}/${PLAIN_SECRET}`, 0o644);
}

/** Leaves what no decision is needed for. */
function litter(root: string): void {
  writeTree(root, {
    [`${SESSION}/state.json.${tokenOf(1)}.tmp`]: "",
    ".orchestrator/current": `01kk${"9".repeat(22)}`,
  });
}

function changeByHand(root: string): void {
  edit(`${root}/${SESSION}/state.json`, "Add login", "Add logout");
}

testOutput({
  name: "orc doctor says when all is well",
  argv: ["doctor"],
  result: { healthy: true, findings: [] },
  text: "Healthy, 1 session looked at",
});

testText({
  name: "orc doctor does not say that it read what is unchanged",
  argv: ["doctor"],
  within: (test) => amongSessions(test),
  before: (root) => diagnoseRepository(fixedHost({ at: later() }), { root }),
  text:
    "Healthy, 100 sessions looked at, 100 of them unchanged since last found sound",
  machine: { at: later() },
});

testText({
  name: "orc doctor has nothing to look at where nothing is",
  argv: ["doctor"],
  within: inEmptyDirectory,
  text: "Healthy, 0 sessions looked at",
});

testOutput({
  name: "orc doctor names what is damaged, the worst first, and exits with 3",
  argv: ["doctor"],
  before: damage,
  exitCode: 3,
  result: {
    healthy: false,
    sessions: 1,
    fixed: [],
    findings: [
      {
        code: "damaged_state",
        severity: "error",
        fixable: false,
        session: idOf(0, 0),
      },
      { code: "secret_plaintext", path: `/shop/${PLAIN_SECRET}` },
      {
        code: "foreign_current",
        severity: "warning",
        fixable: false,
        path: "/shop/.orchestrator/current",
        session: null,
        message:
          `"/shop/.orchestrator/current" is not orc's: it chooses no session, and who has none of their own is in the only active one`,
        remedy:
          "leave it to the tool that made it, or put it aside: orc session switch ID",
      },
      { code: "secret_readable", severity: "warning", fixable: false },
      { code: "lock_held", severity: "info" },
      { code: "legacy_files", path: "/shop/.workflow_log.jsonl" },
    ],
  },
  error: {
    kind: "refused",
    code: "not_healthy",
    message: "Doctor found 4 problems",
    hint: null,
    path: null,
  },
});

testText({
  name: "orc doctor shows a few of many that are alike",
  argv: ["doctor"],
  before: (root) => {
    const states = Array.from(
      { length: 5 },
      (_, index) =>
        [`.orchestrator/sessions/a${index}/state.json`, ""] as const,
    );
    writeTree(root, Object.fromEntries(states));
  },
  within: (test) => withRoot({ ".orchestrator/.gitignore": "*\n" }, test),
  exitCode: 3,
});

testOutput({
  name: "orc doctor --fix says what it put right",
  argv: ["doctor", "--fix", "--yes"],
  before: litter,
  result: { healthy: true, findings: [], repaired: null },
  text:
    `Fixed: "/shop/.orchestrator/current" names session "01kk9999999999999999999999", which does not exist
Fixed: "/shop/.orchestrator/sessions/01kk0000000000000000000000" holds what a killed process left: state.json.00000000000000000000000000000001.tmp
Healthy, 1 session looked at`,
});

testOutput({
  name: "orc doctor --resign signs the state for a human",
  argv: ["doctor", "--resign", idOf(0, 0)],
  before: changeByHand,
  machine: { environment: APPROVING },
  result: { repaired: { repair: "resign", session: idOf(0, 0) } },
  text: `Repaired: session "01kk0000000000000000000000", now at update 2
Healthy, 1 session looked at`,
});

testOutput({
  name: "orc doctor --resign is refused to an agent",
  argv: ["doctor", "--resign", idOf(0, 0)],
  before: changeByHand,
  machine: { environment: agent("1") },
  exitCode: 77,
  code: "approval_required",
  text:
    `! Cannot sign the changed state of session "01kk0000000000000000000000": only a human may, at a terminal
! Try: ask a human to run the same command in a terminal`,
});

testText({
  name: "orc doctor takes one decision at a time",
  argv: ["doctor", "--resign", "1", "--restore", "1"],
  within: inEmptyDirectory,
  exitCode: 2,
  text: `! --resign and --restore do not go together
! Try: orc help doctor`,
});

Deno.test("orc doctor prints its findings with --quiet too", () =>
  withSession(async (root) => {
    await damage(root);
    const loud = await orc(root, ["doctor"]);
    const quiet = await orc(root, ["doctor", "--quiet"]);
    assertEquals(quiet, loud);
  }));
