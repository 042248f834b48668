import { testHost } from "../../src/host/test_host.ts";
import { siteAt } from "../../src/settings/files.ts";
import { readMachine } from "../../src/settings/machine.ts";
import { refusalOf, withRoot } from "../work/fixtures.ts";
import { assertEquals } from "@std/assert";

const WEB = { CLAUDE_CODE_REMOTE: "true" };

async function vanishing(
  environment: Readonly<Record<string, string>>,
  config = "",
): Promise<string> {
  let said = "";
  await withRoot({ ".orchestrator/config.yaml": config }, async (root) => {
    const host = testHost({ environment, homeDirectory: () => undefined });
    said = (await readMachine(host, siteAt(root))).vanishes;
  });
  return said;
}

Deno.test("readMachine() goes by the place where nobody says anything", async () => {
  assertEquals(await vanishing(WEB), "yes");
  assertEquals(await vanishing({ CODESPACES: "true" }), "maybe");
  assertEquals(await vanishing({}), "no");
  assertEquals(await vanishing(WEB, "web_mode: auto\n"), "yes");
});

Deno.test("readMachine() lets web_mode win over the place, and ORCHESTRATOR_EPHEMERAL over both", async () => {
  assertEquals(await vanishing(WEB, "web_mode: false\n"), "no");
  assertEquals(await vanishing({}, "web_mode: true\n"), "yes");
  assertEquals(await vanishing({ ORCHESTRATOR_WEB_MODE: "true" }), "yes");
  const said = { ...WEB, ORCHESTRATOR_EPHEMERAL: "0" };
  assertEquals(await vanishing(said, "web_mode: true\n"), "no");
  const vague = { ORCHESTRATOR_EPHEMERAL: "soon" };
  assertEquals(await vanishing(vague, "web_mode: true\n"), "yes");
});

Deno.test("readMachine() says what a wrong web_mode is", () =>
  withRoot(
    { ".orchestrator/config.yaml": "web_mode: soon\n" },
    async (root) => {
      const { code, message } = await refusalOf(() =>
        readMachine(testHost({ homeDirectory: () => undefined }), siteAt(root))
      );
      assertEquals(code, "invalid_setting");
      assertEquals(message.includes('"auto", true or false'), true, message);
    },
  ));
