import type { ServerLimits } from "../../src/postgres/database.ts";
import { testStore } from "../store/contract.ts";
import { programs, query, withServer } from "./database.ts";
import { withPostgres } from "./fixture.ts";
import { startProxy } from "./proxy.ts";
import { OWNER } from "./server.ts";

function testPostgres(name: string, limits: ServerLimits): void {
  testStore(name, (test) =>
    withServer(async ({ port }) => {
      const proxy = startProxy(port);
      try {
        await withPostgres(
          {
            url: `postgres://${OWNER}@127.0.0.1:${proxy.port}/postgres`,
            query: (...request) => query(port, ...request),
            loseAnswer: () => proxy.loseAnswer(),
          },
          limits,
          test,
        );
      } finally {
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
