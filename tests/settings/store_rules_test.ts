import {
  addressOf,
  isStoreUrl,
  storeModuleOf,
} from "../../src/settings/store_rules.ts";
import { assertEquals } from "@std/assert";

Deno.test("addressOf() takes a URL apart, and calls local what nobody can listen to", () => {
  const cases = [
    ["postgres://ada@db.example/orc", "db.example", 5432, "orc", false],
    ["postgresql://ada@db.example:6432/orc", "db.example", 6432, "orc", false],
    ["postgres://ada@db/orc?sslmode=verify-full", "db", 5432, "orc", false],
    ["postgres://ada@localhost/orc", "localhost", 5432, "orc", true],
    ["postgres://ada@127.0.0.1:7/orc", "127.0.0.1", 7, "orc", true],
    ["postgres://ada@[::1]/orc", "::1", 5432, "orc", true],
    ["postgres://ada@[2001:db8::1]/orc", "2001:db8::1", 5432, "orc", false],
    ["postgres://ada@/orc?host=/run/pg", "/run/pg", 5432, "orc", true],
    ["postgres://ada@/orc?host=/run/pg&port=7", "/run/pg", 7, "orc", true],
    [
      "postgres://ada@127.0.0.1.example/o",
      "127.0.0.1.example",
      5432,
      "o",
      false,
    ],
    [
      "postgres://ada@localhost.example/a%20b",
      "localhost.example",
      5432,
      "a b",
      false,
    ],
  ] as const;
  for (const [url, host, port, database, isLocal] of cases) {
    const { shown: _, ...address } = addressOf(url) ?? { shown: "" };
    assertEquals(address, { user: "ada", host, port, database, isLocal });
  }
});

Deno.test("addressOf() takes no password, no other safety, and nothing that it does not heed", () => {
  for (
    const url of [
      "postgres://ada:secret@db.example/orc",
      "postgres://ada:@db.example/orc",
      "postgres://db.example/orc",
      "postgres://ada@db.example",
      "postgres://ada@db.example/",
      "postgres://ada@db.example/orc?sslmode=disable",
      "postgres://ada@db.example/orc?sslmode=require",
      "postgres://ada@db.example/orc?sslmode=verify-full&options=-c",
      "postgres://ada@/orc",
      "postgres://ada@/orc?host=run",
      "postgres://ada@db.example/a%00b",
      "postgres://ada@db.example/%zz",
      "postgres://ada@db example/orc",
      "https://ada@db.example/orc",
      "",
    ]
  ) assertEquals(addressOf(url), undefined, url);
});

Deno.test("addressOf() names a place without its user", () => {
  const shown = (url: string) => addressOf(url)?.shown;
  assertEquals(
    shown("postgres://ada@db.example/orc"),
    'database "orc" at db.example',
  );
  assertEquals(
    shown("postgres://ada@db.example:7/orc"),
    'database "orc" at db.example:7',
  );
  assertEquals(
    shown("postgres://ada@/orc?host=/run/pg"),
    'database "orc" at /run/pg',
  );
});

Deno.test("storeModuleOf() knows a package by its exact version, and a file by its path", () => {
  const named = (name: string, version: string) => ({ name, version });
  const cases = [
    ["npm:shelf@1.2.3", named("shelf", "1.2.3")],
    ["npm:@team/shelf@1.2.3-rc.1", named("@team/shelf", "1.2.3-rc.1")],
    ["./backend.ts", { path: "./backend.ts" }],
    ["../backend.mjs", { path: "../backend.mjs" }],
    ["~/stores/backend.js", { path: "~/stores/backend.js" }],
    ["/srv/backend.cts", { path: "/srv/backend.cts" }],
    ["C:\\stores\\backend.js", { path: "C:\\stores\\backend.js" }],
    ...[
      ...["file", "auto", "postgres", "", "npm:shelf", "npm:shelf@1"],
      ...["npm:shelf@^1.2.3", "npm:shelf@latest", "npm:../x@1.2.3"],
      ...["backend.ts", "./backend", "https://shelf.example/backend.ts"],
      ...["jsr:@team/shelf@1.2.3", "data:text/javascript,1.js"],
    ].map((text) => [text, undefined] as const),
  ] as const;
  for (const [text, module] of cases) {
    assertEquals(storeModuleOf(text), module, text);
  }
});

Deno.test("isStoreUrl() takes what a module understands, and no password in it", () => {
  const right = [
    ...["postgres://ada@db.example/orc", "file:///home/ada/orc.db"],
    ...[
      "redis://ada@cache.example:6379/0",
      "s3+https://bucket.example/a@b:c@d",
    ],
  ];
  const wrong = [
    ...["postgres://ada:secret@db.example/orc", "postgres://db.example/orc"],
    ...["redis://ada:secret@cache.example/0", "redis://:secret@cache.example"],
    ...["cache.example/0", "redis://a b", ""],
  ];
  assertEquals(right.filter((url) => !isStoreUrl(url)), []);
  assertEquals(wrong.filter(isStoreUrl), []);
});
