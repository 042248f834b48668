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
    "Shows where the sessions of the repository are kept, by the settings store and store_url: in files, in a database that a team shares, or by a module of yours. A database is asked whether it answers, which versions it and its tables have, how far its clock is off, which rights are missing or too wide, and who holds sessions and does nothing.",
  effect: "reads",
  permissions: PERMISSIONS,
  examples: ["orc store status"],
  async use(host, { session: _session, ...options }) {
    const { readStoreStatus } = await import("../../sessions/store.ts");
    return await readStoreStatus(host, options);
  },
  render: statusText,
});

function statusText(
  { address, sessions, database, findings }: ResultOf<StoreStatus>,
  style: Style,
): string {
  const where = inOneLine(address);
  const count = sessions === null ? "" : ` (${sessions} of this repository)`;
  return [
    `Sessions are kept in ${where}${count}`,
    ...database === null ? [] : [style.good(serverText(database))],
    ...findings.map(({ severity, message, remedy }) => {
      const paint = { error: style.bad, warning: style.warn, info: style.dim };
      return paint[severity](inOneLine(`${message}: ${remedy}`));
    }),
  ].join("\n");
}

function serverText(
  { server, encrypted, version, connections, maxConnections }: NonNullable<
    StoreStatus["database"]
  >,
): string {
  return [
    server === null ? "It answers" : `It answers, as version ${server}`,
    `its tables are of version ${version}`,
    ...encrypted === null ? [] : [encrypted ? "encrypted" : "not encrypted"],
    ...connections === null
      ? []
      : [`${connections} of ${maxConnections} connections`],
  ].join("; ");
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
    "Moves the sessions of the repository from its files into the database that store_url names or to the module that store may name, or back, byte for byte: state, log, checkpoints, feedback, and what checks printed. A session that is there already goes on where the one there is what it was before; what is newer there stays; what went on in both places, or is another session, is refused, and the others are moved. Nothing is removed unless --remove says so, and then only what is kept at the other place. A move that was cut short is taken up by the next. The setting store stays what it is: change it once all are moved.",
  flags: [
    flag("--to WHERE", "Where to: file, postgres, or a module"),
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
