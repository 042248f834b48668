import { OrcError } from "../../src/base/error.ts";
import { openRepository } from "../../src/repository/open.ts";
import {
  allValues,
  askGit,
  findSecret,
  searchSecrets,
} from "../../src/secrets/find.ts";
import { encrypt, ownRecipient } from "../../src/secrets/encryption.ts";
import {
  locateSecret,
  secretPlaces,
  type SecretSource,
  writeSecret,
} from "../../src/secrets/vault.ts";
import { writeTree } from "../files/temporary.ts";
import { tokenOf } from "../session/fixtures.ts";
import {
  type ENDED_WELL,
  fixedHost,
  type Machine,
  refusalOf,
  withRoot,
} from "../work/fixtures.ts";
import { withSecrets, withSecretSession } from "./fixtures.ts";
import { assertEquals } from "@std/assert";

const FILL = "git credential fill";
const NO_GIT = { [FILL]: { exitCode: -1, problem: "No git" } };

interface Found {
  readonly source: SecretSource;
  readonly place: string | null;
  readonly value: string;
}

async function find(
  root: string,
  machine: Machine,
): Promise<Found | undefined> {
  const host = fixedHost({ programs: NO_GIT, ...machine });
  const repository = openRepository(host, { root });
  const search = searchSecrets(host, repository, true);
  const found = await findSecret(search, "API_KEY");
  if (found === undefined) return undefined;
  const { source, place, value } = found;
  return { source, place: place?.replace(root, "") ?? null, value };
}

/** Keeps a secret at every level, each with its name as its value. */
async function keepEverywhere(root: string, machine: Machine): Promise<void> {
  const host = fixedHost(machine);
  const recipient = await ownRecipient(host);
  if (recipient === undefined) throw new Error("There is no identity");
  const places = secretPlaces(host, openRepository(host, { root }));
  for (const place of places) {
    const encrypted = await encrypt(`of ${place.level}`, { recipient });
    writeSecret(place, "API_KEY", encrypted, tokenOf(1));
  }
}

Deno.test("findSecret() asks the repository, its user, the environment, and git, in this order", () =>
  withSecretSession(async (root, machine) => {
    await keepEverywhere(root, machine);
    const host = fixedHost(machine);
    const places = secretPlaces(host, openRepository(host, { root }));
    const withGit = {
      ...machine,
      programs: { [FILL]: { stdout: "password=of git\n" } },
    };
    const both = { ORCHESTRATOR_API_KEY: "prefixed", API_KEY: "bare" };
    const environment = { ...withGit, environment: both };
    for (const { level, path } of places) {
      assertEquals(await find(root, environment), {
        source: level,
        place: `${path.replace(root, "")}/API_KEY.age`,
        value: `of ${level}`,
      });
      Deno.removeSync(`${path}/API_KEY.age`);
    }
    const variable = { source: "environment" } as const;
    assertEquals(await find(root, environment), {
      ...variable,
      place: "ORCHESTRATOR_API_KEY",
      value: "prefixed",
    });
    assertEquals(
      await find(root, { ...withGit, environment: { API_KEY: "bare" } }),
      { ...variable, place: "API_KEY", value: "bare" },
    );
    assertEquals(await find(root, withGit), {
      source: "git",
      place: null,
      value: "of git",
    });
    assertEquals(await find(root, machine), undefined);
  }));

Deno.test("secretPlaces() lists the repository, its user's directory for it, and for all", () =>
  withSecretSession((root, machine) => {
    const host = fixedHost(machine);
    const places = secretPlaces(host, openRepository(host, { root }));
    const shown = places.map(({ level, path }) =>
      `${level} ${path.replace(root, "").replace(/[0-9a-f]{12}/, "ID")}`
    );
    assertEquals(shown, [
      "repository /.orchestrator/secrets",
      "private /home/.orchestrator/secrets/ID",
      "global /home/.orchestrator/secrets",
    ]);
    const homeless = secretPlaces(
      fixedHost(),
      openRepository(fixedHost(), { root }),
    );
    assertEquals(homeless.length, 1);
    return Promise.resolve();
  }));

Deno.test("findSecret() goes on where the identity is missing, and says so if nobody has it", () =>
  withSecretSession(async (root, machine) => {
    await keepEverywhere(root, machine);
    Deno.removeSync(`${root}/home/.orchestrator`, { recursive: true });
    const environment = { API_KEY: "bare" };
    const found = await find(root, { ...machine, environment });
    assertEquals(found?.source, "environment");
    const error = await refusalOf(() => find(root, machine));
    assertEquals([error.kind, error.code], ["denied", "secret_locked"]);
  }));

Deno.test("findSecret() opens with the passphrase of the environment, else asks once", () =>
  withSecrets(async (root, machine) => {
    const encrypted = await encrypt("behind words", { passphrase: "right" });
    const place = { base: root, path: `${root}/.orchestrator/secrets` };
    writeSecret(place, "API_KEY", encrypted, tokenOf(1));
    const environment = { ORCHESTRATOR_PASSPHRASE: "right" };
    const set = await find(root, { ...machine, environment });
    assertEquals(set?.value, "behind words");
    const asked = await find(root, { ...machine, answers: ["right"] });
    assertEquals(asked?.value, "behind words");
    const error = await refusalOf(() =>
      find(root, { ...machine, answers: ["wrong"] })
    );
    assertEquals(error.code, "secret_locked");
  }));

