import { openRepository } from "../../src/repository/open.ts";
import {
  decrypt,
  encrypt,
  encryptionOf,
  fingerprintOf,
  newIdentity,
  openKeyring,
  readIdentities,
  readLegacySecrets,
  recipientOf,
} from "../../src/vault/encryption.ts";
import { withTemporaryDirectory } from "../files/temporary.ts";
import { codeOf, fixedHost, withRoot } from "../work/fixtures.ts";
import { IDENTITY, VALUE, withSecrets } from "../secrets/fixtures.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";

/** Decrypts to a text; undefined where no key fits. */
async function opened(
  ...[encrypted, keys]: [Uint8Array, Parameters<typeof decrypt>[1]]
): Promise<string | undefined> {
  const bytes = await decrypt(encrypted, keys, { path: "x" });
  return bytes && new TextDecoder().decode(bytes);
}

/** Runs a program of age's to its end. */
async function run(
  program: string,
  args: string[],
  input = "",
): Promise<string> {
  const piped = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
  const child = new Deno.Command(program, { args, ...piped }).spawn();
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
  const twice = `${passphrase}\n${passphrase}\n`;
  await run("script", ["-qec", command, "/dev/null"], twice);
}

Deno.test("decrypt() opens what encrypt() encrypted to an identity", async () => {
  const { identity, recipient } = await newIdentity();
  assertEquals(await recipientOf(identity), recipient);
  const encrypted = await encrypt(VALUE, { recipient });
  assertEquals(encryptionOf(encrypted), "identity");
  const identities = [IDENTITY, identity];
  assertEquals(await opened(encrypted, { identities }), VALUE);
});

Deno.test("decrypt() tells a missing key from a damaged file", async () => {
  const { recipient } = await newIdentity();
  const encrypted = await encrypt(VALUE, { recipient });
  for (const identities of [[], [IDENTITY]]) {
    assertEquals(await opened(encrypted, { identities }), undefined);
  }
  const damaged = encrypted.slice(0, 40);
  const code = await codeOf(() => opened(damaged, { identities: [IDENTITY] }));
  assertEquals(code, "corrupt invalid_secret");
});

Deno.test("decrypt() opens with the right passphrase only", async () => {
  const encrypted = await encrypt(VALUE, { passphrase: "right" });
  assertEquals(encryptionOf(encrypted), "passphrase");
  assertEquals(await opened(encrypted, { passphrase: "right" }), VALUE);
  assertEquals(await opened(encrypted, { passphrase: "wrong" }), undefined);
});

Deno.test("encryptionOf() and recipientOf() know what is nothing of age's", async () => {
  for (const text of ["", VALUE, "-----BEGIN AGE"]) {
    assertEquals(encryptionOf(new TextEncoder().encode(text)), undefined);
  }
  assertEquals(await recipientOf("AGE-SECRET-KEY-1WRONG"), undefined);
});

/** Linux has `script`, which gives a program the terminal that `age` asks in. */
function testWithAge(
  lock: string,
  play: (pathOf: (name: string) => string) => Promise<void>,
): void {
  Deno.test({
    name: `age opens what encrypt() encrypted ${lock}, and the other way round`,
    ignore: Deno.build.os !== "linux",
    fn: () => withTemporaryDirectory((top) => play((name) => `${top}/${name}`)),
  });
}

testWithAge("to an identity", async (pathOf) => {
  const [key, file, armored] = [pathOf("key"), pathOf("a"), pathOf("b")];
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
    assertEquals(await opened(encrypted, { identities: [identity] }), VALUE);
  }
});

testWithAge("with a passphrase", async (pathOf) => {
  const passphrase = "correct horse";
  const [plain, file, out] = [pathOf("plain"), pathOf("file"), pathOf("out")];
  Deno.writeFileSync(file, await encrypt(VALUE, { passphrase }));
  await typed(`age -d -o ${out} ${file}`, passphrase);
  assertEquals(Deno.readTextFileSync(out), VALUE);

  Deno.writeTextFileSync(plain, VALUE);
  await typed(`age -p -a -o ${file}.2 ${plain}`, passphrase);
  const encrypted = Deno.readFileSync(`${file}.2`);
  assertEquals(encryptionOf(encrypted), "passphrase");
  assertEquals(await opened(encrypted, { passphrase }), VALUE);
});

