import { OrcError } from "../../src/base/error.ts";
import {
  assertSecretName,
  isSecretName,
  KEY_VARIABLES,
  variablesOf,
} from "../../src/base/secret_name.ts";
import { SETTINGS, variableOf } from "../../src/settings/settings.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

Deno.test("isSecretName() takes capital letters, digits and underscores", () => {
  for (const name of ["A", "OPENAI_API_KEY", "K8S_TOKEN", "A".repeat(64)]) {
    assert(isSecretName(name), name);
  }
  for (
    const name of [
      "",
      "a",
      "1A",
      "_A",
      "A-B",
      "A.B",
      "../A",
      "A/B",
      "A\0",
      "A\n",
      "Ä",
      "A".repeat(65),
      "PATH",
      "HOME",
    ]
  ) {
    assert(!isSecretName(name), name);
  }
});

Deno.test("assertSecretName() says what is wrong with a name", () => {
  const message = (name: string): string =>
    assertThrows(() => assertSecretName(name), OrcError).message;
  assertEquals(
    message("api key"),
    '"api key" cannot be the name of a secret: it holds capital letters, digits and underscores, at most 64',
  );
  assertEquals(
    message("PATH"),
    '"PATH" cannot be the name of a secret: every program needs the variable of that name',
  );
});

Deno.test("variablesOf() asks for the prefixed variable first", () => {
  assertEquals(variablesOf("API_KEY"), ["ORCHESTRATOR_API_KEY", "API_KEY"]);
});

Deno.test("variablesOf() takes no setting of orc for a secret", () => {
  assertEquals(variablesOf("SESSION"), ["SESSION"]);
  assertEquals(variablesOf("ORCHESTRATOR_PASSPHRASE"), [
    "ORCHESTRATOR_PASSPHRASE",
  ]);
  const variables = SETTINGS.flatMap((setting) => [
    variableOf(setting),
    ...(setting.variables ?? []).map(({ name }) => name),
  ]);
  for (const variable of [...variables, ...KEY_VARIABLES]) {
    const name = variable.replace(/^ORCHESTRATOR_/, "");
    assertEquals(variablesOf(name).includes(variable), name === variable, name);
  }
});
