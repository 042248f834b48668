import { rememberedMasker } from "../../src/host/shown_masker.ts";
import { openSession } from "../../src/repository/open_session.ts";
import { maskFailure } from "../../src/secrets/failure_masker.ts";
import { extendMasker, sessionMasker } from "../../src/secrets/masker.ts";
import { setSecret } from "../../src/secrets/set_secret.ts";
import { fixedHost, refusalOf, withRoot } from "../work/fixtures.ts";
import {
  OTHER_VALUE,
  VALUE,
  withSecrets,
  withSecretSession,
} from "./fixtures.ts";
import {
  assertEquals,
  assertNotStrictEquals,
  assertStrictEquals,
} from "@std/assert";

const environment = {
  API_KEY: VALUE,
  ORCHESTRATOR_OTHER_KEY: OTHER_VALUE,
  SECRETS_PASSWORD: "opens everything",
};

Deno.test("sessionMasker() knows all values of the workflow's secrets, and what opens them", () =>
  withSecretSession(async (root, machine) => {
    const host = fixedHost({ ...machine, environment });
    const opened = await openSession(host, { root });
    assertEquals(rememberedMasker(host), undefined);
    const masker = await sessionMasker(host, opened);
    assertEquals(
      masker.mask(`${VALUE} ${OTHER_VALUE} opens everything`),
      "[secret API_KEY] [secret OTHER_KEY] [secret SECRETS_PASSWORD]",
    );
    assertStrictEquals(rememberedMasker(host), masker);
    assertStrictEquals(await sessionMasker(host, opened), masker);
  }));

Deno.test("sessionMasker() knows what is kept for the repository, also if no workflow names it", () =>
  withSecretSession(async (root, machine) => {
    const host = fixedHost({ ...machine, programs: {} });
    for (const level of ["repository", "private", "global"] as const) {
      const file = `${root}/${level}.txt`;
      Deno.writeTextFileSync(file, `the ${level} value`);
      const name = `KEPT_${level.toUpperCase()}`;
      await setSecret(host, { root, name, file, level });
    }
    const { mask } = await sessionMasker(
      host,
      await openSession(host, { root }),
    );
    assertEquals(
      mask("the repository value, the private value"),
      "[secret KEPT_REPOSITORY], [secret KEPT_PRIVATE]",
    );
    assertEquals(mask("the global value"), "the global value");
  }));

Deno.test("sessionMasker() knows what the settings name, and maskFailure() does without wrong ones", () =>
  withSecretSession(async (root, machine) => {
    const value = "named by a setting alone";
    const variables = { ...environment, SETTING_KEY: value };
    const config = `${root}/.orchestrator/config.yaml`;
    Deno.writeTextFileSync(config, "secrets: [SETTING_KEY]\n");
    const host = fixedHost({ ...machine, environment: variables });
    const opened = await openSession(host, { root });
    const { mask } = await sessionMasker(host, opened);
    assertEquals(mask(value), "[secret SETTING_KEY]");

    Deno.writeTextFileSync(config, "secrets: [setting_key]\n");
    const failing = fixedHost({ ...machine, environment: variables });
    const again = await openSession(failing, { root });
    const error = await refusalOf(() => sessionMasker(failing, again));
    assertEquals(error.code, "invalid_setting");
    await maskFailure(failing, { root });
    assertEquals(rememberedMasker(failing)?.mask(VALUE), "[secret API_KEY]");
  }));

Deno.test("sessionMasker() opens nothing behind a link", () =>
  withSecretSession(async (root, machine) => {
    // Deno makes links only for whoever may read and write everything.
    const args = ["-s", `${root}/home`, `${root}/.orchestrator/secrets`];
    await new Deno.Command("ln", { args }).output();
    const host = fixedHost({ ...machine, environment });
    const { mask } = await sessionMasker(
      host,
      await openSession(host, { root }),
    );
    assertEquals(mask(VALUE), "[secret API_KEY]");
  }));

Deno.test("extendMasker() adds what was found elsewhere, for the rest of the run", () =>
  withSecretSession(async (root, machine) => {
    const host = fixedHost({ ...machine, environment });
    const opened = await openSession(host, { root });
    const before = await sessionMasker(host, opened);
    await extendMasker(host, opened, [{ name: "NEW", value: "from git 123" }]);
    const after = await sessionMasker(host, opened);
    assertNotStrictEquals(after, before);
    assertEquals(
      after.mask(`from git 123, ${VALUE}`),
      "[secret NEW], [secret API_KEY]",
    );
  }));

Deno.test("maskFailure() knows the secrets of a session, else those of the repository and tokens", async () => {
  const token = `ghp_${"a1".repeat(18)}`;
  await withSecretSession(async (root, machine) => {
    const host = fixedHost({ ...machine, environment });
    await maskFailure(host, { root });
    assertEquals(rememberedMasker(host)?.mask(VALUE), "[secret API_KEY]");
  });
  await withSecrets(async (root, machine) => {
    const host = fixedHost({ ...machine, input: VALUE });
    await setSecret(host, { root, name: "KEPT" });
    await maskFailure(host, { root });
    assertEquals(rememberedMasker(host)?.mask(VALUE), "[secret KEPT]");
  });
  await withRoot({}, async (root) => {
    const host = fixedHost({ environment });
    await maskFailure(host, { root });
    assertEquals(rememberedMasker(host)?.mask(token), "[secret]");
  });
});
