/** What servers of objects do wrong: faults, answers that are none, and conditions that they do not keep to. */
import { exitCodeOf, type OrcError } from "../../src/base/error.ts";
import { probeRemote } from "../../src/persist/probe.ts";
import { pullSessions } from "../../src/persist/pull.ts";
import { pushSessions } from "../../src/persist/push.ts";
import { readPersistStatus } from "../../src/persist/status.ts";
import { addNote } from "../../src/work/item.ts";
import { refusalOf } from "../work/fixtures.ts";
import { machine } from "../persist/clones.ts";
import { settingsFor, withSession } from "./clones.ts";
import { type Fault, KEYS, type Request } from "./server.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const isHead = ({ key }: Request) => key.endsWith("/copy.json");

const FAULTS: Readonly<Record<string, Fault>> = {
  "500 before": { status: 500, code: "InternalError" },
  "503 before": { status: 503, code: "SlowDown" },
  "409 before": { status: 409, code: "ConditionalRequestConflict" },
  "500 after it was done": { done: "500" },
  "a broken connection after it was done": { done: "cut" },
};

for (const [name, fault] of Object.entries(FAULTS)) {
  Deno.test(`what a push wrote is stored once, whatever a server answers: ${name}`, () =>
    withSession(async (root, id, { server, at, clone }) => {
      await pushSessions(at(root), { root });
      for (const method of ["PUT", "GET", "DELETE"]) {
        await addNote(at(root), { root, text: `Against ${method}` });
        // Of everything that is asked, the first two times.
        const counts = new Map<string, number>();
        server.fault = (request) => {
          if (request.method !== method) return undefined;
          const what = isHead(request) ? "head" : request.key;
          const count = (counts.get(what) ?? 0) + 1;
          counts.set(what, count);
          return count <= 2 ? fault : undefined;
        };
        const { sessions } = await pushSessions(at(root), { root });
        assertEquals(sessions.map(({ result }) => result), ["pushed"], method);
      }
      server.fault = () => undefined;
      const b = await clone("b");
      const pulled = await pullSessions(at(b), { root: b });
      assertEquals(pulled.sessions.map(({ serial }) => serial), [4]);
      const keys = [...server.things.keys()].filter((key) => key.includes(id));
      // The head, state, meta, and four pieces of the log: nothing doubled, nothing left.
      assertEquals(keys.length, 7, keys.join("\n"));
    }));
}

Deno.test("a push that lost while its outcome was unknown takes nothing from who won", () =>
  withSession(async (a, id, { server, at, clone }) => {
    const b = await clone("b");
    await pushSessions(at(a), { root: a });
    await pullSessions(at(b), { root: b });
    await addNote(at(a), { root: a, text: "From a" });
    // The head of a is written, a is told that it failed, and b goes on from it before a looks.
    let isDone = false;
    let met: Promise<unknown> | undefined;
    server.fault = (request) => {
      if (!isHead(request)) return undefined;
      if (request.method === "PUT" && !isDone) {
        isDone = true;
        return { done: "500" };
      }
      if (request.method === "PUT" || !isDone || met) return undefined;
      met = (async () => {
        await pullSessions(at(b), { root: b });
        await addNote(at(b), { root: b, session: id, text: "From b" });
        await pushSessions(at(b), { root: b });
      })();
      return { slowMs: 1500 };
    };
    const { sessions } = await pushSessions(at(a), { root: a });
    await met;
    assertEquals(sessions.map(({ result }) => result), ["behind"]);
    server.fault = () => undefined;
    const c = await clone("c");
    const pulled = await pullSessions(at(c), { root: c });
    assertEquals(pulled.sessions.map(({ serial }) => serial), [3]);
  }));

async function refused(act: () => Promise<unknown>): Promise<OrcError> {
  const error = await refusalOf(act);
  const said = JSON.stringify(error.toJSON());
  for (const value of Object.values(KEYS)) assert(!said.includes(value), said);
  return error;
}

