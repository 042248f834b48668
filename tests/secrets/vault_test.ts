import { OrcError } from "../../src/base/error.ts";
import {
  decrypt,
  encrypt,
  encryptionOf,
  fingerprintOf,
  newIdentity,
  openKeyring,
  readIdentities,
  recipientOf,
} from "../../src/secrets/encryption.ts";
import {
  createPrivate,
  modeAt,
  readSecret,
  removeSecret,
  secretEntries,
  secretNames,
  writeSecret,
} from "../../src/secrets/vault.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { tokenOf } from "../session/fixtures.ts";
import { fixedHost, refusalOf } from "../work/fixtures.ts";
import { IDENTITY, VALUE, withSecrets } from "./fixtures.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";

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
    assert(removeSecret(directory, "API_KEY"));
    assert(!removeSecret(directory, "API_KEY"));
    assertEquals(readSecret(directory, "API_KEY"), undefined);
  }));

Deno.test("createPrivate() never replaces a file", () =>
  withTemporaryDirectory((base) => {
    const file = { base, path: `${base}/own/identity.txt` };
    assert(createPrivate(file, BYTES));
    assert(!createPrivate(file, new Uint8Array()));
    assertEquals(Deno.readFileSync(file.path), BYTES);
    assertEquals(modeAt(file.path), 0o600);
  }));