Deno.test("findSecret() leaves out the line ends that the program age keeps", () =>
  withSecrets(async (root, machine) => {
    const host = fixedHost(machine);
    const recipient = await ownRecipient(host) ?? "";
    const [place] = secretPlaces(host, openRepository(host, { root }));
    if (place === undefined) throw new Error("There is no place");
    const encrypted = await encrypt("two\nlines\r\n", { recipient });
    writeSecret(place, "API_KEY", encrypted, tokenOf(1));
    assertEquals((await find(root, machine))?.value, "two\nlines");
  }));

Deno.test("findSecret() tells a damaged secret", () =>
  withSecrets(async (root, machine) => {
    const place = { base: root, path: `${root}/.orchestrator/secrets` };
    const bytes = new TextEncoder().encode("age-encryption.org/v1\nrubbish");
    writeSecret(place, "API_KEY", bytes, tokenOf(1));
    const error = await refusalOf(() => find(root, machine));
    assertEquals([error.kind, error.code], ["corrupt", "invalid_secret"]);
  }));

Deno.test("locateSecret() names all places without opening any", () =>
  withSecretSession(async (root, machine) => {
    await keepEverywhere(root, machine);
    const environment = { API_KEY: "bare" };
    const host = fixedHost({ ...machine, environment });
    const repository = openRepository(host, { root });
    const sources = locateSecret(host, repository, "API_KEY")
      .map(({ source }) => source);
    assertEquals(sources, ["repository", "private", "global", "environment"]);
    assertEquals(locateSecret(host, repository, "NONE"), []);
  }));

Deno.test("allValues() has every value of a name, since each could be printed", () =>
  withSecretSession(async (root, machine) => {
    await keepEverywhere(root, machine);
    const environment = { API_KEY: "bare", ORCHESTRATOR_API_KEY: "prefixed" };
    const host = fixedHost({ ...machine, environment });
    const repository = openRepository(host, { root });
    const values = await allValues(host, repository, ["API_KEY", "NONE"]);
    assertEquals(values.map(({ value }) => value), [
      "of repository",
      "of private",
      "of global",
      "prefixed",
      "bare",
    ]);
  }));

function answering(
  ending: Partial<typeof ENDED_WELL>,
): ReturnType<typeof fixedHost> {
  return fixedHost({ programs: { [FILL]: ending } });
}

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
  for (
    const ending of [
      { exitCode: 128, stderr: "terminal prompts disabled" },
      { exitCode: -1, problem: 'Program "git" was not found' },
      { stdout: "username=API_KEY\npassword=\n" },
    ]
  ) {
    assertEquals(await askGit(answering(ending), "/shop", "A"), undefined);
  }
  const forbidden = {
    ...fixedHost(),
    runProgram: () =>
      Promise.reject(new OrcError("denied", "permission_missing", "No")),
  };
  assertEquals(await askGit(forbidden, "/shop", "A"), undefined);
});

/** Runs a test in which the user's own git configuration is this one. */
async function withUserConfig(
  text: string,
  test: (root: string) => Promise<void>,
): Promise<void> {
  await withRoot({ "home/.gitconfig": text }, async (root) => {
    const variables = {
      GIT_CONFIG_GLOBAL: `${Deno.realPathSync(root)}/home/.gitconfig`,
      GIT_CONFIG_NOSYSTEM: "1",
    };
    const names = Object.keys(variables);
    const before = names.map((name) => [name, Deno.env.get(name)] as const);
    try {
      Object.entries(variables).forEach(([name, value]) =>
        Deno.env.set(name, value)
      );
      await test(root);
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) Deno.env.delete(name);
        else Deno.env.set(name, value);
      }
    }
  });
}

const HELPER = `[credential]
\thelper =
\thelper = "!f() { echo password=kept-by-git; }; f"
`;

Deno.test("askGit() asks a real helper, and nobody when there is none", async () => {
  const host = fixedHost({ programs: "real" });
  await withUserConfig(HELPER, async (root) => {
    assertEquals(await askGit(host, root, "API_KEY"), "kept-by-git");
  });
  await withUserConfig("", async (root) => {
    assertEquals(await askGit(host, root, "API_KEY"), undefined);
  });
});

Deno.test("askGit() runs no helper that a repository names", () =>
  withUserConfig("", async (root) => {
    writeTree(root, {
      ".git/HEAD": "ref: refs/heads/main\n",
      ".git/objects/": "",
      ".git/refs/": "",
      ".git/config": `[core]\n\trepositoryformatversion = 0\n${HELPER}`,
    });
    const host = fixedHost({ programs: "real" });
    assertEquals(await askGit(host, root, "API_KEY"), undefined);
  }));
