import {
  OTHER_VALUE,
  VALUE,
  withSecrets,
  withSecretSession,
} from "../secrets/fixtures.ts";
import type { Host } from "../../src/host/host.ts";
import { setSecret } from "../../src/secrets/use.ts";
import { agent, fixedHost, type Machine, refusalOf } from "../work/fixtures.ts";
import { orc, testOutput } from "./orc.ts";
import { assert, assertEquals } from "@std/assert";

const DIRECTORY = ".orchestrator/secrets";

const NO_GIT = { "git credential fill": { exitCode: -1, problem: "No git" } };

/** With a user who has an identity. */
function testSecrets(scene: Parameters<typeof testOutput>[0]): void {
  testOutput({
    ...scene,
    within: (test) =>
      withSecrets((root, base) => test(root, { ...base, programs: NO_GIT })),
  });
}

/** Keeps the value of the tests under a name. */
async function keep(
  root: string,
  machine: Machine,
  ...argv: string[]
): Promise<void> {
  const ran = await orc(root, ["secrets", "set", ...argv], {
    ...machine,
    input: `${VALUE}\n`,
  });
  assertEquals([ran.exitCode, ran.err], [0, ""]);
}

testSecrets({
  name:
    "orc secrets init keeps the identity that is there, and says what is missing",
  argv: ["secrets", "init"],
  result: {
    identity: "/shop/home/.orchestrator/identity.txt",
    recipient: "age1g55x9n5uq45jzcj38lea0m9lhusux5htv0gygj6a3hykg2mcesvsuu2eu3",
    created: false,
    missing: ["API_KEY", "OTHER_KEY"],
  },
  text: `Identity is there: /shop/home/.orchestrator/identity.txt
Public key: age1g55x9n5uq45jzcj38lea0m9lhusux5htv0gygj6a3hykg2mcesvsuu2eu3
Missing: orc secrets set API_KEY
Missing: orc secrets set OTHER_KEY`,
});

testSecrets({
  name: "orc secrets set keeps what comes from standard input",
  argv: ["secrets", "set", "API_KEY"],
  machine: { input: `${VALUE}\n` },
  result: {
    name: "API_KEY",
    level: "repository",
    path: "/shop/.orchestrator/secrets/API_KEY.age",
    encryption: "identity",
  },
  text:
    'Kept secret "API_KEY" in /shop/.orchestrator/secrets/API_KEY.age, encrypted to your identity',
});

testSecrets({
  name: "orc secrets set keeps what is typed",
  argv: ["secrets", "set", "API_KEY", "--global"],
  machine: { answers: [VALUE] },
  result: { name: "API_KEY" },
  text:
    'Kept secret "API_KEY" in /shop/home/.orchestrator/secrets/API_KEY.age, encrypted to your identity',
});

for (
  const [how, machine, argv, exitCode] of [
    ["whoever pipes another one", { input: OTHER_VALUE }, [], 3],
    ["a no", { answers: ["n", OTHER_VALUE] }, [], 3],
    ["a yes", { answers: ["y", OTHER_VALUE] }, [], 0],
    ["--yes", { input: OTHER_VALUE }, ["--yes"], 0],
  ] as const
) {
  const lost = exitCode === 0 ? "is replaced after" : "is not lost to";
  Deno.test(`a secret that is there ${lost} ${how}`, () =>
    withSecrets(async (root, base) => {
      const place = { ...base, programs: NO_GIT };
      await keep(root, place, "API_KEY");
      const set = ["secrets", "set", "API_KEY", ...argv];
      const ran = await orc(root, set, { ...place, ...machine });
      assertEquals(ran.exitCode, exitCode, ran.err);
      const kept = await orc(root, ["secrets", "get", "API_KEY"], place);
      assertEquals(kept.out, `${exitCode === 0 ? OTHER_VALUE : VALUE}\n`);
      if (exitCode === 3) assert(ran.err.includes("--yes is the yes"), ran.err);
    }));
}

Deno.test("a secret that another process kept while this one was typed is not lost", () =>
  withSecrets(async (root, base) => {
    const place = { ...base, programs: NO_GIT };
    const path = `${root}/${DIRECTORY}/API_KEY.age`;
    await keep(root, place, "API_KEY");
    Deno.renameSync(path, `${path}.tmp`);
    const host: Host = {
      ...fixedHost(place),
      readInput: () => {
        Deno.renameSync(`${path}.tmp`, path);
        return new TextEncoder().encode(OTHER_VALUE);
      },
    };
    const set = () => setSecret(host, { root, name: "API_KEY" });
    assertEquals((await refusalOf(set)).code, "not_confirmed");
    const kept = await orc(root, ["secrets", "get", "API_KEY"], place);
    assertEquals(kept.out, `${VALUE}\n`);
  }));

