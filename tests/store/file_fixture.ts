import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { StoreFixture } from "../../src/contract/contract.ts";
import { signed } from "../../src/contract/documents.ts";
import { repositoryLayout, sessionLayout } from "../../src/base/layout.ts";
import { fileStore } from "../../src/session/read.ts";
import { storeContext } from "../session/fixtures.ts";

/** Surroundings of the stores of one test: each makes tokens and ids of its own. */
export function contexts(): () => ReturnType<typeof storeContext> {
  let opened = 0;
  return () => {
    const first = 1_000_000 * opened++;
    const numbers = { firstToken: first + 1, firstEvent: first };
    return storeContext({ ...numbers, timeoutMs: 10_000 });
  };
}

/** A store of files in an empty directory. */
export function fileFixture(root: string): StoreFixture {
  const layout = repositoryLayout(root);
  mkdirSync(layout.sessions, { recursive: true });
  const pathOf = (id: string) => sessionLayout(root, id).state;
  const kept = (id: string) => readFileSync(pathOf(id), "utf8");
  const newContext = contexts();
  const open = () => fileStore(layout, newContext());
  return {
    store: open(),
    reopen: open,
    kept,
    rewrite: async (id, change) =>
      writeFileSync(pathOf(id), await signed(change(kept(id)))),
  };
}