Deno.test("what keeps a session from leaving is said by its code", () =>
  withSession(async (root, _id, { server, at }) => {
    const push = (more: Readonly<Record<string, string>> = {}) =>
      refused(() => pushSessions(at(root, more), { root }));
    const cases: readonly [OrcError, string, number][] = [
      [
        await push({ AWS_SECRET_ACCESS_KEY: "another-secret-key" }),
        "remote_auth",
        77,
      ],
      [await push({ AWS_ACCESS_KEY_ID: "" }), "remote_auth", 77],
      [
        await push({
          ORCHESTRATOR_PERSIST_S3_URL: `http://127.0.0.1:${server.port}/other`,
        }),
        "no_remote",
        7,
      ],
      [await push({ ORCHESTRATOR_PERSIST_S3_URL: "" }), "no_remote", 7],
      [
        await push({
          ORCHESTRATOR_PERSIST_S3_URL: "http://127.0.0.1:1/bucket",
        }),
        "remote_unreachable",
        7,
      ],
    ];
    for (const [{ code }, expected] of cases) assertEquals(code, expected);
    for (const [error, code, exitCode] of cases) {
      assertEquals(exitCodeOf(error), exitCode, code);
    }
    for (
      const [fault, code] of [
        [{ status: 401 }, "remote_auth"],
        [{ status: 403 }, "remote_auth"],
        [{ status: 403, code: "ExpiredToken" }, "remote_auth"],
        [{ status: 403, code: "AccessDenied" }, "remote_refused"],
        [{ status: 301, code: "PermanentRedirect" }, "remote_refused"],
        [
          { status: 400, code: "AuthorizationHeaderMalformed" },
          "remote_refused",
        ],
        [{ status: 503 }, "remote_unreachable"],
      ] as const
    ) {
      server.fault = () => fault;
      const error = await push();
      assertEquals(error.code, code, JSON.stringify(fault));
    }
  }));

Deno.test("a redirect is not followed: a request that is signed stays where the user sent it", () =>
  withSession(async (root, _id, { server, at }) => {
    let asked = 0;
    const other = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      () => {
        asked++;
        return new Response("");
      },
    );
    try {
      for (const status of [301, 302, 307, 308]) {
        const location = `http://127.0.0.1:${other.addr.port}/bucket`;
        server.redirect = { status, location };
        const error = await refused(() => pushSessions(at(root), { root }));
        assertEquals(error.code, "remote_refused");
      }
    } finally {
      await other.shutdown();
    }
    assertEquals(asked, 0);
  }));

for (
  const conditions of ["none", "create", "unsupported"] as const
) {
  Deno.test(`a server that keeps to no condition is refused before anything is sent: ${conditions}`, () =>
    withSession(async (root, _id, { server, at }) => {
      server.conditions = conditions;
      const { conditions: found } = await probeRemote(at(root), { root });
      assertEquals(
        [found?.creates, found?.replaces, found?.removed],
        [conditions === "create", false, true],
      );
      const error = await refused(() => pushSessions(at(root), { root }));
      assertEquals([error.code, exitCodeOf(error)], [
        "no_conditional_writes",
        7,
      ]);
      assertEquals([...server.things], []);
      // It is not remembered against a server that was set right.
      server.conditions = "s3";
      const { sessions } = await pushSessions(at(root), { root });
      assertEquals(sessions.map(({ result }) => result), ["pushed"]);
    }));
}

Deno.test("a server that compares only ETags without quotes is used so", () =>
  withSession(async (root, _id, { server, at }) => {
    server.conditions = "bare";
    const { conditions } = await probeRemote(at(root), { root });
    assertEquals([conditions?.etag, conditions?.replaces], ["bare", true]);
    for (const text of ["One", "Two"]) {
      await addNote(at(root), { root, text });
      const { sessions } = await pushSessions(at(root), { root });
      assertEquals(sessions.map(({ result }) => result), ["pushed"]);
    }
  }));

Deno.test("what was found out of a server is believed for a week, and tried again when it is older", () =>
  withSession(async (root, _id, { server, at }) => {
    const trials = () =>
      server.log.filter((line) => line.startsWith("DELETE team/probe/")).length;
    const host = at(root);
    await pushSessions(host, { root });
    assertEquals(trials(), 1);
    await addNote(host, { root, text: "Later" });
    await pushSessions(host, { root });
    assertEquals(trials(), 1);
    await addNote(host, { root, text: "Much later" });
    const now = () => new Date(Date.now() + 8 * 86_400_000).toISOString();
    await pushSessions({ ...host, now }, { root });
    assertEquals(trials(), 2);
  }));