Deno.test("createPrivate() and writeSecret() write nothing that lies elsewhere", () =>
  withTemporaryDirectory((base) => {
    const file = { base: `${base}/x`, path: `${base}/../elsewhere` };
    const no = "is not below";
    assertThrows(() => createPrivate(file, BYTES), Error, no);
    assertThrows(() => writeSecret(file, "API_KEY", BYTES, TOKEN), Error, no);
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

/** Linux has `script`, which gives a program the terminal that `age` asks in. */
const ignore = Deno.build.os !== "linux";

function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes && new TextDecoder().decode(bytes);
}

/** Runs a program of age's to its end. */
async function run(
  program: string,
  args: readonly string[],
  input = "",
): Promise<string> {
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const text = new TextDecoder().decode(stdout);
  assert(success, text + new TextDecoder().decode(stderr));
  return text;
}

/** Runs `age` in a terminal in which a passphrase is typed. */
async function typed(command: string, passphrase: string): Promise<void> {
  await run(
    "script",
    ["-qec", command, "/dev/null"],
    `${passphrase}\n${passphrase}\n`,
  );
}

Deno.test("decrypt() opens what encrypt() encrypted to an identity", async () => {
  const { identity, recipient } = await newIdentity();
  assertEquals(await recipientOf(identity), recipient);
  const encrypted = await encrypt(VALUE, { recipient });
  assertEquals(encryptionOf(encrypted), "identity");
  const identities = [IDENTITY, identity];
  assertEquals(textOf(await decrypt(encrypted, { identities }, "x")), VALUE);
});

Deno.test("decrypt() tells a missing key from a damaged file", async () => {
  const { recipient } = await newIdentity();
  const encrypted = await encrypt(VALUE, { recipient });
  for (const identities of [[], [IDENTITY]]) {
    assertEquals(await decrypt(encrypted, { identities }, "x"), undefined);
  }
  const damaged = encrypted.slice(0, 40);
  const error = await assertRejects(
    () => decrypt(damaged, { identities: [IDENTITY] }, "x"),
    OrcError,
  );
  assertEquals([error.kind, error.code], ["corrupt", "invalid_secret"]);
});

Deno.test("decrypt() opens with the right passphrase only", async () => {
  const encrypted = await encrypt(VALUE, { passphrase: "right" });
  assertEquals(encryptionOf(encrypted), "passphrase");
  const [right, wrong] = [
    await decrypt(encrypted, { passphrase: "right" }, "x"),
    await decrypt(encrypted, { passphrase: "wrong" }, "x"),
  ];
  assertEquals([textOf(right), wrong], [VALUE, undefined]);
});

Deno.test("encryptionOf() knows files that are not encrypted", () => {
  const encode = (text: string) => new TextEncoder().encode(text);
  assertEquals(encryptionOf(encode("")), undefined);
  assertEquals(encryptionOf(encode(VALUE)), undefined);
  assertEquals(encryptionOf(encode("-----BEGIN AGE")), undefined);
});

Deno.test("recipientOf() has none for what is no identity", async () => {
  assertEquals(await recipientOf("AGE-SECRET-KEY-1WRONG"), undefined);
});

Deno.test({
  name:
    "age opens what encrypt() encrypted to an identity, and the other way round",
  ignore,
  fn: () =>
    withTemporaryDirectory(async (directory) => {
      const [key, file, armored] = ["key", "file", "armored"]
        .map((name) => `${directory}/${name}`) as [string, string, string];
      await run("age-keygen", ["-o", key]);
      const text = Deno.readTextFileSync(key);
      const [recipient = ""] = /age1\w+/.exec(text) ?? [];
      const [identity = ""] = /AGE-SECRET-KEY-\w+/.exec(text) ?? [];
      assertEquals(await recipientOf(identity), recipient);

      Deno.writeFileSync(file, await encrypt(VALUE, { recipient }));
      assertEquals(await run("age", ["-d", "-i", key, file]), VALUE);

      await run("age", ["-r", recipient, "-o", file], VALUE);
      await run("age", ["-a", "-r", recipient, "-o", armored], VALUE);
      for (const path of [file, armored]) {
        const encrypted = Deno.readFileSync(path);
        assertEquals(encryptionOf(encrypted), "identity");
        const keys = { identities: [identity] };
        assertEquals(textOf(await decrypt(encrypted, keys, path)), VALUE);
      }
    }),
});

Deno.test({
  name:
    "age opens what encrypt() encrypted with a passphrase, and the other way round",
  ignore,
  fn: () =>
    withTemporaryDirectory(async (directory) => {
      const passphrase = "correct horse";
      const [plain, file, out] = ["plain", "file", "out"]
        .map((name) => `${directory}/${name}`) as [string, string, string];
      Deno.writeFileSync(file, await encrypt(VALUE, { passphrase }));
      await typed(`age -d -o ${out} ${file}`, passphrase);
      assertEquals(Deno.readTextFileSync(out), VALUE);

      Deno.writeTextFileSync(plain, VALUE);
      await typed(`age -p -a -o ${file}.2 ${plain}`, passphrase);
      const encrypted = Deno.readFileSync(`${file}.2`);
      assertEquals(encryptionOf(encrypted), "passphrase");
      const opened = await decrypt(encrypted, { passphrase }, file);
      assertEquals(textOf(opened), VALUE);
    }),
});

Deno.test("readIdentities() reads all identities of the user, and no comments", () =>
  withSecrets((root, machine) => {
    const path = `${root}/home/.orchestrator/identity.txt`;
    assertEquals(readIdentities(fixedHost(machine)), [IDENTITY]);
    Deno.writeTextFileSync(path, `# one\n${IDENTITY}\r\n\n${IDENTITY}\n`);
    assertEquals(readIdentities(fixedHost(machine)), [IDENTITY, IDENTITY]);
    Deno.removeSync(path);
    assertEquals(readIdentities(fixedHost(machine)), []);
    assertEquals(readIdentities(fixedHost()), []);
    return Promise.resolve();
  }));

Deno.test("readIdentities() refuses a file without an identity", () =>
  withSecrets(async (root, machine) => {
    const path = `${root}/home/.orchestrator/identity.txt`;
    Deno.writeTextFileSync(path, "nothing\n");
    const error = await refusalOf(() =>
      Promise.resolve().then(() => readIdentities(fixedHost(machine)))
    );
    assertEquals([error.kind, error.code], ["corrupt", "invalid_identity"]);
  }));

Deno.test("openKeyring() asks for a passphrase once, and only where it may", () => {
  const host = fixedHost({ answers: ["typed", "again"] });
  const keyring = openKeyring(host, true);
  assertEquals([keyring.passphrase(), keyring.passphrase()], [
    "typed",
    "typed",
  ]);
  assertEquals(host.questions, ["Passphrase: "]);
  const silent = fixedHost({ answers: ["typed"] });
  assertEquals(openKeyring(silent, false).passphrase(), undefined);
  assertEquals(silent.questions, []);
  const environment = { ORCHESTRATOR_PASSPHRASE: "set" };
  assertEquals(
    openKeyring(fixedHost({ environment, answers: [] }), true).passphrase(),
    "set",
  );
});

const PLACE = { name: "API_KEY", repoId: "0123456789ab" };

Deno.test("fingerprintOf() is the same for the same value, name and repository only", async () => {
  const value = "twelve chars";
  const fingerprint = await fingerprintOf(value, PLACE);
  assertMatch(fingerprint ?? "", /^[0-9a-f]{8}$/);
  assertEquals(await fingerprintOf(value, PLACE), fingerprint);
  for (
    const [other, place] of [
      ["twelve Chars", PLACE],
      [value, { ...PLACE, name: "OTHER" }],
      [value, { ...PLACE, repoId: "ba9876543210" }],
    ] as const
  ) {
    assertNotEquals(await fingerprintOf(other, place), fingerprint);
  }
});

Deno.test("fingerprintOf() gives nothing away of a value that could be guessed", async () => {
  assertEquals(await fingerprintOf("eleven char", PLACE), null);
});
