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
import type { Action } from "../../src/engine/action.ts";
import type { CheckResult } from "../../src/workflow/types.ts";
import { commandResult, fileResult } from "../engine/fixtures.ts";
import { writeTree } from "../files/temporary.ts";
import {
  codeOf,
  fixedHost,
  type Machine,
  refusalOf,
  refusalWithoutTrace,
  stateOf,
  withRoot,
} from "../work/fixtures.ts";
import {
  NO_GIT,
  OTHER_VALUE,
  VALUE,
  withSecrets,
  withSecretSession,
} from "./fixtures.ts";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";

const environment = {
  API_KEY: VALUE,
  ORCHESTRATOR_OTHER_KEY: OTHER_VALUE,
  SECRETS_PASSWORD: "opens everything",
  SETTING_KEY: "named by a setting alone",
};

/** Masks a text as it is done in a session. */
async function maskedIn(
  root: string,
  machine: Machine,
  text: string,
): Promise<string> {
  const host = fixedHost({ ...machine, environment });
  const opened = await openSession(host, { root });
  return (await sessionMasker(host, opened)).mask(text);
}

Deno.test("sessionMasker() knows all values of the workflow's secrets, what opens them, and what was found elsewhere", () =>
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

    await sessionMasker(host, opened, [{ name: "NEW", value: "from git 123" }]);
    const after = await sessionMasker(host, opened);
    assertEquals(
      after.mask(`from git 123, ${VALUE}`),
      "[secret NEW], [secret API_KEY]",
    );
  }));

Deno.test("sessionMasker() knows what is kept for the repository, also if no workflow names it", () =>
  withSecretSession(async (root, machine) => {
    for (const level of ["repository", "private", "global"] as const) {
      const host = fixedHost({ ...machine, input: `the ${level} value` });
      const name = `KEPT_${level.toUpperCase()}`;
      await setSecret(host, { root, name, level });
    }
    const text = "the repository value, the private value, the global value";
    assertEquals(
      await maskedIn(root, machine, text),
      "[secret KEPT_REPOSITORY], [secret KEPT_PRIVATE], the global value",
    );
  }));

Deno.test("sessionMasker() knows what the settings name, and maskFailure() does without wrong ones", () =>
  withSecretSession(async (root, machine) => {
    const text = environment.SETTING_KEY;
    const path = ".orchestrator/config.yaml";
    writeTree(root, { [path]: "secrets: [SETTING_KEY]\n" });
    const masked = await maskedIn(root, machine, text);
    assertEquals(masked, "[secret SETTING_KEY]");
    writeTree(root, { [path]: "secrets: [setting_key]\n" });
    const code = await codeOf(() => maskedIn(root, machine, text));
    assertEquals(code, "config invalid_setting");
    const host = fixedHost({ ...machine, environment });
    await maskFailure(host, { root });
    assertEquals(rememberedMasker(host)?.mask(VALUE), "[secret API_KEY]");
  }));

Deno.test("sessionMasker() opens nothing behind a link", () =>
  withSecretSession(async (root, machine) => {
    // Deno makes links only for whoever may read and write everything.
    const args = ["-s", `${root}/home`, `${root}/.orchestrator/secrets`];
    await new Deno.Command("ln", { args }).output();
    assertEquals(await maskedIn(root, machine, VALUE), "[secret API_KEY]");
  }));

Deno.test("maskFailure() knows the secrets of a session, else those of the repository and tokens", async () => {
  const failed = async (root: string, machine: Machine, text: string) => {
    const host = fixedHost(machine);
    await maskFailure(host, { root });
    return rememberedMasker(host)?.mask(text);
  };
  await withSecretSession(async (root, machine) => {
    const masked = await failed(root, { ...machine, environment }, VALUE);
    assertEquals(masked, "[secret API_KEY]");
  });
  await withSecrets(async (root, machine) => {
    const host = fixedHost({ ...machine, input: VALUE });
    await setSecret(host, { root, name: "KEPT" });
    assertEquals(await failed(root, machine, VALUE), "[secret KEPT]");
  });
  await withRoot({}, async (root) => {
    const token = `ghp_${"a1".repeat(18)}`;
    assertEquals(await failed(root, {}, token), "[secret]");
  });
});

const mask = (text: string): string => text.replaceAll("hidden", "#");