Deno.test("readIdentities() reads all identities of the user, no comments, and refuses a file without any", () =>
  withSecrets(async (root, machine) => {
    const path = `${root}/home/.orchestrator/identity.txt`;
    const read = () => readIdentities(fixedHost(machine));
    assertEquals(read(), [IDENTITY]);
    Deno.writeTextFileSync(path, `# one\n${IDENTITY}\r\n\n${IDENTITY}\n`);
    assertEquals(read(), [IDENTITY, IDENTITY]);
    Deno.writeTextFileSync(path, "nothing\n");
    assertEquals(await codeOf(read), "corrupt invalid_identity");
    Deno.removeSync(path);
    assertEquals(read(), []);
    assertEquals(readIdentities(fixedHost()), []);
  }));

Deno.test("openKeyring() asks for a passphrase once, and only where it may", () => {
  const environment = { ORCHESTRATOR_PASSPHRASE: "set" };
  const answers = ["typed", "again"];
  for (
    const [machine, mayAsk, passphrase, count] of [
      [{ answers }, true, "typed", 1],
      [{ answers }, false, undefined, 0],
      [{ answers, environment }, true, "set", 0],
    ] as const
  ) {
    const host = fixedHost(machine);
    const keyring = openKeyring(host, mayAsk);
    const twice = [keyring.passphrase(), keyring.passphrase()];
    assertEquals(twice, [passphrase, passphrase]);
    assertEquals(host.questions, Array(count).fill("Passphrase: "));
  }
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

/** Made by `openssl enc -aes-256-cbc -pbkdf2 -salt -pass pass:hunter22`. */
const ENCRYPTED = Uint8Array.from(
  atob(
    "U2FsdGVkX1/JMR6LBNt329HxKoBHPsJVKBUhHgcmvjaKPpWAFXcitMyVWH5Z2HRFvTSg5HlY2k5Q1VfwYVG31JBPMtmxJRc1kP3Heo8y2hA=",
  ),
  (digit) => digit.charCodeAt(0),
);

async function valuesAt(
  root: string,
  password: string | null = "hunter22",
): Promise<Record<string, string> | undefined> {
  const environment: Record<string, string> = {};
  if (password !== null) environment.SECRETS_PASSWORD = password;
  const host = fixedHost({ environment });
  const repository = openRepository(host, { root });
  const legacy = await readLegacySecrets(host, repository);
  return legacy && Object.fromEntries(legacy.values);
}

Deno.test("readLegacySecrets() opens what openssl encrypted, if it has the password", () =>
  withRoot({ ".orchestrator/secrets/": "" }, async (root) => {
    const expected = {
      OPENAI_API_KEY: "sk-legacy-value-123",
      PORT: "8080",
      quoted: "a b",
    };
    assertEquals(await valuesAt(root), undefined);
    const moved = `${root}/.orchestrator/secrets/.secrets.enc`;
    Deno.writeFileSync(moved, ENCRYPTED);
    assertEquals(await valuesAt(root), expected);
    const path = `${root}/.secrets.enc`;
    Deno.renameSync(moved, path);
    assertEquals(await valuesAt(root), expected);
    for (const none of [null, ""]) {
      assertEquals(await valuesAt(root, none), undefined);
    }
    const wrong = await codeOf(() => valuesAt(root, "wrong"));
    assertEquals(wrong, "denied wrong_password");
    Deno.writeTextFileSync(path, "API_KEY: in plain sight");
    assertEquals(await valuesAt(root), undefined, "another program's");
    Deno.writeTextFileSync(path, "");
    const empty = await codeOf(() => valuesAt(root));
    assertEquals(empty, "corrupt invalid_secret");
  }));
