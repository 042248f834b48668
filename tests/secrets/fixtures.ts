import { startSession } from "../../src/work/start.ts";
import { fixedHost, type Machine, withRoot } from "../work/fixtures.ts";

/** An identity for tests, as `age-keygen` writes it. */
export const IDENTITY =
  "AGE-SECRET-KEY-1P06VX7KMLC4AD734SLSPNF9WED6J48J663X45URALQQX908VDUFS8HGAYV";

/** Values that are planted; nothing but these tests knows them. */
export const VALUE = "pl4nted/value+0001";
export const OTHER_VALUE = "0ther-pl4nted-value";

/** How orc asks git's credential helper for a secret. */
export const ASK_GIT = "git credential fill";

/** A machine whose git has no secrets. */
export const NO_GIT = { [ASK_GIT]: { exitCode: -1, problem: "No git" } };

/** A workflow whose items name different secrets. */
export const SECRET_WORKFLOW = `name: Secretive
secrets: [OTHER_KEY]
phases:
  - id: DO
    name: Do
    items:
      - {id: with, name: With a secret, secrets: [API_KEY], verification: {type: command, command: sh check.sh}}
      - {id: without, name: Without one, verification: {type: command, command: sh check.sh}}
      - {id: plain, name: Plain}
`;

/** Runs a test in a repository whose user has an identity; the machine has their directory as its home. */
export function withSecrets(
  test: (root: string, machine: Machine) => void | Promise<void>,
  files: Readonly<Record<string, string>> = {},
): Promise<void> {
  return withRoot({
    "workflow.yaml": SECRET_WORKFLOW,
    "home/.orchestrator/identity.txt": `# for tests\n${IDENTITY}\n`,
    ...files,
  }, async (root) => {
    Deno.chmodSync(`${root}/home/.orchestrator/identity.txt`, 0o600);
    await test(root, { home: `${root}/home`, workingDirectory: root });
  });
}

/** As {@linkcode withSecrets}, after a session has started. */
export function withSecretSession(
  test: (root: string, machine: Machine) => void | Promise<void>,
  files: Readonly<Record<string, string>> = {},
): Promise<void> {
  return withSecrets(async (root, machine) => {
    await startSession(fixedHost(machine), { root, task: "Add login" });
    await test(root, machine);
  }, files);
}
