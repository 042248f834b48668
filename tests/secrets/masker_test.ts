import { jsonObject } from "../../src/base/json.ts";
import { rememberedMasker } from "../../src/host/host.ts";
import { openSession } from "../../src/repository/select.ts";
import {
  maskAction,
  maskFailure,
  maskResult,
  sessionMasker,
} from "../../src/secrets/masker.ts";
import { setSecret } from "../../src/secrets/use.ts";
import { completeItem } from "../../src/work/complete.ts";
import type { Action } from "../../src/workflow/types.ts";
import { commandResult, fileResult } from "../engine/fixtures.ts";
import { writeTree } from "../files/temporary.ts";
import {
  fixedHost,
  type Machine,
  refusalOf,
  refusalWithoutTrace,
  stateOf,
  withoutTrace,
  withRoot,
} from "../work/fixtures.ts";
import {
  OTHER_VALUE,
  VALUE,
  withSecrets,
  withSecretSession,
} from "./fixtures.ts";
import {
  assert,
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

Deno.test("sessionMasker() adds what was found elsewhere, for the rest of the run", () =>
  withSecretSession(async (root, machine) => {
    const host = fixedHost({ ...machine, environment });
    const opened = await openSession(host, { root });
    const before = await sessionMasker(host, opened);
    await sessionMasker(host, opened, [{ name: "NEW", value: "from git 123" }]);
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

const mask = (text: string): string => text.replaceAll("hidden", "#");

const METADATA = jsonObject({ path: "hidden" });

Deno.test("maskAction() masks what a caller says, and no ids", () => {
  const cases: readonly (readonly [Action, Action])[] = [
    [
      {
        type: "start",
        workflowId: "wf_hidden",
        task: "a hidden task",
        project: "hidden",
        constraints: ["no hidden"],
        metadata: METADATA,
        definition: "hidden",
      },
      {
        type: "start",
        workflowId: "wf_hidden",
        task: "a # task",
        project: "#",
        constraints: ["no #"],
        metadata: METADATA,
        definition: "hidden",
      },
    ],
    [
      { type: "skip", itemId: "hidden", reason: "hidden", force: false },
      { type: "skip", itemId: "hidden", reason: "#", force: false },
    ],
    [
      { type: "approve_item", itemId: "hidden", notes: "hidden" },
      { type: "approve_item", itemId: "hidden", notes: "#" },
    ],
    [
      { type: "finish", notes: null, force: false },
      { type: "finish", notes: null, force: false },
    ],
    [
      { type: "abandon", reason: "hidden", notes: "hidden" },
      { type: "abandon", reason: "#", notes: "#" },
    ],
    [
      { type: "note", text: "hidden", itemId: null },
      { type: "note", text: "#", itemId: null },
    ],
    [
      { type: "start_item", itemId: "hidden" },
      { type: "start_item", itemId: "hidden" },
    ],
  ];
  for (const [action, masked] of cases) {
    assertEquals(maskAction(action, mask), masked);
  }
});

Deno.test("maskAction() masks evidence however deep, and the result of a check", () => {
  const masked = maskAction({
    type: "complete",
    itemId: "a",
    notes: "hidden",
    evidence: jsonObject({
      hidden: [1, "hidden", jsonObject({ deep: "hidden" })],
      no: null,
    }),
    result: { ...commandResult(false), stdout: "hidden", words: ["hidden"] },
    skipVerify: false,
  }, mask);
  assertEquals(masked, {
    type: "complete",
    itemId: "a",
    notes: "#",
    evidence: jsonObject({
      "#": [1, "#", jsonObject({ deep: "#" })],
      no: null,
    }),
    result: { ...commandResult(false), stdout: "#", words: ["#"] },
    skipVerify: false,
  });
});

Deno.test("maskResult() keeps the place of a file", () => {
  const result = { ...fileResult(false), path: "/hidden", problem: "hidden!" };
  assertEquals(maskResult(result, mask), { ...result, problem: "#!" });
});

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
