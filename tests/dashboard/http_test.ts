/** Who is answered by `orc serve`, and who is not. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { withTemporaryDirectory } from "../files/temporary.ts";
import {
  type Dashboard,
  newRepository,
  orc,
  send,
  withDashboard,
} from "./dashboard.ts";

/** A test with a dashboard of a repository with one session. */
function test(
  name: string,
  run: (dashboard: Dashboard, directory: string) => Promise<void>,
): void {
  Deno.test(`orc serve ${name}`, () =>
    withTemporaryDirectory(async (directory) => {
      await newRepository(directory);
      await orc(directory, "start", "Add login");
      await withDashboard(directory, (served) => run(served, directory));
    }));
}

/** The headers of the page's own requests. */
function own({ port, cookie }: Dashboard): readonly string[] {
  return [`Host: 127.0.0.1:${port}`, `Cookie: ${cookie}`];
}

const PATHS = ["/", "/page.js", "/api/sessions", "/api/waiting", "/api/events"];

test("answers the page's own requests", async (served) => {
  for (const path of PATHS.slice(0, -1)) {
    const { status } = await send(served.port, [
      `GET ${path} HTTP/1.1`,
      ...own(served),
    ]);
    assertEquals(status, 200, path);
  }
  const { sessions } = await served.get("/api/sessions");
  assertEquals(sessions.length, 1);
  assertEquals(sessions[0].task, "Add login");
});

test("exchanges its token for a cookie that no script sees", async ({ url, port }) => {
  const answer = await fetch(url, { redirect: "manual" });
  await answer.body?.cancel();
  assertEquals(answer.status, 303);
  assertEquals(answer.headers.get("location"), "/");
  const cookie = answer.headers.get("set-cookie") ?? "";
  assert(cookie.startsWith(`orc_${port}=`), cookie);
  assert(cookie.endsWith("; Path=/; HttpOnly; SameSite=Strict"), cookie);
  assertEquals(answer.headers.get("referrer-policy"), "no-referrer");
});

test("answers nobody without its token", async ({ port, token }) => {
  const host = `Host: 127.0.0.1:${port}`;
  const wrong = token.replace(/^./, (first) => first === "0" ? "1" : "0");
  const attempts = [
    [],
    [`Cookie: orc_${port}=`],
    [`Cookie: orc_${port}=${wrong}`],
    [`Cookie: orc_${port}=${token.slice(0, -1)}`],
    [`Cookie: orc_${port}=${token}0`],
    [`Cookie: orc_${port + 1}=${token}`],
    [`Authorization: Bearer ${token}`],
  ];
  for (const path of [...PATHS, `/?token=${wrong}`, "/?token=", "/nothing"]) {
    for (const headers of attempts) {
      const lines = [`GET ${path} HTTP/1.1`, host, ...headers];
      const { status, text } = await send(port, lines);
      assertEquals(status, 401, lines.join(" | "));
      assert(!text.includes("Add login"));
    }
  }
  // The token is one of the first address, and of no other.
  const data = `GET /api/sessions?token=${token} HTTP/1.1`;
  assertEquals((await send(port, [data, host])).status, 401);
});

test("refuses a name that another site points to this machine", async ({ port, cookie, token }) => {
  for (
    const host of [
      `evil.example:${port}`,
      "evil.example",
      "127.0.0.1",
      `127.0.0.1:${port}.evil.example`,
      `127.0.0.1.evil.example:${port}`,
      `[::1]:${port}`,
      `0.0.0.0:${port}`,
    ]
  ) {
    for (const path of [...PATHS, `/?token=${token}`]) {
      const { status, text } = await send(port, [
        `GET ${path} HTTP/1.1`,
        `Host: ${host}`,
        `Cookie: ${cookie}`,
      ]);
      assertEquals(status, 403, `${host} ${path}`);
      assert(!text.toLowerCase().includes("set-cookie"));
    }
  }
});

test("refuses another origin, and what a browser sends for another site", async (served) => {
  const foreign = [
    "Origin: http://evil.example",
    "Origin: null",
    `Origin: https://127.0.0.1:${served.port}`,
    `Origin: http://127.0.0.1:${served.port + 1}`,
    "Sec-Fetch-Site: cross-site",
    "Sec-Fetch-Site: same-site",
  ];
  for (const header of foreign) {
    // The live stream is one of them: no page of another site can listen.
    for (const path of PATHS.slice(1)) {
      const lines = [`GET ${path} HTTP/1.1`, ...own(served), header];
      assertEquals(
        (await send(served.port, lines)).status,
        403,
        `${header} ${path}`,
      );
    }
  }
  for (
    const header of [
      `Origin: http://127.0.0.1:${served.port}`,
      "Sec-Fetch-Site: same-origin",
    ]
  ) {
    const lines = ["GET /api/sessions HTTP/1.1", ...own(served), header];
    assertEquals((await send(served.port, lines)).status, 200, header);
  }
});

