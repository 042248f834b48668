/** What it means that a database, or the way to it, failed. */
import {
  conflict,
  denied,
  external,
  type OrcError,
  refused,
} from "../base/error.ts";
import { STORE_SECRET } from "../base/names.ts";
import type { StoreAddress } from "../settings/store_rules.ts";

/** What a driver says of a failure. */
export interface Failure {
  /** SQLSTATE, or what the system calls it; empty where there is none. */
  readonly code: string;
  readonly message: string;
}

/** When it failed: on the way to the database, at the end of a transaction, or anywhere else. */
export type FailedAt = "connecting" | "committing" | "asking";

/**
 * What is to be done: nothing was changed and it may be tried `again`; the connection is `lost`, with whatever
 * was not committed; or it is `final`.
 */
export type Verdict = "again" | "lost" | "final";

/**
 * What whoever came second is told: of deadlocks, of changes at once by engines that check afterwards, and of
 * a table that somebody else made meanwhile.
 */
const COLLISIONS = /^(?:40001|40P01|23505|42P06|42P07)$/;

/** The server ends, or begins; what is behind it does not answer. */
const AWAY = /^(?:08...|57P0[1-5]|25P03)$/;

/** What Deno calls that it was not permitted to do something. */
export const FORBIDDEN = "NotCapable";

const REFUSED_CONNECTION = /^(?:ECONNREFUSED|ENOENT|EACCES|ENOTFOUND)$/;

export function isSqlState(code: string): boolean {
  return /^[\dA-Z]{5}$/.test(code) && !/^E[A-Z]{4}$/.test(code);
}

export function verdictOn(
  { code, message }: Failure,
  at: FailedAt,
): Verdict {
  if (code === FORBIDDEN) return "final";
  if (COLLISIONS.test(code)) return "again";
  if (AWAY.test(code)) return "lost";
  if (isSqlState(code)) return "final";
  const isHopeless = at === "connecting" &&
    (isAuthentication(code, message) || isTls(code, message));
  return isHopeless ? "final" : "lost";
}

/** Whether nobody listens there: one who was never connected need not wait for it. */
export function isNobodyThere({ code }: Failure): boolean {
  return REFUSED_CONNECTION.test(code);
}

function isAuthentication(code: string, message: string): boolean {
  return /^28/.test(code) || /\bSASL\b|password must be/i.test(message);
}

function isTls(code: string, message: string): boolean {
  return /^(?:ERR_(?:TLS|SSL|OSSL)|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO_)/
    .test(code) ||
    /\b(?:SSL|TLS|certificate|self[- ]signed|UnknownIssuer|NotValidFor)\b/i
      .test(message);
}

/** A policy of the tables forbids it to the role, as docs/teams.md makes them. */
const ROW_RIGHTS = /row-level security/;

/** The error for people; what a server says is shown in one line, and no longer than a sentence. */
export function errorOf(
  failure: Failure,
  address: StoreAddress,
  cause: unknown,
): OrcError {
  const { shown, user } = address;
  const { code } = failure;
  if (code === FORBIDDEN) return notPermitted(failure, address, cause);
  const reason = sentence(failure);
  if (isTls(code, failure.message) && !isSqlState(code)) {
    return external(
      "store_tls",
      `Cannot be sure to talk to ${shown}: ${reason}`,
      {
        cause,
        hint:
          "name the file with the certificate of whoever signs for that host in the setting store_ca",
      },
    );
  }
  if (isAuthentication(code, failure.message)) {
    return denied(
      "store_auth",
      `"${user}" is not let in to ${shown}: ${reason}`,
      {
        cause,
        hint: `keep the password: orc secrets set ${STORE_SECRET} --global`,
      },
    );
  }
  switch (code) {
    case "42501":
      if (ROW_RIGHTS.test(failure.message)) {
        return denied(
          "store_auth",
          `"${user}" may neither approve nor change closed sessions in ${shown}`,
          { cause, hint: "somebody whose role may do it: see docs/teams.md" },
        );
      }
      return denied(
        "store_auth",
        `"${user}" may not do that in ${shown}: ${reason}`,
        { cause, hint: "ask who administers the database" },
      );
    case "55P03":
      return conflict(
        "store_busy",
        `Waited in vain for a session in ${shown}: somebody else changes it`,
        { cause, hint: "try again" },
      );
    case "53100":
      return external("disk_full", `The disk of ${shown} is full`, {
        cause,
        hint: "make room on the server",
      });
    case "25006":
      return refused("store_read_only", `${shown} can only be read`, {
        cause,
        hint: "name the server that is written to in the setting store_url",
      });
    case "42P01":
    case "3F000":
    case "42703":
      return external(
        "store_not_prepared",
        `The tables of orc are missing in ${shown}`,
        { cause },
      );
  }
  // That there is no such database, and no room for one more connection, is no answer either.
  const isStatement = isSqlState(code) && !/^(?:08|3D000|53|57P)/.test(code);
  return isStatement
    ? external("store_failed", `${shown} refused a statement: ${reason}`, {
      cause,
      hint: "ask who administers the database",
    })
    : external("store_unreachable", `Cannot reach ${shown}: ${reason}`, {
      cause,
      hint: "nothing was changed here; try again once it can be reached",
    });
}

function notPermitted(
  { message }: Failure,
  { shown, host, port }: StoreAddress,
  cause: unknown,
): OrcError {
  const [kind = "--allow-net"] = /--allow-\w+/.exec(message) ?? [];
  const place = host.startsWith("/")
    ? `unix:${host}/.s.PGSQL.${port}`
    : `${host}:${port}`;
  const flag = kind === "--allow-net" ? `${kind}=${place}` : kind;
  return denied(
    "permission_missing",
    `Cannot reach ${shown} without the permission ${flag}`,
    { hint: `run it again with ${flag}`, cause, details: { flag } },
  );
}

const MAX_REASON_LENGTH = 200;

function sentence({ code, message }: Failure): string {
  const line = message.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim()
    .slice(0, MAX_REASON_LENGTH) || "it said nothing";
  return code === "" || line.includes(code) ? line : `${line} (${code})`;
}
