import { setSecret } from "../../src/secrets/set_secret.ts";
import { completeItem } from "../../src/work/complete_item.ts";
import { writeTree } from "../files/temporary.ts";
import {
  fixedHost,
  type Machine,
  refusalOf,
  refusalWithoutTrace,
  stateOf,
  withoutTrace,
} from "../work/fixtures.ts";
import { OTHER_VALUE, VALUE, withSecretSession } from "./fixtures.ts";
import { assert, assertEquals } from "@std/assert";

const CHECK = "sh check.sh";
const NO_GIT = {
  "git credential fill": { exitCode: -1, problem: "No git" },
};

const BOTH = {
  API_KEY: VALUE,
  ORCHESTRATOR_OTHER_KEY: OTHER_VALUE,
  ORCHESTRATOR_PASSPHRASE: "pass phrase",
};

function machineWith(machine: Machine, more: Machine): Machine {
  return { ...machine, programs: { ...NO_GIT, [CHECK]: {} }, ...more };
}

Deno.test("a check gets the secrets its item names, and no others", () =>
  withSecretSession(async (root, machine) => {
    const host = fixedHost(machineWith(machine, { environment: BOTH }));
    for (const itemId of ["with", "without"]) {
      await completeItem(host, { root, itemId });
    }
    const given = host.requests.map(({ variables }) => variables?.API_KEY);
    assertEquals(given, [VALUE, undefined]);
    for (const { withheld, variables } of host.requests) {
      assertEquals(withheld, [
        "ORCHESTRATOR_PASSPHRASE",
        "SECRETS_PASSWORD",
        "ORCHESTRATOR_API_KEY",
        "API_KEY",
        "ORCHESTRATOR_OTHER_KEY",
        "OTHER_KEY",
      ]);
      assert(variables?.ORCHESTRATOR_CHECK?.length);
    }
  }));

Deno.test("a check inherits nothing that is kept for the repository under a name", () =>
  withSecretSession(async (root, machine) => {
    const host = fixedHost(machineWith(machine, { environment: BOTH }));
    Deno.writeTextFileSync(`${root}/value.txt`, "kept, and not named");
    const file = `${root}/value.txt`;
    await setSecret(host, { root, name: "KEPT_KEY", file });
    await completeItem(host, { root, itemId: "without" });
    const [request] = host.requests;
    assert(request?.withheld?.includes("KEPT_KEY"));
    assert(request?.withheld?.includes("ORCHESTRATOR_KEPT_KEY"));
  }));

Deno.test("a check inherits nothing that any level of the settings names", () =>
  withSecretSession(async (root, machine) => {
    const environment = { ...BOTH, ORCHESTRATOR_SECRETS: "ENV_KEY" };
    const host = fixedHost(machineWith(machine, { environment }));
    writeTree(root, {
      "home/.orchestrator/config.yaml": "secrets: USER_KEY, MORE_KEY\n",
      ".orchestrator/config.yaml": "secrets: []\n",
    });
    await completeItem(host, { root, itemId: "without" });
    const withheld = host.requests[0]?.withheld ?? [];
    for (const name of ["ENV_KEY", "USER_KEY", "MORE_KEY"]) {
      assert(withheld.includes(name), name);
      assert(withheld.includes(`ORCHESTRATOR_${name}`), name);
    }
  }));

Deno.test("a check is not run where the settings name what can be no secret", () =>
  withSecretSession(async (root, machine) => {
    const host = fixedHost(machineWith(machine, { environment: BOTH }));
    writeTree(root, { ".orchestrator/config.yaml": "\nsecrets: [A, b]\n" });
    const error = await refusalWithoutTrace(
      root,
      () => completeItem(host, { root, itemId: "without" }),
    );
    assertEquals([error.kind, error.code], ["config", "invalid_setting"]);
    assert(error.message.includes("config.yaml:2:1: secrets: "));
    assertEquals(host.requests, []);
  }));

Deno.test("a real check does not find other secrets in its environment", () =>
  withSecretSession(async (root, machine) => {
    // What orc itself was started with is what a check would inherit.
    Deno.env.set("OTHER_KEY", OTHER_VALUE);
    Deno.env.set("API_KEY", VALUE);
    try {
      const environment = { API_KEY: VALUE, OTHER_KEY: OTHER_VALUE };
      const host = fixedHost({ ...machine, environment, programs: "real" });
      const found: string[] = [];
      for (const itemId of ["with", "without"]) {
        const error = await refusalOf(() =>
          completeItem(host, { root, itemId })
        );
        found.push(String(error.message.match(/found.*$/)?.[0]));
      }
      assertEquals(found, [
        "found [secret API_KEY] and .",
        "found  and .",
      ]);
    } finally {
      Deno.env.delete("OTHER_KEY");
      Deno.env.delete("API_KEY");
    }
  }, { "check.sh": 'echo "found $API_KEY and $OTHER_KEY."; exit 1\n' }));

Deno.test("a check without its secret is not run, and no try is counted", () =>
  withSecretSession(async (root, machine) => {
    const host = fixedHost(machineWith(machine, {}));
    const error = await withoutTrace(
      root,
      () => refusalOf(() => completeItem(host, { root, itemId: "with" })),
    );
    assertEquals([error.kind, error.code], ["denied", "secret_missing"]);
    assertEquals(error.hint, "orc secrets set API_KEY");
    const ran = host.requests.map(({ command }) => [command].flat()[0]);
    assertEquals(ran, ["git"]);
  }));

Deno.test("a person is asked for a secret that nobody has, and its value is masked", () =>
  withSecretSession(async (root, machine) => {
    const host = fixedHost({
      ...machine,
      answers: [VALUE],
      programs: { ...NO_GIT, [CHECK]: { stdout: `I got ${VALUE}` } },
    });
    const { check } = await completeItem(host, {
      root,
      itemId: "with",
      notes: `with ${VALUE}`,
    });
    assertEquals(host.questions, ["Value of API_KEY (not shown): "]);
    assert(check?.type === "command");
    assertEquals(check.stdout, "I got [secret API_KEY]");
    const item = stateOf(root).phases.DO.items.with;
    assertEquals(item.notes, "with [secret API_KEY]");
    assertEquals(
      item.verification_result.stdout,
      "I got [secret API_KEY]",
    );
  }));