testSecrets({
  name: "orc secrets set refuses an empty value",
  argv: ["secrets", "set", "API_KEY"],
  machine: { input: "\n" },
  exitCode: 2,
  code: "invalid_secret_value",
  text: `! Cannot keep secret "API_KEY": its value is empty
! Try: orc secrets set API_KEY --file FILE`,
});

testSecrets({
  name: "orc secrets set refuses what is no name",
  argv: ["secrets", "set", "../API_KEY"],
  machine: { input: VALUE },
  exitCode: 2,
  code: "invalid_secret_name",
  text:
    `! "../API_KEY" cannot be the name of a secret: it holds capital letters, digits and underscores, at most 64
! Try: choose a name such as OPENAI_API_KEY`,
});

testSecrets({
  name: "orc secrets set takes no value as an argument",
  argv: ["secrets", "set", "API_KEY", "value"],
  exitCode: 2,
  code: "value_as_argument",
  text:
    `! The value of a secret is not taken as an argument: other users can see it there, and the history of the shell keeps it
! Try: run orc secrets set API_KEY, which asks for it; better with a new value`,
});

testSecrets({
  name: "orc secrets set needs something to encrypt to",
  argv: ["secrets", "set", "API_KEY"],
  machine: { home: undefined, input: VALUE },
  exitCode: 77,
  code: "no_identity",
  text: `! There is no identity to encrypt secrets to
! Try: orc secrets init, or set ORCHESTRATOR_PASSPHRASE`,
});

testSecrets({
  name: "orc secrets set --passphrase wants it typed twice",
  argv: ["secrets", "set", "API_KEY", "--passphrase"],
  machine: { answers: ["one", "another"] },
  exitCode: 2,
  code: "passphrase_mistyped",
  text: `! The two passphrases are not the same
! Try: orc help secrets set`,
});

testSecrets({
  name: "orc secrets get prints the value for a program",
  argv: ["secrets", "get", "API_KEY"],
  before: (root, machine) => keep(root, machine, "API_KEY"),
  result: { name: "API_KEY", value: "pl4nted/value+0001" },
  text: "pl4nted/value+0001",
});

testSecrets({
  name: "orc secrets get prints nothing on a terminal",
  argv: ["secrets", "get", "API_KEY"],
  before: (root, machine) => keep(root, machine, "API_KEY"),
  machine: { columns: 80 },
  exitCode: 3,
  code: "secret_on_terminal",
  text: `! Secret "API_KEY" is not printed on a terminal
! Try: orc secrets get API_KEY --show`,
});

testSecrets({
  name: "orc secrets get --show prints on a terminal",
  argv: ["secrets", "get", "API_KEY", "--show"],
  before: (root, machine) => keep(root, machine, "API_KEY"),
  machine: { columns: 80 },
  result: { name: "API_KEY" },
  text: "pl4nted/value+0001",
});

testSecrets({
  name: "orc secrets get tells an agent no secret that no open item names",
  argv: ["secrets", "get", "API_KEY"],
  before: (root, machine) => keep(root, machine, "API_KEY"),
  machine: { environment: agent("5f0c") },
  exitCode: 77,
  code: "secret_for_human",
  text:
    `! Secret "API_KEY" is not told to an agent: no open item of the phase names it
! Try: name it in the item that needs it, secrets: [API_KEY]; its check finds it in its environment`,
});

Deno.test("orc secrets get tells an agent the secrets of open items, and no others", () =>
  withSecretSession(async (root, base) => {
    const machine = { ...base, programs: NO_GIT };
    await keep(root, machine, "API_KEY");
    await keep(root, machine, "OTHER_KEY");
    const asked = { ...machine, environment: agent("5f0c") };
    const get = (name: string) => orc(root, ["secrets", "get", name], asked);
    assertEquals((await get("API_KEY")).out, `${VALUE}\n`);
    const other = await get("OTHER_KEY");
    assertEquals([other.exitCode, other.out], [77, ""]);
    const reason = "The release needs no key any more, see the plan of today";
    const skip = ["skip", "with", "--reason", reason];
    assertEquals((await orc(root, skip, machine)).exitCode, 0);
    assertEquals((await get("API_KEY")).exitCode, 77);
  }));

testSecrets({
  name: "orc secrets get says how to keep a secret that nobody has",
  argv: ["secrets", "get", "API_KEY"],
  exitCode: 4,
  code: "no_such_secret",
  text: `! No secret "API_KEY"
! Try: orc secrets set API_KEY`,
});

