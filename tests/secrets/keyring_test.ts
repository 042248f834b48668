import { openKeyring, readIdentities } from "../../src/secrets/keyring.ts";
import { fixedHost, refusalOf } from "../work/fixtures.ts";
import { IDENTITY, withSecrets } from "./fixtures.ts";
import { assertEquals } from "@std/assert";

Deno.test("readIdentities() reads all identities of the user, and no comments", () =>
  withSecrets((root, machine) => {
    const path = `${root}/home/.orchestrator/identity.txt`;
    assertEquals(readIdentities(fixedHost(machine)), [IDENTITY]);
    Deno.writeTextFileSync(path, `# one\n${IDENTITY}\r\n\n${IDENTITY}\n`);
    assertEquals(readIdentities(fixedHost(machine)), [IDENTITY, IDENTITY]);
    Deno.removeSync(path);
    assertEquals(readIdentities(fixedHost(machine)), []);
    assertEquals(readIdentities(fixedHost()), []);
    return Promise.resolve();
  }));

Deno.test("readIdentities() refuses a file without an identity", () =>
  withSecrets(async (root, machine) => {
    const path = `${root}/home/.orchestrator/identity.txt`;
    Deno.writeTextFileSync(path, "nothing\n");
    const error = await refusalOf(() =>
      Promise.resolve().then(() => readIdentities(fixedHost(machine)))
    );
    assertEquals([error.kind, error.code], ["corrupt", "invalid_identity"]);
  }));

Deno.test("openKeyring() asks for a passphrase once, and only where it may", () => {
  const host = fixedHost({ answers: ["typed", "again"] });
  const keyring = openKeyring(host, true);
  assertEquals([keyring.passphrase(), keyring.passphrase()], [
    "typed",
    "typed",
  ]);
  assertEquals(host.questions, ["Passphrase: "]);
  const silent = fixedHost({ answers: ["typed"] });
  assertEquals(openKeyring(silent, false).passphrase(), undefined);
  assertEquals(silent.questions, []);
  const environment = { ORCHESTRATOR_PASSPHRASE: "set" };
  assertEquals(
    openKeyring(fixedHost({ environment, answers: [] }), true).passphrase(),
    "set",
  );
});