Deno.test("answers that are none are read with limits, and bring nothing", () =>
  withSession(async (root, _id, { server, at, clone }) => {
    await pushSessions(at(root), { root });
    const b = await clone("b");
    const list = (body: string) => (request: Request): Fault | undefined =>
      request.key === "" ? { body } : undefined;
    const page = (inner: string) =>
      `<ListBucketResult>${inner}</ListBucketResult>`;
    for (
      const body of [
        "",
        "<html>Log in</html>",
        "<ListBucketResult><CommonPrefixes><Prefix>team",
        page("<IsTruncated>true</IsTruncated>"),
        page(
          "<IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken>",
        ),
        page("<Key>&bogus;</Key>".repeat(500_000)),
      ]
    ) {
      server.fault = list(body);
      const error = await refused(() => pullSessions(at(b), { root: b }));
      assertEquals(error.code, "remote_unreachable", body.slice(0, 80));
    }
    const [key = ""] = server.things.keys();
    const top = key.slice(0, key.indexOf("/sessions/") + "/sessions/".length);
    server.fault = list(page(
      ["../../etc", "a/b", "", "UPPER", "x".repeat(500)].map((name) =>
        `<CommonPrefixes><Prefix>${top}${name}/</Prefix></CommonPrefixes>`
      ).join("") +
        "<CommonPrefixes><Prefix>elsewhere/sessions/abc/</Prefix></CommonPrefixes>",
    ));
    const { sessions } = await pullSessions(at(b), { root: b });
    assertEquals(sessions, []);
  }));

Deno.test("a list of many pages is read to its end", () =>
  withSession(async (root, id, { server, at }) => {
    await pushSessions(at(root), { root });
    const [key = ""] = server.things.keys();
    const top = key.slice(0, key.indexOf("/sessions/") + "/sessions/".length);
    const head = server.things.get(`${top}${id}/copy.json`);
    assert(head !== undefined);
    for (let count = 0; count < 7; count++) {
      server.things.set(`${top}other-${count}/copy.json`, head);
    }
    server.pageSize = 3;
    const { sessions } = await readPersistStatus(at(root), { root });
    assertEquals(sessions.length, 8);
    const unreadable = sessions.filter(({ standing }) =>
      standing === "unreadable"
    );
    assertEquals(unreadable.length, 7, "their label is of another session");
  }));

Deno.test("a copy that is not what it says is left out, and no part of it arrives", () =>
  withSession(async (root, id, { server, at, clone }) => {
    await pushSessions(at(root), { root });
    const b = await clone("b");
    const keys = [...server.things.keys()];
    const keyOf = (part: string) =>
      keys.find((key) => key.includes(part)) ?? "";
    const original = new Map(server.things);
    const put = (part: string, change: (text: string) => string) => {
      const key = keyOf(part);
      const thing = original.get(key);
      assert(thing !== undefined, part);
      const text = change(new TextDecoder().decode(thing.bytes));
      const bytes = new TextEncoder().encode(text);
      const etag = `"${crypto.randomUUID()}"`;
      server.things.set(key, { ...thing, bytes, etag });
    };
    const damages: readonly (() => void)[] = [
      () => put("/state/", (text) => text.replace("Add login", "Add virus")),
      () => put("/state/", (text) => text.slice(0, 100)),
      () => put("/log/", (text) => `${text}{}\n`),
      () => server.things.delete(keyOf("/meta/")),
      () =>
        put("copy.json", (text) => text.replace(/"size": \d+/, '"size": 1')),
      () =>
        put(
          "copy.json",
          (text) => text.replace(/"size": \d+/, '"size": 99999999999'),
        ),
      () => put("copy.json", (text) => text.replace("state/0", "../x/0")),
      () =>
        put(
          "copy.json",
          (text) => text.replace(/"objects"[^]*\]/, '"objects": 7'),
        ),
      () =>
        put(
          "copy.json",
          (text) =>
            text.replace(
              /"content": "(.)/,
              (_, digit) => `"content": "${digit === "0" ? 1 : 0}`,
            ),
        ),
      () => put("copy.json", (text) => text.replace(id, "another")),
      () => put("copy.json", (text) => text.slice(0, -20)),
    ];
    for (const [index, damage] of damages.entries()) {
      server.things.clear();
      for (const [key, thing] of original) server.things.set(key, thing);
      damage();
      const { sessions, warnings } = await pullSessions(at(b), { root: b });
      assertEquals([sessions.length, warnings.length], [0, 1], `${index}`);
      const named = await refused(() =>
        pullSessions(at(b), { root: b, sessions: [id] })
      );
      assertEquals(named.code, "copy_unreadable", `${index}`);
    }
    const newer = () =>
      put("copy.json", (text) => text.replace('"format": 1', '"format": 9'));
    newer();
    const { code } = await refused(() =>
      pullSessions(at(b), { root: b, sessions: [id] })
    );
    assertEquals(code, "newer_format");
    assertEquals([...Deno.readDirSync(`${b}/.orchestrator/sessions`)], []);
  }));

