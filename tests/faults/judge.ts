import type { Repository } from "../journey/orc.ts";
import { problemsIn, sessionsIn } from "../parallel/whole.ts";
import type { Fault, Scenario } from "./fault.ts";
import type { Traced } from "./strace.ts";

/** Makes an update durable that is there already. */
const LAST_SYNC = "fsync /.orchestrator/sessions/ID";

/** What is wrong after a command was broken; empty when all is well. Goes on with the repository. */
export async function problemsAfter(
  traced: Traced,
  { scenario, fault, repository }: {
    readonly scenario: Scenario;
    readonly fault: Fault;
    readonly repository: Repository;
  },
): Promise<readonly string[]> {
  const sessions = await sessionsIn(repository.directory);
  const isStored = scenario.isStored(sessions, repository);
  const problems = [
    ...problemsWithEnd(traced, fault),
    ...problemsWithOutcome(traced, scenario, isStored),
    ...await problemsWithReading(repository),
  ];
  const next = await scenario.goOn(repository, isStored);
  if (next.code !== 0) problems.push(`the next command failed: ${next.stderr}`);
  return [...problems, ...await problemsIn(repository.directory)];
}

/** A killed command says nothing; any other one does its work or says what kept it from it. */
function problemsWithEnd(
  { code, stderr }: Traced,
  { breakage, call }: Fault,
): string[] {
  if (breakage === "kill") return [];
  const problems: string[] = [];
  if (code !== 0 && code !== 7) problems.push(`exit code ${code}: ${stderr}`);
  if (/\n +at |bug in orc|Uncaught/.test(stderr)) {
    problems.push(`it ended with a bug: ${stderr}`);
  }
  const expected = code === 0
    ? /^(?:Warning: [A-Z][^\n]*\n)*$/
    : /^[A-Z"][^\n]*[^.\n]\n/;
  if (!expected.test(stderr)) problems.push(`it said: ${stderr}`);
  if (code === 0 && call.what === LAST_SYNC && stderr === "") {
    problems.push("nobody was told that the disk did not confirm it");
  }
  return problems;
}

function problemsWithOutcome(
  { code, stderr }: Traced,
  { mayFailStored }: Scenario,
  isStored: boolean,
): string[] {
  if (code === 0) return isStored ? [] : ["acknowledged, but not there"];
  if (code === null || !isStored) return [];
  if (!mayFailStored) return [`not acknowledged, but there: ${stderr}`];
  return stderr.includes("nothing was changed")
    ? [`it is there, but orc said: ${stderr}`]
    : [];
}

async function problemsWithReading({ orc }: Repository): Promise<string[]> {
  const { code, stdout, stderr } = await orc(["status", "--full"]);
  const answer = JSON.parse(stdout);
  const isFine = code === 0 || answer.error?.kind === "not_found";
  return isFine && stderr === "" ? [] : [`status said: ${stdout}${stderr}`];
}
