import { OrcError } from "../../src/base/error.ts";
import {
  decrypt,
  encrypt,
  encryptionOf,
  newIdentity,
  recipientOf,
} from "../../src/secrets/age_cipher.ts";
import { withTemporaryDirectory } from "../files/temporary.ts";
import { IDENTITY, VALUE } from "./fixtures.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";

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
