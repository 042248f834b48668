import { OrcError } from "../../src/base/error.ts";
import { userLayout } from "../../src/base/layout.ts";
import { diagnoseSecrets } from "../../src/secrets/doctor.ts";
import { readIdentities } from "../../src/vault/encryption.ts";
import {
  readSecret,
  secretEntries,
  secretNames,
  writeSecret,
} from "../../src/vault/vault.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { tokenOf } from "../session/fixtures.ts";
import { fixedHost } from "../work/fixtures.ts";
import { assertEquals, assertThrows } from "@std/assert";

function codeOf(work: () => unknown): string {
  return assertThrows(work, OrcError).code;
}

Deno.test("an identity is not read behind a link", () =>
  withTemporaryDirectory((home) => {
    const identity = `AGE-SECRET-KEY-1${"A".repeat(58)}`;
    writeTree(home, { "elsewhere/": "" });
    const { identity: path } = userLayout(home);
    const directory = path.slice(0, path.lastIndexOf("/"));
    const real = directory.replace(home, `${home}/elsewhere`);
    writeTree(real, { [path.slice(directory.length + 1)]: identity });
    const [first = ""] = directory.slice(home.length + 1).split("/");
    Deno.symlinkSync(`${home}/elsewhere/${first}`, `${home}/${first}`);
    const host = fixedHost({ home });
    assertEquals(codeOf(() => readIdentities(host)), "symbolic_link");
  }));

Deno.test("diagnoseSecrets() does not take the user's own identity for a key that somebody left, however the home is named", () =>
  withTemporaryDirectory(async (directory) => {
    const root = `${directory}/real`;
    const { identity } = userLayout(root);
    writeTree(directory, {
      "real/.secrets.enc": "Salted__",
      [identity.slice(directory.length + 1)]: "AGE-SECRET-KEY-1A",
    });
    Deno.symlinkSync("real", `${directory}/home`);
    for (const home of [root, `${directory}/home`, `${directory}/other`]) {
      const host = fixedHost({ home });
      const { findings } = await diagnoseSecrets(host, { root });
      const beside = findings.filter(({ code }) =>
        code === "key_beside_secrets"
      ).length;
      assertEquals(beside, home.endsWith("other") ? 1 : 0, home);
    }
  }));

Deno.test("secrets are not read or written through a link", () =>
  withTemporaryDirectory((base) => {
    writeTree(base, { "elsewhere/API_KEY.age": "stolen", "own/": "" });
    Deno.symlinkSync(`${base}/elsewhere`, `${base}/secrets`);
    Deno.symlinkSync(
      `${base}/elsewhere/API_KEY.age`,
      `${base}/own/API_KEY.age`,
    );
    const bytes = new Uint8Array([1]);
    for (const name of ["secrets", "own"]) {
      const directory = { base, path: `${base}/${name}` };
      const read = () => readSecret(directory, "API_KEY");
      const write = () => writeSecret(directory, "API_KEY", bytes, tokenOf(1));
      assertEquals([codeOf(read), codeOf(write)], [
        "symbolic_link",
        "symbolic_link",
      ]);
    }
    const linked = { base, path: `${base}/secrets` };
    assertEquals(codeOf(() => secretNames(linked)), "symbolic_link");
    const [entry] = secretEntries({ base, path: `${base}/own` });
    assertEquals([entry?.isLink, entry?.mode], [true, null]);
  }));
