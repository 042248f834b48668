import { checksumOf } from "../../src/base/checksum.ts";
import { orElse } from "../../src/base/error.ts";
import { asObject, parseJson } from "../../src/base/json.ts";
import type { ServerLimits } from "../../src/postgres/database.ts";
import { storeContext } from "../session/fixtures.ts";
import { testStore } from "../store/contract.ts";
import {
  accessTo,
  type OpenStore,
  openStore,
  programs,
  query,
  withServer,
} from "./database.ts";
import { startProxy } from "./proxy.ts";

const CHECKSUM = /"_checksum": "[^"]*"/;

let repositories = 0;

function testPostgres(
  name: string,
  options: ServerLimits,
): void {
  testStore(name, (test) =>
    withServer(async (server) => {
      const repo = `repo${repositories++}`;
      const proxy = startProxy(server.port);
      const opened: OpenStore[] = [];
      const open = () => {
        const firstToken = 1_000_000 * (opened.length + 1);
        const store = openStore({
          access: accessTo(proxy.port),
          repo,
          context: storeContext({ firstToken, timeoutMs: 10_000 }),
          ...options,
        });
        opened.push(store);
        return store;
      };
      const state = async (id: string) => {
        const [row] = await query(
          server.port,
          "select state from orc.session where repo = $1 and id = $2",
          [repo, id],
        );
        return String(row?.state);
      };
      try {
        const store = open();
        await store.upgrade();
        await test({
          store,
          reopen: open,
          loseAnswer: () => proxy.loseAnswer(),
          kept: state,
          rewrite: async (id, change) => {
            const text = change(await state(id));
            const read = orElse(
              () => asObject(parseJson(text, "")),
              () => null,
            );
            const sum = read ? await checksumOf(read) : "";
            await query(
              server.port,
              "update orc.session set state = $3 where repo = $1 and id = $2",
              [repo, id, text.replace(CHECKSUM, `"_checksum": "${sum}"`)],
            );
          },
        });
      } finally {
        for (const store of opened) await store.close();
        await proxy.close();
      }
    }));
}

if (programs !== undefined) {
  testPostgres("postgresStore()", {});
  testPostgres("postgresStore() that polls and locks rows only", {
    notify: false,
    advisoryLocks: false,
  });
}
