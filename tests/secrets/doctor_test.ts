import { diagnoseSecrets } from "../../src/secrets/doctor.ts";
import { listSecrets, setSecret } from "../../src/secrets/use.ts";
import { fixedHost, type Machine } from "../work/fixtures.ts";
import { OTHER_VALUE, VALUE, withSecrets } from "./fixtures.ts";
import { assertEquals } from "@std/assert";

const TOKEN = `ghp_${"a1".repeat(18)}`;

const QUIET: Machine = {
  programs: { "git credential fill": { exitCode: -1, problem: "No git" } },
  environment: { OTHER_KEY: OTHER_VALUE },
};

async function keep(root: string, machine: Machine): Promise<void> {
  const host = fixedHost({ ...machine, input: VALUE });
  await setSecret(host, { root, name: "API_KEY" });
}

async function codesAt(
  root: string,
  machine: Machine,
): Promise<readonly string[]> {
  const host = fixedHost({ ...machine, ...QUIET });
  const { findings } = await diagnoseSecrets(host, { root });
  return findings.map(({ code, path }) => `${code} ${path.replace(root, "")}`);
}

/** Runs git on a repository of the test's own. */
function git(root: string, ...args: string[]): void {
  const { success, stderr } = new Deno.Command("git", {
    args: ["-C", root, ...args],
    stdout: "piped",
    stderr: "piped",
  }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

Deno.test("diagnoseSecrets() finds secrets and identities that git tracks", () =>
  withSecrets(async (root, machine) => {
    await keep(root, machine);
    git(root, "init", "--quiet");
    assertEquals(await codesAt(root, machine), []);
    git(root, "add", "--force", ".orchestrator", "home");
    assertEquals(await codesAt(root, machine), [
      "secret_committed /.orchestrator/secrets/API_KEY.age",
      "identity_exposed /home/.orchestrator/identity.txt",
    ]);
  }));

/** Deno makes links only for whoever may read and write everything. */
async function link(target: string, path: string): Promise<void> {
  await new Deno.Command("ln", { args: ["-s", target, path] }).output();
}

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
    await link(`${root}/elsewhere`, path);
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

Deno.test("diagnoseSecrets() finds keys beside what they open, and tokens in shared files", () =>
  withSecrets(async (root, machine) => {
    Deno.writeTextFileSync(`${root}/.envrc`, "export SECRETS_PASSWORD=x1\n");
    assertEquals(
      await codesAt(root, machine),
      ["secret_missing /.orchestrator/secrets"],
    );
    await keep(root, machine);
    Deno.writeTextFileSync(
      `${root}/.orchestrator/config.yaml`,
      `# ${TOKEN}\n`,
    );
    assertEquals(await codesAt(root, machine), [
      "key_beside_secrets /.envrc",
      "token_in_file /.orchestrator/config.yaml",
    ]);
  }));

Deno.test("diagnoseSecrets() says that the Python tool's secrets are there", () =>
  withSecrets(async (root, machine) => {
    await keep(root, machine);
    Deno.writeTextFileSync(`${root}/.secrets.enc`, "Salted__");
    assertEquals(await codesAt(root, machine), [
      "legacy_secrets /.secrets.enc",
    ]);
  }));
