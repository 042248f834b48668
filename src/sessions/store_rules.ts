/** What it means how a shared store is. */
import {
  errorFinding,
  type Finding,
  infoFinding,
  warningFinding,
  worstFirst,
} from "../base/finding.ts";
import { countOf } from "../base/text.ts";
import type { DatabaseLook } from "../postgres/database.ts";

/** Clocks that differ more than this put events of two machines into a doubtful order. */
const MAX_CLOCK_MS = 2_000;

/** Of the connections that may be, so many are left for others. */
const FREE_SHARE = 0.1;

/** Says what it means, the worst first; the database is named as it is for people, in the place of a path. */
export function storeFindings(
  address: string,
  facts: DatabaseLook,
): readonly Finding[] {
  const { version, known, clockAheadMs, missingRights, publicRights } = facts;
  const path = address;
  const findings: Finding[] = [];
  if (version < known) {
    findings.push(errorFinding({
      ...{ path, code: "store_not_prepared", remedy: "orc store upgrade" },
      message: version === 0
        ? `There are no tables of orc in ${address}`
        : `The tables of orc in ${address} are of version ${version}, this orc needs ${known}`,
    }));
  }
  if (version > known) {
    findings.push(warningFinding({
      ...{ path, code: "newer_store", remedy: "update orc" },
      message:
        `The tables of orc in ${address} are of version ${version}, this orc knows ${known}, and only reads them`,
    }));
  }
  if (facts.readOnly === true) {
    findings.push(warningFinding({
      ...{ path, code: "store_read_only" },
      message: `${
        capital(address)
      } only repeats another server: nothing can be changed there`,
      remedy: "name the server that is written to: orc config set store_url",
    }));
  }
  if (Math.abs(clockAheadMs) > MAX_CLOCK_MS) {
    const seconds = (Math.abs(clockAheadMs) / 1000).toFixed(1);
    findings.push(warningFinding({
      ...{ path, code: "store_clock" },
      message: `The clock of ${address} is ${seconds} s ${
        clockAheadMs > 0 ? "ahead of" : "behind"
      } this one, and the log has the times of who changes a session`,
      remedy: "set both by the same time server",
    }));
  }
  if (missingRights.length > 0) {
    findings.push(errorFinding({
      ...{ path, code: "store_rights_missing" },
      message: `Work in ${address} needs rights that are missing: ${
        missingRights.join(", ")
      }`,
      remedy: "ask who administers the database; docs/teams.md has the SQL",
    }));
  }
  if (publicRights.length > 0) {
    findings.push(warningFinding({
      ...{ path, code: "store_rights_wide" },
      message: `Everybody who can connect to ${address} may: ${
        publicRights.join(", ")
      }`,
      remedy: "revoke all on all tables in schema orc from public",
    }));
  }
  if (facts.superuser === true) {
    findings.push(infoFinding({
      ...{ path, code: "store_rights_wide" },
      message: `Who works in ${address} may do anything at that server`,
      remedy: "work as a role that has only the rights of docs/teams.md",
    }));
  }
  for (const { pid, user, seconds } of facts.holders) {
    findings.push(warningFinding({
      ...{ path, code: "store_held" },
      message: `A connection of "${user}" holds a session of ${address} for ${
        countOf(seconds, "second")
      }, and does nothing (process ${pid} at the server)`,
      remedy:
        `who administers the database ends it: select pg_terminate_backend(${pid})`,
    }));
  }
  const { connections, maxConnections } = facts;
  const isNearlyFull = connections !== null && maxConnections !== null &&
    connections > maxConnections * (1 - FREE_SHARE);
  if (isNearlyFull) {
    findings.push(warningFinding({
      ...{ path, code: "store_crowded" },
      message:
        `${connections} of the ${maxConnections} connections that ${address} allows are taken`,
      remedy: "put pgbouncer in front of it; see docs/teams.md",
    }));
  }
  return findings.sort(worstFirst);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
