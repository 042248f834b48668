import { OrcError } from "../../src/base/error.ts";
import { openRepository } from "../../src/repository/open.ts";
import { encrypt, ownRecipient } from "../../src/vault/encryption.ts";
import { allValues, secretsOf } from "../../src/secrets/find.ts";
import {
  askGit,
  findSecret,
  type FoundSecret,
  searchSecrets,
} from "../../src/vault/find.ts";
import {
  locateSecret,
  secretPlaces,
  writeSecret,
} from "../../src/vault/vault.ts";
import { itemOf, phaseOf, workflowOf } from "../engine/fixtures.ts";
import { tokenOf } from "../session/fixtures.ts";
import {
  codeOf,
  fixedHost,
  type Machine,
  type Programs,
  refusalOf,
  withRoot,
} from "../work/fixtures.ts";
import { ASK_GIT, NO_GIT, withSecrets, withSecretSession } from "./fixtures.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

async function find(
  root: string,
  machine: Machine,
): Promise<Omit<FoundSecret, "name"> | undefined> {
  const host = fixedHost({ programs: NO_GIT, ...machine });
  const repository = openRepository(host, { root });
  const search = searchSecrets(host, repository, true);
  const { name: _, ...found } = await findSecret(search, "API_KEY") ?? {};
  return "value" in found ? found : undefined;
}

/** Encrypts a text to the user's identity. */
async function toUser(text: string, machine: Machine): Promise<Uint8Array> {
  const recipient = await ownRecipient(fixedHost(machine));
  if (recipient === undefined) throw new Error("There is no identity");
  return await encrypt(text, { recipient });
}

/** Keeps a secret at every level, each with its name as its value. */
async function keepEverywhere(root: string, machine: Machine): Promise<void> {
  const host = fixedHost(machine);
  for (const place of secretPlaces(host, openRepository(host, { root }))) {
    const encrypted = await toUser(`of ${place.level}`, machine);
    writeSecret(place, "API_KEY", encrypted, tokenOf(1));
  }
}

/** Keeps these bytes in the repository, whatever they are. */
function keep(root: string, bytes: Uint8Array): void {
  const directory = { base: root, path: `${root}/.orchestrator/secrets` };
  writeSecret(directory, "API_KEY", bytes, tokenOf(1));
}

const UNOPENED = {
  locked: "denied secret_locked",
  damaged: "corrupt invalid_secret",
} as const;

Deno.test("a secret is found in the repository, with its user, in the environment and with git, in this order", () =>
  withSecretSession(async (root, machine) => {
    await keepEverywhere(root, machine);
    const environment: Record<string, string> = {
      ORCHESTRATOR_API_KEY: "prefixed",
      API_KEY: "bare",
    };
    const programs = { [ASK_GIT]: { stdout: "password=of git\n" } };
    const everywhere = { ...machine, environment, programs };
    const host = fixedHost(everywhere);
    const repository = openRepository(host, { root });
    const rows = [
      ...secretPlaces(host, repository).map(({ level, path }) => ({
        source: level,
        where: `${path}/API_KEY.age`,
        value: `of ${level}`,
      })),
      ...Object.entries(environment).map(([where, value]) => ({
        source: "environment" as const,
        where,
        value,
      })),
    ];
    assertEquals(
      locateSecret(host, repository, "API_KEY"),
      rows.map(({ source, where }) => ({ source, where })),
    );
    assertEquals(locateSecret(host, repository, "NONE"), []);
    // Each could be printed, and not only the one that counts.
    const values = await allValues(host, repository, ["API_KEY", "NONE"]);
    assertEquals(values, rows.map((row) => ({ name: "API_KEY", ...row })));
    for (const row of rows) {
      assertEquals(await find(root, everywhere), row);
      if (row.source === "environment") delete environment[row.where];
      else Deno.removeSync(row.where);
    }
    const inGit = { source: "git", where: null, value: "of git" } as const;
    assertEquals(await find(root, everywhere), inGit);
    assertEquals(await find(root, machine), undefined);
  }));

Deno.test("findSecret() goes on where the identity is missing, and says so if nobody has it", () =>
  withSecretSession(async (root, machine) => {
    await keepEverywhere(root, machine);
    Deno.removeSync(`${root}/home/.orchestrator`, { recursive: true });
    const environment = { API_KEY: "bare" };
    const found = await find(root, { ...machine, environment });
    assertEquals(found?.source, "environment");
    const code = await codeOf(() => find(root, machine));
    assertEquals(code, "denied secret_locked");
  }));

