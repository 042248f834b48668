/** Where the keys of a bucket come from, and what becomes of a request that Deno does not allow. */
import { findKeys } from "../../src/objects/keys.ts";
import { openRepository } from "../../src/repository/open.ts";
import { initSecrets, setSecret } from "../../src/secrets/use.ts";
import { refusalOf } from "../work/fixtures.ts";
import { settingsFor, withSession } from "./clones.ts";
import { KEYS } from "./server.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

Deno.test("findKeys() takes secrets before variables, and a token only from where its key is", () =>
  withSession(async (root, _id, { at }) => {
    const URL = "https://example.org/bucket";
    const repository = (host: ReturnType<typeof at>) =>
      openRepository(host, { root }, {});
    const temporary = at(root, { AWS_SESSION_TOKEN: "for-an-hour" });
    assertEquals(await findKeys(temporary, repository(temporary), URL), {
      accessKeyId: KEYS.AWS_ACCESS_KEY_ID,
      secretAccessKey: KEYS.AWS_SECRET_ACCESS_KEY,
      sessionToken: "for-an-hour",
    });
    Deno.mkdirSync(`${root}.home`);
    await initSecrets(temporary, { root });
    for (const name of Object.keys(KEYS)) {
      const file = `${root}.value`;
      Deno.writeTextFileSync(file, `kept ${name}`);
      await setSecret(temporary, { root, name, file, level: "global" });
    }
    assertEquals(await findKeys(temporary, repository(temporary), URL), {
      accessKeyId: "kept AWS_ACCESS_KEY_ID",
      secretAccessKey: "kept AWS_SECRET_ACCESS_KEY",
      sessionToken: undefined,
    });
    const none = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" };
    const other = { ...at(root, none), homeDirectory: () => undefined };
    const error = await refusalOf(() =>
      findKeys(other, repository(other), URL)
    );
    assertEquals(error.code, "remote_auth");
    assertStringIncludes(error.hint ?? "", "orc secrets set AWS_ACCESS_KEY_ID");
  }));

Deno.test("without the permission for its host nobody is asked, and the flag is named", () =>
  withSession(async (root, _id, { server }) => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-prompt", "--no-check"],
        ...["--allow-read", "--allow-write", "--allow-env", "--allow-run=git"],
        ...["cli.ts", "--root", root, "persist", "push"],
      ],
      env: { ...settingsFor(server.url), HOME: `${root}.home` },
    }).output();
    const said = new TextDecoder().decode(stderr);
    assertEquals(code, 77, said);
    assertStringIncludes(said, `--allow-net=127.0.0.1:${server.port}`);
    assertEquals(server.log, []);
  }));
