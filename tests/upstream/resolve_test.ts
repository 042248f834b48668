import { resolveWorkflow } from "../../src/upstream/resolve.ts";
import { startSession } from "../../src/work/start.ts";
import { readStatus } from "../../src/work/status.ts";
import { validateWorkflow } from "../../src/work/init.ts";
import { readWorkflowText } from "../../src/workflow/yaml.ts";
import { parseWorkflow } from "../../src/workflow/parse.ts";
import { git } from "../persist/clones.ts";
import { refusalOf, refusalWithoutTrace } from "../files/temporary.ts";
import { BASE, including, withShop } from "./shop.ts";
import { assertEquals, assertMatch } from "@std/assert";

Deno.test("resolveWorkflow() puts one workflow together, and says where each item is", () =>
  withShop(async (shop) => {
    const { server, root, host, write } = shop;
    const commit = await server.publish("w", {
      "flows/base.yaml": `include: [{path: ../more.yaml}]\n${BASE}`,
      "more.yaml":
        "phases: [{id: MORE, name: More, items: [{id: m, name: M}]}]\n",
    });
    const own = `overlay:
  - after: PLAN.plan
    insert: {id: risks, name: "{{session_name}}", description: "yes"}
`;
    await write({
      "workflow.yaml": including(shop, commit, "flows/base.yaml") + own,
    });
    const { items, included, text } = await resolveWorkflow(host, { root });
    const at = `${server.url}/w@${commit.slice(0, 12)}`;
    assertEquals(items.map((one) => Object.values(one)), [
      ["MORE", "m", `${at}/more.yaml`, 1],
      ["PLAN", "plan", `${at}/flows/base.yaml`, 7],
      ["PLAN", "risks", `${root}/workflow.yaml`, 8],
      ["VERIFY", "tests", `${at}/flows/base.yaml`, 11],
    ]);
    assertEquals(included.map(({ file, reviewed }) => [file, reviewed]), [
      [`${at}/flows/base.yaml`, true],
      [`${at}/more.yaml`, true],
    ]);
    // What is printed is a workflow by itself, and says the same.
    const { workflow } = parseWorkflow(readWorkflowText(text, "text").value);
    const [risks] = workflow.phases[1]?.items.slice(1) ?? [];
    assertEquals([risks?.id, risks?.description, risks?.name], [
      "risks",
      "yes",
      "{{session_name}}",
    ]);
  }));

Deno.test("resolveWorkflow() says where items are of a workflow that includes nothing", () =>
  withShop(async ({ root, host, write }) => {
    const bundled = await resolveWorkflow(host, { root });
    assertEquals([bundled.path, bundled.items[0]?.file], [
      null,
      "the built-in workflow",
    ]);
    await write({ "workflow.yaml": BASE });
    const { items, included } = await resolveWorkflow(host, { root });
    assertEquals(items.map(({ itemId, line }) => [itemId, line]), [
      ["plan", 6],
      ["tests", 10],
    ]);
    assertEquals(included, []);
  }));

Deno.test("startSession() fetches once, and neither a session nor a start needs the server then", () =>
  withShop(async (shop) => {
    const { server, root, host, write } = shop;
    const commit = await server.publish("w", { "base.yaml": BASE });
    await write({ "workflow.yaml": including(shop, commit) });
    const unknown = await refusalWithoutTrace(
      server.directory,
      () => validateWorkflow(host, { root }),
    );
    assertEquals(unknown.code, "not_fetched");
    assertMatch(unknown.message, /workflow\.yaml:3:5: include\[0\]: Commit/);
    assertMatch(unknown.hint ?? "", /orc workflow resolve/);
    await startSession(host, { root, task: "One" });
    await server.stop();
    assertEquals((await validateWorkflow(host, { root })).items, 2);
    await startSession(host, { root, task: "Two", beside: true });
    Deno.removeSync(server.home, { recursive: true });
    assertEquals((await readStatus(host, { root })).progress.total, 2);
  }));

