import { checksumOf } from "../../src/base/checksum.ts";
import { orElse } from "../../src/base/error.ts";
import { asObject, parseJson } from "../../src/base/json.ts";
import { repositoryLayout, sessionLayout } from "../../src/base/layout.ts";
import { fileStore } from "../../src/session/read.ts";
import { withTemporaryDirectory } from "../files/temporary.ts";
import { storeContext } from "../session/fixtures.ts";
import { testStore } from "./contract.ts";

const CHECKSUM = /"_checksum": "[^"]*"/;

testStore("fileStore()", (test) =>
  withTemporaryDirectory(async (root) => {
    const layout = repositoryLayout(root);
    Deno.mkdirSync(layout.sessions, { recursive: true });
    const pathOf = (id: string) => sessionLayout(root, id).state;
    const kept = (id: string) => Deno.readTextFileSync(pathOf(id));
    let opened = 0;
    const open = () =>
      fileStore(
        layout,
        storeContext({ firstToken: 1_000_000 * ++opened, timeoutMs: 10_000 }),
      );
    await test({
      store: open(),
      reopen: open,
      kept,
      rewrite: async (id, change) => {
        const text = change(kept(id));
        const state = orElse(() => asObject(parseJson(text, "")), () => null);
        const sum = state ? await checksumOf(state) : "";
        const signed = text.replace(CHECKSUM, `"_checksum": "${sum}"`);
        Deno.writeTextFileSync(pathOf(id), signed);
      },
    });
  }));
