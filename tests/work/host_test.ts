/** What a host of somebody's own gets wrong is told, and nothing of it is stored. */
import { addNote } from "../../src/work/item.ts";
import { startSession } from "../../src/work/start.ts";
import type { Host } from "../../src/host/host.ts";
import { readTree } from "../files/temporary.ts";
import { fixedHost, refusalOf, withRoot, withSession } from "./fixtures.ts";
import { assertEquals } from "@std/assert";

const identity = { ...fixedHost().identity(), pid: 0 };

/** By the member that is wrong. */
const WRONG: Readonly<Record<string, readonly Partial<Host>[]>> = {
  "now()": ["garbage", "", "2026-01-02", "2026-13-02T03:04:05Z"].map((
    text,
  ) => ({
    now: () => text,
  })),
  "newToken()": ["", "7", "../../etc", "0".repeat(33)].map((text) => ({
    newToken: () => text,
  })),
  "idSource()": ["", "../../etc/passwd", "01KJ"].map((text) => ({
    idSource: () => Promise.resolve(() => text),
  })),
  "env()": [null, 7, true, Promise.resolve("/shop")].map((value) => ({
    env: () => value as unknown as string,
  })),
  "identity()": [{ identity: () => identity }],
};

for (const [member, hosts] of Object.entries(WRONG)) {
  Deno.test(`a host whose ${member} is wrong changes nothing`, () =>
    withSession(async (root) => {
      const before = readTree(root);
      for (const wrong of hosts) {
        const host = { ...fixedHost({ number: 2 }), ...wrong };
        const error = await refusalOf(() =>
          addNote(host, { root, text: "Mine" })
        );
        assertEquals([error.kind, error.code], ["usage", "invalid_host"]);
        assertEquals(error.details?.member, member);
      }
      assertEquals(readTree(root), before);
    }));
}

Deno.test("a host whose localNow() is wrong starts no session", () =>
  withRoot({}, async (root) => {
    const host = { ...fixedHost(), localNow: () => "yesterday" };
    const error = await refusalOf(() =>
      startSession(host, { root, task: "Add login" })
    );
    assertEquals([error.code, error.details?.member], [
      "invalid_host",
      "localNow()",
    ]);
    const names = Object.keys(readTree(root));
    assertEquals(names.filter((name) => name.includes("state.json")), []);
  }));