test(
  "only reads: no method changes anything, and no GET does",
  async (served, directory) => {
    const { port } = served;
    const before = filesIn(directory);
    for (
      const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
    ) {
      for (const path of [...PATHS, "/api/sessions/x/approve"]) {
        const { status } = await send(port, [
          `${method} ${path} HTTP/1.1`,
          ...own(served),
          "Content-Length: 0",
        ]);
        assertEquals(status, 405, `${method} ${path}`);
      }
    }
    const { sessions: [{ id }] } = await served.get("/api/sessions");
    for (
      const path of [
        "/api/waiting",
        `/api/sessions/${id}`,
        `/api/sessions/${id}/checks`,
        `/api/sessions/${id}/findings`,
        `/api/sessions/${id}/approve`,
        `/api/sessions/${id}/output?name=../state.json`,
        `/api/sessions/${id}/output?name=outputs/../state.json`,
      ]
    ) {
      const { text } = await send(port, [
        `GET ${path} HTTP/1.1`,
        ...own(served),
      ]);
      assert(!text.includes("workflow_id"), path);
    }
    assertEquals(filesIn(directory), before);
  },
);

test("lets a browser run only the page's own script, and nobody frame or keep it", async (served) => {
  for (const path of ["/", "/api/sessions", "/nothing"]) {
    const { text } = await send(served.port, [
      `GET ${path} HTTP/1.1`,
      ...own(served),
    ]);
    const policy = /^content-security-policy: (.*)$/im.exec(text)?.[1] ?? "";
    const directives = policy.split(";").map((part) => part.trim());
    assert(directives.includes("default-src 'none'"), path);
    assert(directives.includes("script-src 'self'"), path);
    assert(directives.includes("frame-ancestors 'none'"), path);
    assert(directives.includes("trusted-types 'none'"), path);
    assert(!policy.includes("unsafe"), policy);
    assert(/^cache-control: no-store\r$/im.test(text), path);
    assert(/^x-content-type-options: nosniff\r$/im.test(text), path);
    assert(!/^access-control-/im.test(text), path);
  }
});

test("listens on the loopback address alone", async ({ port }) => {
  const others = Deno.networkInterfaces()
    .filter(({ address, family }) =>
      address !== "127.0.0.1" && (family === "IPv4" || address === "::1")
    )
    .map(({ address }) => address);
  // 127.0.0.2 is this machine on Linux whatever else it has.
  const tried = [...others, ...Deno.build.os === "linux" ? ["127.0.0.2"] : []];
  for (const hostname of tried) {
    await assertRejects(
      () => Deno.connect({ hostname, port }),
      Error,
      undefined,
      hostname,
    );
  }
});

test("answers what it does not have with 404, and what nobody can read with a reason", async (served) => {
  const ask = (path: string) =>
    send(served.port, [`GET ${path} HTTP/1.1`, ...own(served)]);
  for (
    const path of [
      "/nothing",
      "/api",
      "/api/sessions/nosuchsession",
      "/api/sessions/../../etc/passwd",
      "/page.css/../../state.json",
      "/%2e%2e/state.json",
    ]
  ) assertEquals((await ask(path)).status, 404, path);
  assertEquals((await ask(`/?${"x".repeat(3000)}`)).status, 400);
});

Deno.test("orc serve ends with its input, whatever is still open", () =>
  withTemporaryDirectory(async (directory) => {
    await newRepository(directory);
    await withDashboard(directory, async ({ port, cookie, end }) => {
      const stream = await fetch(`http://127.0.0.1:${port}/api/events`, {
        headers: { cookie },
      });
      assertEquals(stream.status, 200);
      const { code } = await end();
      assertEquals(code, 0);
      await stream.text().catch(() => {});
      await assertRejects(() => Deno.connect({ hostname: "127.0.0.1", port }));
    });
  }));

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.test({
    name: `orc serve ends with ${signal}`,
    ignore: Deno.build.os === "windows",
    fn: () =>
      withTemporaryDirectory(async (directory) => {
        await newRepository(directory);
        await withDashboard(directory, async ({ pid, port, end }) => {
          Deno.kill(pid, signal);
          assertEquals((await end()).signal, signal);
          await assertRejects(() =>
            Deno.connect({ hostname: "127.0.0.1", port })
          );
        });
      }),
  });
}

Deno.test("orc serve says so where the port is taken, and what is no port", () =>
  withTemporaryDirectory(async (directory) => {
    await newRepository(directory);
    await withDashboard(directory, async ({ port }) => {
      const taken = await orc(directory, "serve", "--port", `${port}`);
      assertEquals(taken.error.code, "port_taken");
      const none = await orc(directory, "serve", "--port", "65536");
      assertEquals(none.error.kind, "usage");
    });
  }));

/** All files of a repository with their contents and when they were written. */
function filesIn(directory: string): readonly string[] {
  const found: string[] = [];
  const visit = (path: string): void => {
    for (const { name, isDirectory } of Deno.readDirSync(path)) {
      const inside = `${path}/${name}`;
      if (isDirectory) {
        // What checks saw may be remembered: it is no part of any session.
        if (name !== "cache" && name !== ".git") visit(inside);
        continue;
      }
      const { mtime } = Deno.statSync(inside);
      found.push(
        `${inside} ${mtime?.getTime()} ${Deno.readTextFileSync(inside)}`,
      );
    }
  };
  visit(directory);
  return found.toSorted();
}
