import { updateIncludes } from "../../src/upstream/update.ts";
import { git } from "../persist/clones.ts";
import { refusalWithoutTrace, withoutTrace } from "../files/temporary.ts";
import { BASE, including, withShop } from "./shop.ts";
import { assertEquals, assertMatch } from "@std/assert";

Deno.test("updateIncludes() writes the commit of a tag, then follows the tag, and changes nothing else", () =>
  withShop(async (shop) => {
    const { server, root, host, write } = shop;
    const first = await server.publish("w", { "base.yaml": BASE });
    const path = `${server.directory}/server/w`;
    await git(path, "tag", "v1");
    const text = `${including(shop, "v1 # as agreed")}# the end\n`;
    await write({ "workflow.yaml": text });
    const pin = { git: `${server.url}/w`, file: "base.yaml", ref: "v1" };
    const dry = await withoutTrace(
      root,
      () => updateIncludes(host, { root, dryRun: true }),
    );
    assertEquals(dry.pins, [{ ...pin, from: "v1", to: first }]);
    assertEquals([dry.changed, dry.dryRun], [true, true]);
    const done = await updateIncludes(host, { root });
    assertEquals({ ...done, dryRun: true }, { ...dry });
    const file = () => Deno.readTextFileSync(`${root}/workflow.yaml`);
    const pinned = text.replace("commit: v1", `ref: v1\n    commit: ${first}`);
    assertEquals(file(), pinned);
    const again = await withoutTrace(
      root,
      () => updateIncludes(host, { root }),
    );
    assertEquals(again.changed, false);
    const second = await server.commit("w", {
      "base.yaml": BASE.replace("Plan", "Think"),
    });
    await git(path, "tag", "-f", "v1");
    const third = await updateIncludes(host, { root });
    assertEquals(third.pins, [{ ...pin, from: first, to: second }]);
    assertEquals(file(), pinned.replace(first, second));
  }));

Deno.test("updateIncludes() follows the default branch where nothing else is said", () =>
  withShop(async (shop) => {
    const { server, root, host, write } = shop;
    const commit = await server.publish("w", { "base.yaml": BASE });
    await write({ "workflow.yaml": including(shop, "a0".repeat(20)) });
    const { pins } = await updateIncludes(host, { root });
    assertEquals(pins[0]?.to, commit);
    assertEquals(
      Deno.readTextFileSync(`${root}/workflow.yaml`),
      including(shop, commit),
    );
  }));

Deno.test("updateIncludes() writes nothing where the workflow could not be used, or not be edited", () =>
  withShop(async (shop) => {
    const { server, root, host, write } = shop;
    await server.publish("w", { "base.yaml": "phases: [{id: plan}]\n" });
    const flow = `include: [{git: "${server.url}/w", file: base.yaml}]\n`;
    const texts = {
      invalid_workflow: including(shop, "main"),
      cannot_edit: flow,
      fetch_failed: including(shop, "none"),
    };
    for (const [code, text] of Object.entries(texts)) {
      await write({ "workflow.yaml": text });
      const error = await refusalWithoutTrace(
        root,
        () => updateIncludes(host, { root }),
      );
      assertEquals(error.code, code, error.message);
    }
    await write({
      "workflow.yaml": "include:\n  - git: ext::sh\n    file: a\n",
    });
    const error = await refusalWithoutTrace(
      root,
      () => updateIncludes(host, { root }),
    );
    assertMatch(
      error.message,
      /workflow\.yaml:2:5: include\[0\]: .* program of/,
    );
  }));