Deno.test("a copy that is replaced while it is read is read anew", () =>
  withSession(async (a, id, { server, at, clone }) => {
    const b = await clone("b");
    await pushSessions(at(a), { root: a });
    let pushed: Promise<unknown> | undefined;
    server.fault = (request) => {
      if (!request.key.includes("/state/") || pushed) return undefined;
      pushed = (async () => {
        await addNote(at(a), { root: a, session: id, text: "Meanwhile" });
        await pushSessions(at(a), { root: a });
      })();
      return { slowMs: 1500 };
    };
    const { sessions } = await pullSessions(at(b), { root: b });
    await pushed;
    assertEquals(sessions.map(({ serial }) => serial), [2]);
  }));

Deno.test("nothing is told of the keys, and a session that holds one does not leave", () =>
  withSession(async (root, id, { at, server }) => {
    const host = at(root);
    await pushSessions(host, { root });
    const holding = [...Deno.readDirSync(`${root}/.orchestrator/cache`)];
    assert(holding.length > 0);
    for await (const path of filesBelow(`${root}/.orchestrator`)) {
      const text = Deno.readTextFileSync(path);
      for (const value of Object.values(KEYS)) {
        assert(!text.includes(value), path);
      }
    }
    // Written where orc knew nothing of the key.
    const text = `The key is ${KEYS.AWS_SECRET_ACCESS_KEY}`;
    await addNote(machine(root), { root, text });
    const error = await refused(() =>
      pushSessions(host, { root, sessions: [id] })
    );
    assertEquals(error.code, "secret_in_session");
    const all = [...server.things.values()].map(({ bytes }) =>
      new TextDecoder().decode(bytes)
    ).join("");
    assert(!all.includes(KEYS.AWS_SECRET_ACCESS_KEY));
  }));

async function* filesBelow(directory: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const path = `${directory}/${name}`;
    if (isDirectory) yield* filesBelow(path);
    else yield path;
  }
}

Deno.test("a repository sends nobody's sessions elsewhere, and no key to anybody", () =>
  withSession(async (root, _id, { server, at }) => {
    let asked = 0;
    const stranger = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      () => {
        asked++;
        return new Response("");
      },
    );
    try {
      const url = `http://127.0.0.1:${stranger.addr.port}/bucket`;
      Deno.writeTextFileSync(
        `${root}/.orchestrator/config.yaml`,
        `persist_to: [s3]\npersist_s3_url: ${url}\npersist_s3_region: here\n`,
      );
      const own = { ORCHESTRATOR_PERSIST_S3_URL: "" };
      const error = await refused(() => pushSessions(at(root, own), { root }));
      assertEquals(error.code, "no_remote");
      const pushed = await pushSessions(at(root), { root });
      assertEquals(pushed.remote, server.url);
    } finally {
      await stranger.shutdown();
    }
    assertEquals(asked, 0);
  }));