for (const [trouble, code] of Object.entries(UNOPENED)) {
  Deno.test(`findSecret() tells whose secret to keep anew where one is ${trouble}`, () =>
    withSecretSession(async (root, machine) => {
      const host = fixedHost(machine);
      const places = secretPlaces(host, openRepository(host, { root }));
      const bytes = trouble === "locked"
        ? await toUser("of another", machine)
        : new TextEncoder().encode("age-encryption.org/v1\nrubbish");
      Deno.removeSync(`${root}/home/.orchestrator`, { recursive: true });
      const flags = places.map(({ level }) =>
        level === "repository" ? "" : ` --${level}`
      );
      assertEquals(flags, ["", " --private", " --global"]);
      for (const [index, place] of places.entries()) {
        writeSecret(place, "API_KEY", bytes, tokenOf(1));
        const error = await refusalOf(() => find(root, machine));
        assertEquals(`${error.kind} ${error.code}`, code);
        const anew = `orc secrets set API_KEY${flags[index]} --yes`;
        assertStringIncludes(`${error.hint}.`, `${anew}.`);
        Deno.removeSync(`${place.path}/API_KEY.age`);
      }
    }));
}

Deno.test("findSecret() opens with the passphrase of the environment, else asks once", () =>
  withSecrets(async (root, machine) => {
    keep(root, await encrypt("behind words", { passphrase: "right" }));
    const environment = { ORCHESTRATOR_PASSPHRASE: "right" };
    for (const knowing of [{ environment }, { answers: ["right"] }]) {
      const found = await find(root, { ...machine, ...knowing });
      assertEquals(found?.value, "behind words");
    }
    const code = await codeOf(() =>
      find(root, { ...machine, answers: ["wrong"] })
    );
    assertEquals(code, "denied secret_locked");
  }));

Deno.test("findSecret() leaves out the line ends that the program age keeps, and tells what is damaged", () =>
  withSecrets(async (root, machine) => {
    keep(root, await toUser("two\nlines\r\n", machine));
    assertEquals((await find(root, machine))?.value, "two\nlines");
    keep(root, new TextEncoder().encode("age-encryption.org/v1\nrubbish"));
    const code = await codeOf(() => find(root, machine));
    assertEquals(code, "corrupt invalid_secret");
  }));

Deno.test("secretsOf() names each secret of a workflow and its items once, and nothing that is no name", () => {
  const workflow = workflowOf([
    phaseOf("PLAN", [itemOf("a", { secrets: ["Z_KEY", "A_KEY"] })]),
    phaseOf("DO", [itemOf("b", { secrets: ["A_KEY"] })]),
  ]);
  const secrets = ["M_KEY", "A_KEY", "../x", "PATH"];
  const names = secretsOf({ ...workflow, secrets });
  assertEquals(names, ["A_KEY", "M_KEY", "Z_KEY"]);
});

const answering = (ending: Programs[string]) =>
  fixedHost({ programs: { [ASK_GIT]: ending } });

Deno.test("askGit() takes the password of git's credential helper", async () => {
  const host = answering({
    stdout: "protocol=https\nusername=API_KEY\npassword=from=git\n",
  });
  assertEquals(await askGit(host, "/shop", "API_KEY"), "from=git");
  const [request] = host.requests;
  assertEquals(
    request?.input,
    "protocol=https\nhost=orchestrator.invalid\nusername=API_KEY\n\n",
  );
  assertEquals(request?.variables?.GIT_TERMINAL_PROMPT, "0");
});

Deno.test("askGit() bears that git has no answer, or is not there", async () => {
  const hosts = [
    answering({ exitCode: 128, stderr: "terminal prompts disabled" }),
    answering({ exitCode: -1, problem: 'Program "git" was not found' }),
    answering({ stdout: "username=API_KEY\npassword=\n" }),
    {
      ...fixedHost(),
      runProgram: () =>
        Promise.reject(new OrcError("denied", "permission_missing", "No")),
    },
  ];
  for (const host of hosts) {
    assertEquals(await askGit(host, "/shop", "A"), undefined);
  }
});

/** What a real git answers where the user's own configuration is this one. */
function answerWith(
  text: string,
  files: Readonly<Record<string, string>> = {},
): Promise<string | undefined> {
  let answer: string | undefined;
  return withRoot({ "home/.gitconfig": text, ...files }, async (root) => {
    const variables = {
      GIT_CONFIG_GLOBAL: `${Deno.realPathSync(root)}/home/.gitconfig`,
      GIT_CONFIG_NOSYSTEM: "1",
    };
    const before = Object.keys(variables)
      .map((name) => [name, Deno.env.get(name)] as const);
    try {
      for (const [name, value] of Object.entries(variables)) {
        Deno.env.set(name, value);
      }
      const host = fixedHost({ programs: "real" });
      answer = await askGit(host, root, "API_KEY");
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) Deno.env.delete(name);
        else Deno.env.set(name, value);
      }
    }
  }).then(() => answer);
}

const HELPER = `[credential]
\thelper =
\thelper = "!f() { echo password=kept-by-git; }; f"
`;

Deno.test("askGit() asks a real helper, nobody where there is none, and none that a repository names", async () => {
  assertEquals(await answerWith(HELPER), "kept-by-git");
  assertEquals(await answerWith(""), undefined);
  const repository = {
    ".git/HEAD": "ref: refs/heads/main\n",
    ".git/objects/": "",
    ".git/refs/": "",
    ".git/config": `[core]\n\trepositoryformatversion = 0\n${HELPER}`,
  };
  assertEquals(await answerWith("", repository), undefined);
});
