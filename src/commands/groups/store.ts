import { shortSessionId } from "../../base/ids.ts";
import { inOneLine } from "../../base/text.ts";
import type { Moved, MovedSession } from "../../sessions/move.ts";
import type { StoreStatus, StoreUpgraded } from "../../sessions/store.ts";
import {
  command,
  flag,
  type Permission,
  type ResultOf,
  type Style,
} from "../command.ts";

const PERMISSIONS: readonly Permission[] = ["run", "net"];

export const storeStatusCommand = command<ResultOf<StoreStatus>>({
  description:
    "Shows where the sessions of the repository are kept, by the settings store and store_url: in files, or in a database that a team shares. A database is asked whether it answers, which version its tables have, and how far its clock is off.",
  effect: "reads",
  permissions: PERMISSIONS,
  examples: ["orc store status"],
  async use(host, { session: _session, ...options }) {
    const { readStoreStatus } = await import("../../sessions/store.ts");
    return await readStoreStatus(host, options);
  },
  render: statusText,
});

/** Clocks that differ more than this put events of two machines into a doubtful order. */
const MAX_CLOCK_MS = 2_000;

function statusText(
  { address, sessions, database }: ResultOf<StoreStatus>,
  style: Style,
): string {
  const where = inOneLine(address);
  const count = sessions === null ? "" : ` (${sessions} of this repository)`;
  if (database === null) return `Sessions are kept in ${where}${count}`;
  const { version, known, clockAheadMs } = database;
  const seconds = (clockAheadMs / 1000).toFixed(1);
  return [
    `Sessions are kept in ${where}${count}`,
    version < known
      ? style.bad(
        version === 0
          ? "It has no tables of orc yet: orc store upgrade"
          : `Its tables are of version ${version}, this orc needs ${known}: orc store upgrade`,
      )
      : version > known
      ? style.warn(
        `Its tables are of version ${version}, this orc knows ${known}, and only reads them`,
      )
      : style.good(`It answers, and its tables are of version ${version}`),
    ...Math.abs(clockAheadMs) > MAX_CLOCK_MS
      ? [style.warn(`Its clock is ${seconds} s ahead of this one`)]
      : [],
  ].join("\n");
}

export const storeUpgradeCommand = command<ResultOf<StoreUpgraded>>({
  description:
    "Makes the tables of orc in the database that store_url names, in a schema of their own called orc, or brings them up to what this orc knows: all in one transaction. Whoever calls it must be allowed to make them; whoever works there needs only to read and write them. Sessions stay where they are.",
  effect: "writes",
  permissions: PERMISSIONS,
  examples: ["orc store upgrade"],
  async use(host, { session: _session, ...options }) {
    const { upgradeStore } = await import("../../sessions/store.ts");
    return await upgradeStore(host, options);
  },
  render: ({ address, from, to }) =>
    from === to
      ? `The tables in ${inOneLine(address)} are of version ${to} already`
      : `The tables in ${inOneLine(address)} are of version ${to} now`,
});

export const storeMoveCommand = command<ResultOf<Moved>>({
  description:
    "Moves the sessions of the repository from its files into the database that store_url names, or back, byte for byte: state, log, checkpoints, feedback, and what checks printed. A session that is there already goes on where the one there is what it was before; what is newer there stays; what went on in both places, or is another session, is refused, and the others are moved. Nothing is removed unless --remove says so, and then only what is kept at the other place. A move that was cut short is taken up by the next. The setting store stays what it is: change it once all are moved.",
  flags: [
    flag("--to WHERE", "Where to: file, or postgres", {
      values: ["file", "postgres"],
    }),
    flag("--remove", "Remove from where it was what is kept there now"),
    flag("--dry-run", "Show what would be done, and do nothing"),
  ],
  effect: "rewrites",
  permissions: PERMISSIONS,
  examples: [
    "orc store move --to postgres --dry-run",
    "orc store move --to file --remove",
  ],
  async use(host, { session: _session, ...options }, values) {
    const { moveSessions } = await import("../../sessions/move.ts");
    return await moveSessions(host, {
      ...options,
      to: values.text("to") ?? "",
      dryRun: values.on("dry-run"),
      remove: values.on("remove"),
    });
  },
  render: ({ address, sessions, dryRun }) =>
    sessions.length === 0
      ? `There is no session to move to ${inOneLine(address)}`
      : [
        `${dryRun ? "Would be moved" : "Moved"} to ${inOneLine(address)}:`,
        ...sessions.map((each) => movedLine(each, dryRun)),
      ].join("\n"),
});

function movedLine(
  { session, comparison, serial, present, removed }: MovedSession,
  dryRun: boolean,
): string {
  const would = dryRun ? "would be " : "";
  const done = comparison === "created"
    ? `${would}stored at update ${serial}`
    : comparison === "fast_forward"
    ? `${would}brought from update ${present} to ${serial}`
    : comparison === "same"
    ? `is at update ${serial} there too`
    : `is newer there, at update ${present}`;
  const gone = removed ? ", and removed where it was" : "";
  return `${shortSessionId(session)}  ${done}${gone}`;
}