Deno.test("a URL with credentials, without a bucket or in plain text is refused, and not repeated", () =>
  withSession(async (root) => {
    for (
      const url of [
        "https://AKIAHIDDEN:hidden@example.org/bucket",
        "https://AKIAHIDDEN:hid/hidden@example.org/bucket",
        "https://example.org/bucket?X-Amz-Credential=hidden",
        "http://example.org/bucket",
        "http://127.0.0.1.example.org/bucket",
        "https://example.org",
        "https://example.org/",
        "https://example.org/bucket/../other",
        "https://example.org/Bucket",
        "ftp://example.org/bucket",
      ]
    ) {
      const host = machine(root, settingsFor(url));
      const error = await refused(() => pushSessions(host, { root }));
      assertEquals(error.code, "invalid_setting", url);
      assert(!error.message.includes("hidden"), error.message);
      assert(!error.message.includes("HIDDEN"), error.message);
      Deno.mkdirSync(`${root}.home/.orchestrator`, { recursive: true });
      const config = `${root}.home/.orchestrator/config.yaml`;
      Deno.writeTextFileSync(config, `persist_s3_url: "${url}"\n`);
      const filed = await refused(() => pushSessions(machine(root), { root }));
      assertEquals(filed.code, "invalid_setting", url);
      assert(!/hidden/i.test(filed.message), filed.message);
      Deno.removeSync(config);
    }
  }));

Deno.test("what leaves encrypted is opened only by who has the identity", () =>
  withSession(async (root, id, { server, at, clone }) => {
    const { initSecrets } = await import("../../src/secrets/use.ts");
    Deno.mkdirSync(`${root}.home`);
    const { recipient } = await initSecrets(at(root), { root });
    const sealed = { ORCHESTRATOR_PERSIST_RECIPIENT: recipient };
    const pushed = await pushSessions(at(root, sealed), { root });
    assertEquals(pushed.encrypted, true);
    for (const text of ["One", "Two"]) {
      await addNote(at(root), { root, text });
      await pushSessions(at(root, sealed), { root });
    }
    for (const [key, { bytes }] of server.things) {
      assert(key.endsWith("copy.json") || key.endsWith(".age"), key);
      const text = new TextDecoder().decode(bytes);
      assert(!text.includes("Add login"), key);
    }
    const b = await clone("b");
    const locked = await refused(() =>
      pullSessions(at(b), { root: b, sessions: [id] })
    );
    assertEquals(locked.code, "copy_locked");
    Deno.mkdirSync(`${b}.home`);
    await new Deno.Command("cp", {
      args: ["-r", `${root}.home/.orchestrator`, `${b}.home/.orchestrator`],
    }).output();
    const { sessions } = await pullSessions(at(b), { root: b });
    assertEquals(sessions.map(({ serial }) => serial), [3]);
  }));

Deno.test("a session leaves a machine that vanishes by itself, and a slow server is not waited for", () =>
  withSession(async (root, id, { server, at }) => {
    const { sendAfterwards } = await import("../../src/persist/after.ts");
    const vanishing = { ORCHESTRATOR_EPHEMERAL: "1" };
    const host = at(root, vanishing);
    const warnings = await sendAfterwards(host, { root, session: id });
    assertEquals(warnings, []);
    assert([...server.things.keys()].some((key) => key.endsWith("copy.json")));
    await addNote(host, { root, text: "More" });
    server.fault = () => ({ slowMs: 11_000 });
    const started = performance.now();
    const [said = ""] = await sendAfterwards(
      at(root, {
        ...vanishing,
        ORCHESTRATOR_PERSIST_AFTER: "update",
        ORCHESTRATOR_PERSIST_INTERVAL_SECONDS: "0",
      }),
      { root, session: id },
    );
    assert(performance.now() - started < 11_000);
    assertStringIncludes(said, "has not left this machine");
    server.fault = () => undefined;
  }));

Deno.test("what is too large stays here", () =>
  withSession(async (root, id, { at, server }) => {
    const small = { ORCHESTRATOR_PERSIST_MAX_SESSION_MB: "0.1" };
    for (let count = 0; count < 40; count++) {
      await addNote(at(root), { root, text: "x".repeat(1900) });
    }
    const error = await refused(() =>
      pushSessions(at(root, small), { root, sessions: [id] })
    );
    assertEquals(error.code, "copy_too_large");
    const total = { ORCHESTRATOR_PERSIST_MAX_TOTAL_MB: "0.1" };
    const all = await refused(() => pushSessions(at(root, total), { root }));
    assertEquals(all.code, "copy_too_large");
    assertEquals([...server.things], []);
  }));
