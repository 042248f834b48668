import { isOrcError } from "../../src/base/error.ts";
import { openModule } from "../../src/documents/module.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const REQUEST = { url: "shelf://1", password: () => Promise.resolve("x") };

/** A package that keeps nothing, and tells what it was asked for. */
const PACKAGE = `export default ({ url }) => ({
  shown: url, get() {}, put() {}, delete() {}, keys() {},
});`;

async function refusalOf(run: () => Promise<unknown>) {
  const error = await run().then(() => undefined, (error) => error);
  assert(isOrcError(error), String(error));
  return error;
}

Deno.test("on Node a package is the one of that version that lies beside the settings", () =>
  withTemporaryDirectory(async (root) => {
    const directory = `${await Deno.realPath(root)}/.orchestrator`;
    const site = { directory, home: root, runtime: "node v20.20.2" };
    const named = { name: "@team/shelf", version: "1.2.3" };
    const absent = await refusalOf(() => openModule(named, site, REQUEST));
    assertEquals(absent.code, "no_such_file");
    assertStringIncludes(
      absent.hint ?? "",
      `npm install --prefix ${directory} --save-exact @team/shelf@1.2.3`,
    );
    const entries = [
      { exports: { ".": { import: "./lib/a.mjs", default: "./b.mjs" } } },
      { exports: { import: { default: "./lib/a.mjs" } } },
      { exports: "./lib/a.mjs" },
      { main: "lib/a.mjs" },
    ];
    const place = ".orchestrator/node_modules/@team/shelf";
    for (const entry of entries) {
      writeTree(root, {
        [`${place}/package.json`]: JSON.stringify({
          ...{ name: "@team/shelf", version: "1.2.3", type: "module" },
          ...entry,
        }),
        [`${place}/lib/a.mjs`]: PACKAGE,
      });
      const documents = await openModule(named, site, REQUEST);
      assertEquals(documents.shown, "shelf://1");
    }
    const other = { ...named, version: "1.2.4" };
    const { code, message } = await refusalOf(() =>
      openModule(other, site, REQUEST)
    );
    assertEquals(code, "invalid_store_module");
    assertStringIncludes(message, "is of version 1.2.3, and store names 1.2.4");
  }));

Deno.test("on Deno a package is taken from npm, in that version", async () => {
  const site = { directory: "/nowhere", home: "/", runtime: "deno 2.9.6" };
  const named = { name: "compare-versions", version: "6.1.1" };
  const { code, message } = await refusalOf(() =>
    openModule(named, site, REQUEST)
  );
  assertEquals(code, "invalid_store_module");
  assertStringIncludes(message, "its default export is no function");
});

Deno.test("an error of orc that a module throws stays what it is, and any other is the module's", () =>
  withTemporaryDirectory(async (root) => {
    const directory = await Deno.realPath(root);
    writeTree(root, {
      "own.mjs":
        "export default () => { throw new Error('no key\\nat all'); };",
      "orc.mjs": `export default () => {
        throw Object.assign(new Error('closed'), {
          name: 'OrcError', kind: 'denied', code: 'store_auth', details: {},
        });
      };`,
    });
    const site = { directory, home: root, runtime: "deno 2.9.6" };
    const own = await refusalOf(() =>
      openModule({ path: "./own.mjs" }, site, REQUEST)
    );
    assertEquals(own.code, "invalid_store_module");
    assertStringIncludes(own.message, "it cannot be opened: no key");
    const orc = await openModule({ path: "./orc.mjs" }, site, REQUEST)
      .catch((error) => error);
    assertEquals(orc.code, "store_auth");
  }));