testSecrets({
  name: "orc secrets list shows where secrets come from, and which are missing",
  argv: ["secrets", "list"],
  before: async (root, machine) => {
    await keep(root, machine, "DEPLOY_KEY", "--global");
    await keep(root, machine, "API_KEY");
  },
  result: {
    secrets: [{
      name: "API_KEY",
      required: true,
      locations: [{
        source: "repository",
        where: "/shop/.orchestrator/secrets/API_KEY.age",
      }],
    }, {
      name: "DEPLOY_KEY",
      required: false,
      locations: [{
        source: "global",
        where: "/shop/home/.orchestrator/secrets/DEPLOY_KEY.age",
      }],
    }, { name: "OTHER_KEY", required: true, locations: [] }],
  },
  text:
    `API_KEY     repository: /shop/.orchestrator/secrets/API_KEY.age (required)
DEPLOY_KEY  global: /shop/home/.orchestrator/secrets/DEPLOY_KEY.age
OTHER_KEY   missing (required)`,
});

testSecrets({
  name: "orc secrets source names all places in their order",
  argv: ["secrets", "source", "API_KEY"],
  before: async (root, machine) => {
    await keep(root, machine, "API_KEY", "--global");
    await keep(root, machine, "API_KEY");
  },
  machine: { environment: { API_KEY: OTHER_VALUE } },
  result: {
    name: "API_KEY",
    locations: [{
      source: "repository",
      where: "/shop/.orchestrator/secrets/API_KEY.age",
    }, {
      source: "global",
      where: "/shop/home/.orchestrator/secrets/API_KEY.age",
    }, { source: "environment", where: "API_KEY" }],
  },
  text: `repository: /shop/.orchestrator/secrets/API_KEY.age
global: /shop/home/.orchestrator/secrets/API_KEY.age
environment: API_KEY`,
});

testSecrets({
  name: "orc secrets source asks git when nobody else has it",
  argv: ["secrets", "source", "API_KEY"],
  machine: {
    programs: { "git credential fill": { stdout: `password=${VALUE}\n` } },
  },
  result: { locations: [{ source: "git" }] },
  text: "git credential helper",
});

testSecrets({
  name: "orc secrets test proves that a secret can be had",
  argv: ["secrets", "test", "API_KEY"],
  machine: { environment: { ORCHESTRATOR_API_KEY: VALUE } },
  result: {
    name: "API_KEY",
    source: "environment",
    where: "ORCHESTRATOR_API_KEY",
    length: 18,
    fingerprint: "e359080b",
  },
  text: `API_KEY can be had (environment: ORCHESTRATOR_API_KEY)
Length 18, fingerprint e359080b`,
});

testSecrets({
  name: "orc secrets test gives no fingerprint of a short value",
  argv: ["secrets", "test", "API_KEY"],
  machine: { environment: { API_KEY: "1234" } },
  result: { length: 4, fingerprint: null },
  text: `API_KEY can be had (environment: API_KEY)
Length 4, too short for a fingerprint`,
});

testSecrets({
  name: "orc secrets rm removes a secret from where it counts",
  argv: ["secrets", "rm", "API_KEY", "--yes"],
  before: async (root, machine) => {
    await keep(root, machine, "API_KEY", "--global");
    await keep(root, machine, "API_KEY");
  },
  result: {
    name: "API_KEY",
    level: "repository",
    path: "/shop/.orchestrator/secrets/API_KEY.age",
  },
  text: 'Removed secret "API_KEY" from /shop/.orchestrator/secrets/API_KEY.age',
});

testSecrets({
  name: "orc secrets rm removes nothing where nobody can say yes",
  argv: ["secrets", "rm", "API_KEY"],
  before: (root, machine) => keep(root, machine, "API_KEY"),
  exitCode: 3,
  code: "not_confirmed",
  details: { secrets: ["API_KEY"] },
  text: `! Nothing was removed: secret "API_KEY" would be, but nobody said yes
! Try: look at them with --dry-run first; --yes is the yes where nobody can be asked`,
});

Deno.test("orc secrets rm keeps the secret of whoever says no, and removes it after a yes", () =>
  withSecrets(async (root, machine) => {
    await keep(root, machine, "API_KEY");
    const removed = async (answer: string): Promise<number> =>
      (await orc(root, ["secrets", "rm", "API_KEY"], {
        ...machine,
        answers: [answer],
      })).exitCode;
    assertEquals(await removed("no"), 3);
    const { out } = await orc(root, ["secrets", "get", "API_KEY"], machine);
    assertEquals(out, "pl4nted/value+0001\n");
    assertEquals(await removed("y"), 0);
  }));

testSecrets({
  name: "orc secrets rm says that nothing is stored there",
  argv: ["secrets", "rm", "API_KEY", "--global"],
  before: (root, machine) => keep(root, machine, "API_KEY"),
  exitCode: 4,
  code: "no_such_secret",
  text: `! No secret "API_KEY"
! Try: orc secrets set API_KEY`,
});