Deno.test("maskAction() masks what a caller says, and no ids", () => {
  const start = {
    type: "start",
    workflowId: "wf_hidden",
    task: "a hidden task",
    project: "hidden",
    constraints: ["no hidden"],
    metadata: jsonObject({ path: "hidden" }),
    definition: "hidden",
  } as const;
  const said = { itemId: "hidden", notes: "hidden", force: false };
  const reason = "hidden";
  const cases:
    readonly (readonly [Action, Partial<Record<string, unknown>>])[] = [
      [start, { task: "a # task", project: "#", constraints: ["no #"] }],
      [{ ...start, project: null }, {
        task: "a # task",
        constraints: ["no #"],
      }],
      [{ ...said, type: "skip", reason }, { reason: "#" }],
      [{ ...said, type: "approve_item" }, { notes: "#" }],
      [{ ...said, type: "finish" }, { notes: "#" }],
      [{ ...said, type: "finish", notes: null }, {}],
      [{ ...said, type: "abandon", reason }, { notes: "#", reason: "#" }],
      [{ ...said, type: "note", text: "hidden" }, { text: "#" }],
      [{ ...said, type: "start_item" }, {}],
    ];
  for (const [action, masked] of cases) {
    const expected = { ...action, ...masked };
    assertEquals<unknown>(maskAction(action, mask), expected, action.type);
  }
});

Deno.test("maskAction() masks evidence however deep, and the result of a check", () => {
  const texts = ["command", "originalCommand", "stdout", "stderr", "problem"];
  const resultWith = (text: string): CheckResult => ({
    ...commandResult(false),
    ...Object.fromEntries(texts.map((name) => [name, text])),
    words: [text],
  });
  const completeWith = (text: string): Action => ({
    type: "complete",
    itemId: "a",
    notes: text,
    evidence: jsonObject({
      [text]: [1, text, jsonObject({ deep: text })],
      no: null,
    }),
    result: resultWith(text),
    receipt: jsonObject({ command: text, orc_version: "hidden" }),
    skipVerify: false,
  });
  assertEquals(maskAction(completeWith("hidden"), mask), completeWith("#"));
});

Deno.test("maskResult() keeps the place of a file", () => {
  const result = { ...fileResult(false), path: "/hidden", problem: "hidden!" };
  assertEquals(maskResult(result, mask), { ...result, problem: "#!" });
});

const CHECK = "sh check.sh";
const BOTH = {
  API_KEY: VALUE,
  ORCHESTRATOR_OTHER_KEY: OTHER_VALUE,
  ORCHESTRATOR_PASSPHRASE: "pass phrase",
};

function machineWith(machine: Machine, more: Machine): Machine {
  return { ...machine, programs: { ...NO_GIT, [CHECK]: {} }, ...more };
}

Deno.test("a check gets the secrets its item names, and inherits nothing that anybody names or keeps", () =>
  withSecretSession(async (root, machine) => {
    const input = "kept, and not named";
    const keeper = fixedHost({ ...machine, input });
    await setSecret(keeper, { root, name: "KEPT_KEY" });
    writeTree(root, {
      "home/.orchestrator/config.yaml": "secrets: USER_KEY, MORE_KEY\n",
      ".orchestrator/config.yaml": "secrets: []\n",
    });
    const environment = { ...BOTH, ORCHESTRATOR_SECRETS: "ENV_KEY" };
    const host = fixedHost(machineWith(machine, { environment }));
    for (const itemId of ["with", "without"]) {
      await completeItem(host, { root, itemId });
    }
    // Git lists the files before each of them.
    const checks = host.requests.filter(({ variables }) =>
      variables?.ORCHESTRATOR_CHECK
    );
    const given = checks.map(({ variables }) => variables?.API_KEY);
    assertEquals(given, [VALUE, undefined]);
    const names = ["API", "OTHER", "KEPT", "USER", "MORE", "ENV"];
    for (const { withheld } of checks) {
      assertEquals(withheld, [
        "ORCHESTRATOR_PASSPHRASE",
        "SECRETS_PASSWORD",
        ...names.flatMap((name) => [`ORCHESTRATOR_${name}_KEY`, `${name}_KEY`]),
      ]);
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
    const error = await refusalWithoutTrace(
      root,
      () => completeItem(host, { root, itemId: "with" }),
    );
    assertEquals([error.kind, error.code], ["denied", "secret_missing"]);
    assertEquals(error.hint, "orc secrets set API_KEY");
    const ran = host.requests.map(({ command }) => [command].flat()[0]);
    assertEquals(ran, ["git"]);
  }));

Deno.test("nobody is asked for a secret where input is no terminal", () =>
  withSecretSession(async (root, machine) => {
    const host = fixedHost(machineWith(machine, {}));
    const terminal = { ...host.terminal, readHidden: () => "from a pipe" };
    const error = await refusalOf(() =>
      completeItem({ ...host, terminal }, { root, itemId: "with" })
    );
    assertEquals(error.code, "secret_missing");
  }));

Deno.test("maskFailure() never hides the error that is to be shown", async () => {
  const env = () => {
    throw new Error("cannot be read");
  };
  await maskFailure({ ...fixedHost(), env }, {});
});

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
