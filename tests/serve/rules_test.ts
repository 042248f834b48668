import { assert, assertEquals } from "@std/assert";
import {
  type Asked,
  cookieOf,
  isFound,
  judge,
  listQueryIn,
} from "../../src/serve/rules.ts";

const DOOR = { port: 8080, token: "0123456789abcdef" };

function asked(
  target: string,
  headers: Readonly<Record<string, string>> = {},
  method = "GET",
): Asked {
  const all: Readonly<Record<string, string>> = {
    host: "127.0.0.1:8080",
    ...headers,
  };
  return { method, target, header: (name) => all[name] };
}

const COOKIE = { cookie: cookieOf(DOOR).split(";")[0] ?? "" };

function typeOf(request: Asked): string {
  const judgement = judge(request, DOOR);
  return judgement.type === "refuse"
    ? String(judgement.status)
    : judgement.type;
}

Deno.test("judge() lets in who has the token, and whoever was let in", () => {
  assertEquals(typeOf(asked(`/?token=${DOOR.token}`)), "enter");
  assertEquals(typeOf(asked("/", COOKIE)), "answer");
  assertEquals(typeOf(asked("/page.js", COOKIE, "HEAD")), "answer");
  assertEquals(
    typeOf(asked("/", { ...COOKIE, host: "localhost:8080" })),
    "answer",
  );
  const others = { cookie: `theme=dark; ${COOKIE.cookie}; a=b` };
  assertEquals(typeOf(asked("/", others)), "answer");
});

Deno.test("judge() refuses who has no token, part of it or more", () => {
  const { token } = DOOR;
  for (
    const given of [
      "",
      token.slice(1),
      token.slice(0, -1),
      `${token}0`,
      token + token,
      token.toUpperCase(),
      "x".repeat(token.length),
    ]
  ) {
    assertEquals(typeOf(asked(`/?token=${given}`)), "401", given);
    assertEquals(
      typeOf(asked("/", { cookie: `orc_8080=${given}` })),
      "401",
      given,
    );
  }
  assertEquals(typeOf(asked(`/page.js?token=${token}`)), "401");
  const [other = ""] = cookieOf({ ...DOOR, port: 8081 }).split(";");
  assertEquals(typeOf(asked("/", { cookie: other })), "401");
});

Deno.test("judge() refuses foreign hosts, origins and sites, and all that would write", () => {
  const refused: readonly (readonly [string, Asked])[] = [
    ["403", asked("/", { ...COOKIE, host: "evil.example:8080" })],
    ["403", asked("/", { ...COOKIE, host: "127.0.0.1:8081" })],
    ["403", asked("/", { ...COOKIE, host: "" })],
    ["403", asked("/", { ...COOKIE, origin: "http://evil.example" })],
    ["403", asked("/", { ...COOKIE, origin: "https://127.0.0.1:8080" })],
    ["403", asked("/page.js", { ...COOKIE, "sec-fetch-site": "cross-site" })],
    ["403", asked("/page.js", { ...COOKIE, "sec-fetch-site": "same-site" })],
    ["405", asked("/", COOKIE, "POST")],
    ["405", asked(`/?token=${DOOR.token}`, {}, "POST")],
    ["400", asked("http://evil.example/", COOKIE)],
    ["400", asked(`/${"x".repeat(2048)}`, COOKIE)],
  ];
  for (const [status, request] of refused) {
    assertEquals(typeOf(request), status, request.target);
  }
  const own = { ...COOKIE, origin: "http://127.0.0.1:8080" };
  assertEquals(typeOf(asked("/", own)), "answer");
});

Deno.test("judge() gives the path as it is, wherever it tries to lead", () => {
  const judgement = judge(asked("//evil.example/../a?b=1", COOKIE), DOOR);
  assert(judgement.type === "answer");
  assertEquals(judgement.path, "//a");
  assertEquals(judgement.query.get("b"), "1");
});

Deno.test("isFound() wants all words, in any case and order", () => {
  const session = {
    id: "01m8",
    name: null,
    task: "Add login",
    phaseId: "PLAN",
    agent: "claude:1",
  };
  for (const search of ["", " ", "LOGIN add", "plan 01m8", "claude"]) {
    assert(isFound(session, search), search);
  }
  for (const search of ["logout", "login logout"]) {
    assert(!isFound(session, search), search);
  }
});

Deno.test("listQueryIn() takes what makes sense, and no page longer than a person reads", () => {
  const query = new URLSearchParams("search=a&status=active&offset=7&limit=9");
  const read = { search: "a", status: "active", offset: 7, limit: 9 };
  assertEquals(listQueryIn(query), read);
  const { offset, limit } = listQueryIn(
    new URLSearchParams("offset=-1&limit=1e9"),
  );
  assertEquals([offset, limit], [0, 100]);
  assertEquals(listQueryIn(new URLSearchParams("limit=99999")).limit, 200);
});
