import { addressOf } from "../../src/settings/store_rules.ts";
import {
  errorOf,
  type FailedAt,
  type Verdict,
  verdictOn,
} from "../../src/postgres/failure_rules.ts";
import { assert, assertEquals } from "@std/assert";

const address = addressOf("postgres://ada@db.example/orc");

Deno.test("verdictOn() tries again what was not done, and ends what will not get better", () => {
  const cases: readonly [string, string, FailedAt, Verdict][] = [
    ["40001", "could not serialize access", "asking", "again"],
    ["40001", "restart transaction", "committing", "again"],
    ["40P01", "deadlock detected", "asking", "again"],
    ["57P01", "terminating connection", "committing", "lost"],
    ["57P03", "the database system is starting up", "connecting", "lost"],
    ["08006", "connection failure", "asking", "lost"],
    ["25P03", "idle-in-transaction timeout", "asking", "lost"],
    ["", "Connection terminated unexpectedly", "asking", "lost"],
    ["ECONNRESET", "read ECONNRESET", "committing", "lost"],
    ["EPIPE", "write EPIPE", "asking", "lost"],
    ["ECONNREFUSED", "connect ECONNREFUSED", "connecting", "lost"],
    ["", "Query read timeout", "asking", "lost"],
    ["55P03", "lock timeout", "asking", "final"],
    ["53100", "could not extend file", "asking", "final"],
    ["28P01", "password authentication failed", "connecting", "final"],
    ["", "SASL: client password must be a string", "connecting", "final"],
    ["CERT_HAS_EXPIRED", "certificate has expired", "connecting", "final"],
    ["", "The server does not support SSL connections", "connecting", "final"],
    // A query may hold any word: only on the way in it is the connection's.
    ["", "lost while it was told of a certificate", "asking", "lost"],
  ];
  for (const [code, message, at, verdict] of cases) {
    assertEquals([message, verdictOn({ code, message }, at)], [
      ...[message, verdict],
    ]);
  }
});

Deno.test("errorOf() names host and database in one sentence, and what to do", () => {
  const cases: readonly [string, string, string, number][] = [
    ["ECONNREFUSED", "connect ECONNREFUSED", "external store_unreachable", 7],
    ["ENOTFOUND", "getaddrinfo ENOTFOUND", "external store_unreachable", 7],
    ["", "Connection terminated", "external store_unreachable", 7],
    ["57P03", "starting up", "external store_unreachable", 7],
    ["53300", "too many clients", "external store_unreachable", 7],
    ["3D000", "no such database", "external store_unreachable", 7],
    ["28P01", "authentication failed", "denied store_auth", 77],
    ["28000", "no pg_hba.conf entry, no encryption", "denied store_auth", 77],
    ["", "SASL: client password must be", "denied store_auth", 77],
    ["42501", "permission denied for table", "denied store_auth", 77],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed", "external store_tls", 7],
    ["", "invalid peer certificate: UnknownIssuer", "external store_tls", 7],
    ["", "The server does not support SSL", "external store_tls", 7],
    ["55P03", "lock timeout", "conflict store_busy", 5],
    ["53100", "No space left on device", "external disk_full", 7],
    ["25006", "read-only transaction", "refused store_read_only", 3],
    ["42P01", "no such relation", "external store_not_prepared", 7],
    ["22021", "invalid byte sequence", "external store_failed", 7],
  ];
  assert(address !== undefined);
  for (const [code, message, expected] of cases) {
    const error = errorOf({ code, message }, address, undefined);
    assertEquals([message, `${error.kind} ${error.code}`], [message, expected]);
    assert(error.message.includes(address.shown), error.message);
    assert(!error.message.includes("\n"));
  }
});

Deno.test("errorOf() names the permission that is missing", () => {
  const cases = [
    ["postgres://ada@db.example:7/orc", "net", "--allow-net=db.example:7"],
    [
      "postgres://ada@/orc?host=/run",
      "net",
      "--allow-net=unix:/run/.s.PGSQL.5432",
    ],
    ["postgres://ada@db.example/orc", "env", "--allow-env"],
  ] as const;
  for (const [url, kind, flag] of cases) {
    const place = addressOf(url);
    assert(place !== undefined);
    const message =
      `Requires ${kind} access, run again with the --allow-${kind} flag`;
    const failure = { code: "NotCapable", message };
    assertEquals(verdictOn(failure, "connecting"), "final");
    const error = errorOf(failure, place, undefined);
    assertEquals([error.code, error.details], ["permission_missing", { flag }]);
  }
});

Deno.test("errorOf() shows of what a server says one line, and not all of it", () => {
  assert(address !== undefined);
  const message = `one\n\x1b[31mtwo ${"x".repeat(1000)}`;
  const error = errorOf({ code: "22021", message }, address, undefined);
  assert(error.message.length < 350);
  assert(/one \[31mtwo x/.test(error.message), error.message);
});
