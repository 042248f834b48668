/** What a session is worth whose workflow includes other files: never more than what was reviewed. */
import { startSession } from "../../src/work/start.ts";
import { readSessionInfo } from "../../src/sessions/info.ts";
import { verifySession } from "../../src/trust/use.ts";
import { git } from "../persist/clones.ts";
import { BASE, including, type Shop, withShop } from "./shop.ts";
import { assertEquals } from "@std/assert";

const LAX = BASE.replace("git --version", "git help");

/** Starts a session, and what verify finds in it besides that it is open. */
async function findings(
  { host, root }: Shop,
  more: { readonly base?: string } = {},
): Promise<readonly string[]> {
  const { findings } = await verifySession(host, { root, ...more });
  return findings.map(({ code }) => code)
    .filter((code) => code !== "session_open");
}

async function start({ host, root }: Shop): Promise<void> {
  await startSession(host, { root, task: "Any", beside: true });
}

/** Whether the first event says that git has the workflow as it was followed. */
async function indexed({ host, root }: Shop): Promise<boolean | null> {
  return (await readSessionInfo(host, { root })).start?.indexed ?? null;
}

const OWN = "include: [{path: flows/base.yaml}]\nname: Shop\n";

Deno.test("verify finds nothing where all that was included is committed", () =>
  withShop(async (shop) => {
    await shop.write({ "workflow.yaml": OWN, "flows/base.yaml": BASE });
    await start(shop);
    assertEquals(await findings(shop, { base: "main" }), []);
    assertEquals(await indexed(shop), true);
  }));

Deno.test("verify finds what was included otherwise than it is committed", () =>
  withShop(async (shop) => {
    await shop.write({ "workflow.yaml": OWN, "flows/base.yaml": BASE });
    Deno.writeTextFileSync(`${shop.root}/flows/base.yaml`, LAX);
    await start(shop);
    Deno.writeTextFileSync(`${shop.root}/flows/base.yaml`, BASE);
    assertEquals(await findings(shop, { base: "main" }), [
      "definition_differs",
    ]);
    assertEquals(await indexed(shop), false);
  }));

Deno.test("verify says of a file outside of the repository that nobody reviewed it, and finds another one", () =>
  withShop(async (shop) => {
    const beside = `${shop.server.directory}/shared`;
    Deno.mkdirSync(beside);
    Deno.writeTextFileSync(`${beside}/base.yaml`, BASE);
    await shop.write({
      "workflow.yaml": "include: [{repo: ../shared/base.yaml}]\nname: Shop\n",
    });
    await start(shop);
    assertEquals(await indexed(shop), false);
    assertEquals(await findings(shop, { base: "main" }), [
      "include_unreviewed",
    ]);
    Deno.writeTextFileSync(`${beside}/base.yaml`, LAX);
    assertEquals(await findings(shop, { base: "main" }), [
      "definition_differs",
      "include_unreviewed",
    ]);
  }));

Deno.test("a file that git does not know is not what was committed", () =>
  withShop(async (shop) => {
    await shop.write({ "workflow.yaml": OWN, ".gitignore": "flows/\n" });
    Deno.mkdirSync(`${shop.root}/flows`);
    Deno.writeTextFileSync(`${shop.root}/flows/base.yaml`, BASE);
    await start(shop);
    assertEquals(await indexed(shop), false);
    const code = await findings(shop, { base: "main" }).catch(({ code }) =>
      code
    );
    assertEquals(code, "invalid_workflow");
  }));

Deno.test("a commit's id in a committed workflow says what was included, whatever lies in the cache", () =>
  withShop(async (shop) => {
    const { server, root } = shop;
    const commit = await server.publish("w", { "base.yaml": BASE });
    await shop.write({ "workflow.yaml": including(shop, commit) });
    await start(shop);
    assertEquals(await indexed(shop), true);
    assertEquals(await findings(shop, { base: "main" }), []);
    const blob = (await git(
      `${server.directory}/server/w`,
      ...["rev-parse", "HEAD:base.yaml"],
    )).trim();
    const kept = `${server.home}/.orchestrator/cache/git/${blob.slice(0, 2)}/${
      blob.slice(2)
    }`;
    Deno.writeTextFileSync(kept, LAX);
    await start(shop);
    assertEquals(await findings(shop, { base: "main" }), []);
    assertEquals(Deno.readTextFileSync(kept), BASE);
    const other = await server.commit("w", { "base.yaml": LAX });
    Deno.writeTextFileSync(`${root}/workflow.yaml`, including(shop, other));
    await start(shop);
    assertEquals(await findings(shop, { base: "main" }), [
      "definition_differs",
    ]);
    assertEquals(await indexed(shop), false);
  }));