testSecrets({
  name: "orc secrets doctor finds nothing where all is well",
  argv: ["secrets", "doctor"],
  before: async (root, machine) => {
    await keep(root, machine, "API_KEY");
    await keep(root, machine, "OTHER_KEY", "--global");
  },
  result: { healthy: true, findings: [] },
  text: "Healthy, 2 stored secrets looked at",
});

testSecrets({
  name: "orc secrets doctor finds what is missing or exposed",
  argv: ["secrets", "doctor"],
  exitCode: 3,
  before: async (root, machine) => {
    await keep(root, machine, "API_KEY");
    const secrets = `${root}/${DIRECTORY}`;
    Deno.chmodSync(`${secrets}/API_KEY.age`, 0o644);
    Deno.writeTextFileSync(`${secrets}/notes.txt`, VALUE, { mode: 0o600 });
    Deno.writeTextFileSync(`${secrets}/OLD.age`, VALUE, { mode: 0o600 });
    Deno.writeTextFileSync(
      `${root}/.env`,
      `ORCHESTRATOR_PASSPHRASE=${VALUE}\nTOKEN=ghp_${"a1".repeat(18)}\n`,
    );
  },
  result: {
    healthy: false,
    secrets: 2,
    findings: [
      {
        code: "secret_missing",
        severity: "error",
        fixable: false,
        path: `/shop/${DIRECTORY}`,
        session: null,
        message: 'Secret "OTHER_KEY" is required, and nobody has it',
        remedy: "orc secrets set OTHER_KEY",
      },
      { code: "secret_plaintext", path: `/shop/${DIRECTORY}/OLD.age` },
      { code: "secret_plaintext", path: `/shop/${DIRECTORY}/notes.txt` },
      { code: "secret_readable", severity: "warning" },
      { code: "key_beside_secrets", path: "/shop/.env" },
    ],
  },
  error: {
    kind: "refused",
    code: "not_healthy",
    message: "Doctor found 5 problems",
    hint: null,
    path: null,
  },
});

Deno.test("orc secrets keeps one secret at three levels, each in its own file", () =>
  withSecrets(async (root, machine) => {
    for (const flags of [[], ["--private"], ["--global"]]) {
      await keep(root, machine, "API_KEY", ...flags);
    }
    const levels: string[] = [];
    for (let round = 0; round < 3; round++) {
      const { out } = await orc(root, [
        "secrets",
        "rm",
        "API_KEY",
        "-y",
      ], machine);
      levels.push(out.replace(/[0-9a-f]{12}/, "ID").trim());
    }
    assertEquals(levels, [
      'Removed secret "API_KEY" from /shop/.orchestrator/secrets/API_KEY.age',
      'Removed secret "API_KEY" from /shop/home/.orchestrator/secrets/ID/API_KEY.age',
      'Removed secret "API_KEY" from /shop/home/.orchestrator/secrets/API_KEY.age',
    ]);
  }));

Deno.test("orc secrets set takes a value of several lines from a file", () =>
  withSecrets(async (root, machine) => {
    const value = "-----BEGIN KEY-----\nlines\n-----END KEY-----";
    Deno.writeTextFileSync(`${root}/key.pem`, `${value}\n\n`);
    await keep(root, machine, "PEM_KEY", "--file", "key.pem");
    const { out } = await orc(root, ["secrets", "get", "PEM_KEY"], machine);
    assertEquals(out, `${value}\n`);
  }));

Deno.test("orc secrets init makes an identity once", () =>
  withSecrets(async (root, machine) => {
    const path = `${root}/home/.orchestrator/identity.txt`;
    Deno.removeSync(path);
    const texts: string[] = [];
    for (const created of [true, false]) {
      const ran = await orc(root, ["secrets", "init", "--full"], machine);
      assertEquals(JSON.parse(ran.out).result.created, created);
      texts.push(Deno.readTextFileSync(path));
    }
    assertEquals(texts[0], texts[1]);
    assert(texts[0]?.includes("\n# public key: age1"));
    assertEquals((Deno.lstatSync(path).mode ?? 0) & 0o777, 0o600);
  }));

Deno.test("orc secrets set --passphrase is opened by ORCHESTRATOR_PASSPHRASE", () =>
  withSecrets(async (root, machine) => {
    const environment = { ORCHESTRATOR_PASSPHRASE: "correct horse" };
    const here = { ...machine, environment };
    await keep(root, here, "API_KEY", "--passphrase");
    const { out } = await orc(root, ["secrets", "get", "API_KEY"], here);
    assertEquals(out, `${VALUE}\n`);
    const locked = await orc(root, ["secrets", "get", "API_KEY"], {
      ...machine,
      programs: NO_GIT,
    });
    assertEquals(locked.exitCode, 77);
  }));
