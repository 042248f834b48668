import { OrcError } from "../../src/base/error.ts";
import { openRepository } from "../../src/repository/open.ts";
import {
  createPrivate,
  modeAt,
  readSecret,
  removeSecret,
  secretEntries,
  secretNames,
  secretPlaces,
  writeSecret,
} from "../../src/vault/vault.ts";
import { test, writeTree } from "../files/temporary.ts";
import { tokenOf } from "../session/fixtures.ts";
import { fixedHost } from "../work/fixtures.ts";
import { withSecretSession } from "../secrets/fixtures.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

const BYTES = new Uint8Array([1, 2, 3]);
const TOKEN = tokenOf(1);

test("writeSecret() keeps a file that only its owner can read, also where others could before", (base) => {
  const directory = { base, path: `${base}/state/secrets` };
  const path = `${directory.path}/API_KEY.age`;
  assertEquals(readSecret(directory, "API_KEY"), undefined);
  for (const bytes of [BYTES, new Uint8Array([4])]) {
    writeSecret(directory, "API_KEY", bytes, TOKEN);
    assertEquals(readSecret(directory, "API_KEY"), bytes);
    assertEquals([modeAt(path), modeAt(directory.path)], [0o600, 0o700]);
    assertEquals(Array.from(Deno.readDirSync(directory.path)).length, 1);
    Deno.chmodSync(path, 0o644);
  }
});

test("secretNames() lists what is a secret, sorted", (base) => {
  const directory = { base, path: `${base}/secrets` };
  assertEquals(secretNames(directory), []);
  writeTree(directory.path, {
    "B_KEY.age": "",
    "A_KEY.age": "",
    "lower.age": "",
    "A_KEY.txt": "",
    "0123456789ab/C_KEY.age": "",
  });
  assertEquals(secretNames(directory), ["A_KEY", "B_KEY"]);
  assertEquals(
    secretEntries(directory).map(({ name }) => name),
    ["A_KEY.age", "A_KEY.txt", "B_KEY.age", "lower.age"],
  );
});

test("removeSecret() says whether there was one", (base) => {
  const directory = { base, path: base };
  writeSecret(directory, "API_KEY", BYTES, TOKEN);
  assert(removeSecret(directory, "API_KEY"));
  assert(!removeSecret(directory, "API_KEY"));
  assertEquals(readSecret(directory, "API_KEY"), undefined);
});

test("createPrivate() never replaces a file", (base) => {
  const file = { base, path: `${base}/own/identity.txt` };
  assert(createPrivate(file, BYTES));
  assert(!createPrivate(file, new Uint8Array()));
  assertEquals(Deno.readFileSync(file.path), BYTES);
  assertEquals(modeAt(file.path), 0o600);
});

test("createPrivate() and writeSecret() write nothing that lies elsewhere", (base) => {
  const file = { base: `${base}/x`, path: `${base}/../elsewhere` };
  const no = "is not below";
  assertThrows(() => createPrivate(file, BYTES), Error, no);
  assertThrows(() => writeSecret(file, "API_KEY", BYTES, TOKEN), Error, no);
});

test("readSecret() refuses what is far too large to be one", (base) => {
  writeTree(base, { "API_KEY.age": "x".repeat(200_000) });
  const read = () => readSecret({ base, path: base }, "API_KEY");
  assertEquals(assertThrows(read, OrcError).code, "file_too_large");
});

test("secrets make no path of what is no name", (base) => {
  for (const name of ["../x", "a", "", "A/B"]) {
    const directory = { base, path: base };
    assertThrows(() => readSecret(directory, name), Error, "No name");
    assertThrows(() => removeSecret(directory, name), Error, "No name");
  }
});

Deno.test("secretPlaces() lists the repository, its user's directory for it, and for all", () =>
  withSecretSession((root, machine) => {
    const placesOf = (host: ReturnType<typeof fixedHost>) =>
      secretPlaces(host, openRepository(host, { root })).map((
        { level, path },
      ) => `${level} ${path.replace(root, "").replace(/[0-9a-f]{12}/, "ID")}`);
    assertEquals(placesOf(fixedHost(machine)), [
      "repository /.orchestrator/secrets",
      "private /home/.orchestrator/secrets/ID",
      "global /home/.orchestrator/secrets",
    ]);
    assertEquals(placesOf(fixedHost()).length, 1);
  }));
