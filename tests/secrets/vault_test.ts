import { OrcError } from "../../src/base/error.ts";
import {
  createPrivate,
  hasSecret,
  modeAt,
  readSecret,
  removeSecret,
  secretEntries,
  secretNames,
  writePrivate,
  writeSecret,
} from "../../src/secrets/vault.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { tokenOf } from "../session/fixtures.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

const BYTES = new Uint8Array([1, 2, 3]);
const TOKEN = tokenOf(1);

Deno.test("writeSecret() keeps a file that only its owner can read", () =>
  withTemporaryDirectory((base) => {
    const directory = { base, path: `${base}/state/secrets` };
    assertEquals(readSecret(directory, "API_KEY"), undefined);
    writeSecret(directory, "API_KEY", BYTES, TOKEN);
    assertEquals(readSecret(directory, "API_KEY"), BYTES);
    assertEquals(modeAt(`${directory.path}/API_KEY.age`), 0o600);
    assertEquals(modeAt(directory.path), 0o700);
    assertEquals(Array.from(Deno.readDirSync(directory.path)).length, 1);
  }));

Deno.test("writeSecret() narrows the mode of the file it replaces", () =>
  withTemporaryDirectory((base) => {
    writeTree(base, { "API_KEY.age": "old" });
    Deno.chmodSync(`${base}/API_KEY.age`, 0o644);
    writeSecret({ base, path: base }, "API_KEY", BYTES, TOKEN);
    assertEquals(modeAt(`${base}/API_KEY.age`), 0o600);
    assertEquals(readSecret({ base, path: base }, "API_KEY"), BYTES);
  }));

Deno.test("secretNames() lists what is a secret, sorted", () =>
  withTemporaryDirectory((base) => {
    const directory = { base, path: `${base}/secrets` };
    assertEquals(secretNames(directory), []);
    writeTree(base, {
      "secrets/B_KEY.age": "",
      "secrets/A_KEY.age": "",
      "secrets/lower.age": "",
      "secrets/A_KEY.txt": "",
      "secrets/0123456789ab/C_KEY.age": "",
    });
    assertEquals(secretNames(directory), ["A_KEY", "B_KEY"]);
    const entries = secretEntries(directory).map(({ name }) => name);
    assertEquals(entries, [
      "A_KEY.age",
      "A_KEY.txt",
      "B_KEY.age",
      "lower.age",
    ]);
  }));

Deno.test("removeSecret() says whether there was one", () =>
  withTemporaryDirectory((base) => {
    const directory = { base, path: base };
    writeSecret(directory, "API_KEY", BYTES, TOKEN);
    assert(hasSecret(directory, "API_KEY"));
    assert(removeSecret(directory, "API_KEY"));
    assert(!removeSecret(directory, "API_KEY"));
    assert(!hasSecret(directory, "API_KEY"));
  }));

Deno.test("createPrivate() never replaces a file", () =>
  withTemporaryDirectory((base) => {
    const file = { base, path: `${base}/own/identity.txt` };
    assert(createPrivate(file, BYTES));
    assert(!createPrivate(file, new Uint8Array()));
    assertEquals(Deno.readFileSync(file.path), BYTES);
    assertEquals(modeAt(file.path), 0o600);
  }));

Deno.test("writePrivate() makes no path of what lies elsewhere", () =>
  withTemporaryDirectory((base) => {
    const path = `${base}/../elsewhere`;
    assertThrows(() => writePrivate({ base: `${base}/x`, path }, BYTES, TOKEN));
  }));

Deno.test("readSecret() refuses what is far too large to be one", () =>
  withTemporaryDirectory((base) => {
    writeTree(base, { "API_KEY.age": "x".repeat(200_000) });
    const error = assertThrows(
      () => readSecret({ base, path: base }, "API_KEY"),
      OrcError,
    );
    assertEquals(error.code, "file_too_large");
  }));

Deno.test("secrets make no path of what is no name", () =>
  withTemporaryDirectory((base) => {
    for (const name of ["../x", "a", "", "A/B"]) {
      const directory = { base, path: base };
      assertThrows(() => readSecret(directory, name), Error, "No name");
      assertThrows(() => removeSecret(directory, name), Error, "No name");
    }
  }));
