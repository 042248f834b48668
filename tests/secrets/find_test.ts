import { openRepository } from "../../src/repository/open.ts";
import { encrypt } from "../../src/secrets/age_cipher.ts";
import { allValues } from "../../src/secrets/all_secrets.ts";
import { findSecret, searchSecrets } from "../../src/secrets/find.ts";
import { ownRecipient } from "../../src/secrets/init_secrets.ts";
import { locateSecret } from "../../src/secrets/locate_secret.ts";
import {
  secretPlaces,
  type SecretSource,
} from "../../src/secrets/secret_places.ts";
import { writeSecret } from "../../src/secrets/vault.ts";
import { tokenOf } from "../session/fixtures.ts";
import { fixedHost, type Machine, refusalOf } from "../work/fixtures.ts";
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