Deno.test("startSession() follows the commit, wherever tag and branch lead by now", () =>
  withShop(async (shop) => {
    const { server, root, host, write } = shop;
    const commit = await server.publish("w", { "base.yaml": BASE });
    const path = `${server.directory}/server/w`;
    await git(path, "tag", "v1");
    await git(path, "checkout", "-q", "--orphan", "other");
    await server.commit("w", {
      "base.yaml": BASE.replaceAll("git --version", "git help"),
    });
    await git(path, "branch", "-f", "main", "other");
    await git(path, "tag", "-f", "v1", "other");
    await git(path, "tag", "kept", commit);
    await write({ "workflow.yaml": including(shop, commit) });
    await resolveWorkflow(host, { root });
    const { text } = await resolveWorkflow(host, { root });
    assertMatch(text, /git --version/);
  }));

/** What a commit may hold, and where an include of it is refused; the first file is asked for. */
const HOSTILE: Readonly<
  Record<string, { files: Record<string, string>; code: string; says: RegExp }>
> = {
  "no such file": {
    files: { "other.yaml": BASE },
    code: "invalid_workflow",
    says: /workflow\.yaml:3:5: include\[0\]: There is no git:/,
  },
  "a link": {
    files: { "base.yaml": "->/etc/hostname" },
    code: "fetched_refused",
    says: /workflow\.yaml:3:5: include\[0\]: "base\.yaml" .* symbolic link/,
  },
  "a huge file": {
    files: { "base.yaml": "#".repeat(1024 * 1024 + 1) },
    code: "fetched_refused",
    says: /workflow\.yaml:3:5: include\[0\]: "base\.yaml" .* larger than/,
  },
  "a way out of the commit": {
    files: { "base.yaml": "include:\n  - path: ../../secret.yaml\n" },
    code: "invalid_workflow",
    says: /base\.yaml:2:5: include\[0\]\.path: .* leads out of the repository/,
  },
  "a circle": {
    files: { "base.yaml": "include:\n  - path: base.yaml\n" },
    code: "invalid_workflow",
    says: /base\.yaml:2:5: include\[0\]: The files include each other/,
  },
  "another repository that names a branch": {
    files: {
      "base.yaml":
        "include:\n  - git: https://example.org/x\n    commit: main\n    file: a\n",
    },
    code: "invalid_workflow",
    says: /base\.yaml:3:5: include\[0\]\.commit: "main" is not the whole id/,
  },
};

for (const [what, { files, code, says }] of Object.entries(HOSTILE)) {
  Deno.test(`startSession() refuses ${what} in a commit, with the line, and writes nothing`, () =>
    withShop(async (shop) => {
      const { server, root, host, write } = shop;
      const commit = await server.publish("w", files);
      await write({ "workflow.yaml": including(shop, commit) });
      const error = await refusalWithoutTrace(
        root,
        () => startSession(host, { root, task: "Any" }),
      );
      assertEquals(error.code, code, error.message);
      assertMatch(error.message, says);
    }));
}

Deno.test("startSession() refuses a commit that is not there and a server that is gone, with the line", () =>
  withShop(async (shop) => {
    const { server, root, host, write } = shop;
    await server.publish("w", { "base.yaml": BASE });
    await write({ "workflow.yaml": including(shop, "a1".repeat(20)) });
    const start = () => startSession(host, { root, task: "Any" });
    for (const stop of [() => Promise.resolve(), server.stop]) {
      await stop();
      const error = await refusalWithoutTrace(root, start);
      assertEquals([error.kind, error.code], ["external", "fetch_failed"]);
      assertMatch(
        error.message,
        /workflow\.yaml:3:5: include\[0\]: Cannot fetch/,
      );
    }
    assertEquals((await refusalOf(start)).path, `${root}/workflow.yaml`);
  }));
