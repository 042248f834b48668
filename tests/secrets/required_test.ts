import { openRepository } from "../../src/repository/open.ts";
import { readLegacySecrets } from "../../src/secrets/encryption.ts";
import { secretsOf } from "../../src/secrets/find.ts";
import { legacySecretsPath } from "../../src/secrets/vault.ts";
import { itemOf, phaseOf, workflowOf } from "../engine/fixtures.ts";
import { fixedHost, refusalOf, withRoot } from "../work/fixtures.ts";
import { assertEquals } from "@std/assert";

Deno.test("secretsOf() names each secret of a workflow and its items once", () => {
  const workflow = workflowOf([
    phaseOf("PLAN", [itemOf("a", { secrets: ["Z_KEY", "A_KEY"] })]),
    phaseOf("DO", [itemOf("b", { secrets: ["A_KEY"] })]),
  ]);
  assertEquals(secretsOf({ ...workflow, secrets: ["M_KEY", "A_KEY"] }), [
    "A_KEY",
    "M_KEY",
    "Z_KEY",
  ]);
});

Deno.test("secretsOf() leaves out what another tool wrote and is no name", () => {
  const workflow = workflowOf([phaseOf("PLAN", [])]);
  assertEquals(secretsOf({ ...workflow, secrets: ["../x", "PATH", "OK"] }), [
    "OK",
  ]);
});

/** Made by `openssl enc -aes-256-cbc -pbkdf2 -salt -pass pass:hunter22`. */
const ENCRYPTED =
  "U2FsdGVkX1/JMR6LBNt329HxKoBHPsJVKBUhHgcmvjaKPpWAFXcitMyVWH5Z2HRFvTSg5HlY2k5Q1VfwYVG31JBPMtmxJRc1kP3Heo8y2hA=";

const PASSWORD = { SECRETS_PASSWORD: "hunter22" };

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (digit) => digit.charCodeAt(0));
}

async function valuesAt(
  root: string,
  environment: Readonly<Record<string, string>>,
): Promise<Record<string, string> | undefined> {
  const host = fixedHost({ environment });
  const repository = openRepository(host, { root });
  const legacy = await readLegacySecrets(host, repository);
  return legacy && Object.fromEntries(legacy.values);
}

Deno.test("readLegacySecrets() opens what openssl encrypted", () =>
  withRoot({ ".orchestrator/secrets/": "" }, async (root) => {
    const expected = {
      OPENAI_API_KEY: "sk-legacy-value-123",
      PORT: "8080",
      quoted: "a b",
    };
    assertEquals(await valuesAt(root, PASSWORD), undefined);
    const moved = `${root}/.orchestrator/secrets/.secrets.enc`;
    Deno.writeFileSync(moved, bytesOf(ENCRYPTED));
    assertEquals(await valuesAt(root, PASSWORD), expected);
    Deno.renameSync(moved, `${root}/.secrets.enc`);
    assertEquals(await valuesAt(root, PASSWORD), expected);
    assertEquals(await valuesAt(root, {}), undefined);
    const repository = openRepository(fixedHost(), { root });
    assertEquals(legacySecretsPath(repository), `${root}/.secrets.enc`);
  }));

Deno.test("readLegacySecrets() says that the password does not fit", () =>
  withRoot({}, async (root) => {
    Deno.writeFileSync(`${root}/.secrets.enc`, bytesOf(ENCRYPTED));
    const error = await refusalOf(() =>
      valuesAt(root, { SECRETS_PASSWORD: "wrong" })
    );
    assertEquals([error.kind, error.code], ["denied", "wrong_password"]);
  }));

Deno.test("readLegacySecrets() refuses what openssl did not encrypt", () =>
  withRoot({ ".secrets.enc": "API_KEY: in plain sight" }, async (root) => {
    const error = await refusalOf(() => valuesAt(root, PASSWORD));
    assertEquals([error.kind, error.code], ["corrupt", "invalid_secret"]);
  }));
