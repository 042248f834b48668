import { diagnoseSecrets } from "../../src/secrets/doctor.ts";
import { listSecrets, setSecret } from "../../src/secrets/use.ts";
import { writeTree } from "../files/temporary.ts";
import { fixedHost, type Machine } from "../work/fixtures.ts";
import { NO_GIT, OTHER_VALUE, VALUE, withSecrets } from "./fixtures.ts";
import { assert, assertEquals } from "@std/assert";

const TOKEN = `ghp_${"a1".repeat(18)}`;

const QUIET: Machine = {
  programs: NO_GIT,
  environment: { OTHER_KEY: OTHER_VALUE },
};

async function keep(root: string, machine: Machine): Promise<void> {
  const host = fixedHost({ ...machine, input: VALUE });
  await setSecret(host, { root, name: "API_KEY", yes: true });
}

async function codesAt(
  root: string,
  machine: Machine,
): Promise<readonly string[]> {
  const host = fixedHost({ ...machine, ...QUIET });
  const { findings } = await diagnoseSecrets(host, { root });
  return findings.map(({ code, path }) => `${code} ${path.replace(root, "")}`);
}

/** Runs a program of the machine. */
async function run(command: string, ...args: string[]): Promise<void> {
  const { success } = await new Deno.Command(command, { args }).output();
  assert(success, `${command} ${args}`);
}

Deno.test("diagnoseSecrets() finds secrets and identities that git tracks", () =>
  withSecrets(async (root, machine) => {
    await keep(root, machine);
    await run("git", "-C", root, "init", "--quiet");
    assertEquals(await codesAt(root, machine), []);
    await run("git", "-C", root, "add", "--force", ".orchestrator", "home");
    assertEquals(await codesAt(root, machine), [
      "secret_committed /.orchestrator/secrets/API_KEY.age",
      "identity_exposed /home/.orchestrator/identity.txt",
    ]);
  }));

Deno.test("diagnoseSecrets() finds secrets that cannot be opened", () =>
  withSecrets(async (root, machine) => {
    await keep(root, machine);
    const path = `${root}/.orchestrator/secrets/API_KEY.age`;
    const shown = path.replace(root, "");
    Deno.writeFileSync(path, Deno.readFileSync(path).subarray(0, -1));
    assertEquals(await codesAt(root, machine), [`secret_damaged ${shown}`]);
    await keep(root, machine);
    Deno.removeSync(`${root}/home/.orchestrator/identity.txt`);
    assertEquals(await codesAt(root, machine), [`secret_locked ${shown}`]);
    Deno.renameSync(path, `${root}/elsewhere`);
    // Deno makes links only for whoever may read and write everything.
    await run("ln", "-s", `${root}/elsewhere`, path);
    assertEquals(await codesAt(root, machine), [`secret_linked ${shown}`]);
  }));

Deno.test("diagnoseSecrets() and listSecrets() know what the settings require", () =>
  withSecrets(async (root, machine) => {
    await keep(root, machine);
    const config = `${root}/.orchestrator/config.yaml`;
    Deno.writeTextFileSync(config, "secrets: [SETTING_KEY, API_KEY]\n");
    assertEquals(await codesAt(root, machine), [
      "secret_missing /.orchestrator/secrets",
    ]);
    const host = fixedHost({ ...machine, ...QUIET });
    const { secrets, warnings } = await listSecrets(host, { root });
    assertEquals(secrets.map(({ name, required }) => [name, required]), [
      ["API_KEY", true],
      ["OTHER_KEY", true],
      ["SETTING_KEY", true],
    ]);
    assertEquals(warnings, []);
    Deno.writeTextFileSync(config, "secrets: [nothing]\n");
    const list = await listSecrets(host, { root });
    assertEquals(list.secrets.length, 2);
    assertEquals(list.warnings.length, 1);
  }));

Deno.test("diagnoseSecrets() finds keys beside what they open, tokens in shared files, and the Python tool's secrets", () =>
  withSecrets(async (root, machine) => {
    Deno.writeTextFileSync(`${root}/.envrc`, "export SECRETS_PASSWORD=x1\n");
    assertEquals(
      await codesAt(root, machine),
      ["secret_missing /.orchestrator/secrets"],
    );
    await keep(root, machine);
    writeTree(root, {
      ".orchestrator/config.yaml": `# ${TOKEN}\n`,
      ".secrets.enc": "Salted__",
    });
    assertEquals(await codesAt(root, machine), [
      "key_beside_secrets /.envrc",
      "token_in_file /.orchestrator/config.yaml",
      "legacy_secrets /.secrets.enc",
    ]);
  }));
