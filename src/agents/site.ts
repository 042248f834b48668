/** Where files of agents' hosts lie, and which hosts are meant. */
import { notFound, usage } from "../base/error.ts";
import { repositoryLayout, userLayout } from "../base/layout.ts";
import { MAX_HOST_FILE_BYTES } from "../base/limits.ts";
import { joinPath } from "../base/path.ts";
import { quoted } from "../base/text.ts";
import {
  fileKind,
  isThere,
  readRegularFile,
  realOrGiven,
} from "../files/read.ts";
import { type Host, variableOf } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";
import { filesOf, type HostKind, hostNamed, HOSTS } from "./host_rules.ts";

/** Where files are, and what is known of them. */
export interface Site {
  readonly base: string;
  readonly isGlobal: boolean;
  readonly recordPath: string;
  readonly recordBase: string;
}

export function siteOf(
  host: Host,
  { found }: Repository,
  isGlobal: boolean,
): Site {
  if (!isGlobal) {
    return {
      base: found.workingTree,
      isGlobal,
      recordPath: repositoryLayout(found.root).agents,
      recordBase: found.root,
    };
  }
  const home = host.homeDirectory();
  if (home === undefined) {
    throw notFound(
      "no_home",
      "Cannot find your own settings: HOME names no directory",
      "set HOME to your home directory",
    );
  }
  const recordPath = userLayout(home).agents;
  return { base: home, isGlobal, recordPath, recordBase: home };
}

/** Hosts, and how they were chosen. */
export interface Chosen {
  readonly hosts: readonly HostKind[];
  readonly chosen: "named" | "repository" | "machine";
}

/** The hosts that are meant, and how they were chosen. */
export function chosenHosts(
  host: Host,
  { base, isGlobal }: Site,
  named: readonly string[] = [],
): Chosen {
  if (named.includes("all")) return { hosts: HOSTS, chosen: "named" };
  if (named.length > 0) {
    return { hosts: named.map(knownHost), chosen: "named" };
  }
  const usedIn = (directory: string) =>
    HOSTS.filter(({ marks }) =>
      marks.some((mark) => isThere(joinPath(directory, mark)))
    );
  const here = isGlobal ? [] : usedIn(base);
  if (here.length > 0) return { hosts: here, chosen: "repository" };
  const home = host.homeDirectory();
  const there = new Set([
    ...home === undefined ? [] : usedIn(home),
    ...HOSTS.filter(({ name }) => isOnPath(host, name)),
  ]);
  if (there.size > 0) return { hosts: [...there], chosen: "machine" };
  throw notFound(
    "no_host",
    "Cannot find a host of agents, neither in the repository nor on this machine",
    "name one: orc agents install --host claude",
  );
}

function knownHost(name: string): HostKind {
  const kind = hostNamed(name);
  if (kind !== undefined) return kind;
  const known = HOSTS.map((each) => each.name).join(", ");
  throw usage(
    "unknown_host",
    `Unknown host ${quoted(name)}: known are ${known} and all`,
  );
}

function isOnPath(host: Host, program: string): boolean {
  const places = variableOf(host, "PATH")?.split(":") ?? [];
  return places.some((place) =>
    place.startsWith("/") && isThere(joinPath(place, program))
  );
}

/** Whether the hooks of a host call orc. */
export function isInstalled(site: Site, kind: HostKind): boolean {
  const text = hooksText(site, kind);
  return text.includes(`orc hook ${kind.name} `) ||
    text.includes(`"hook", "${kind.name}"`);
}

/** What stands in the file of a host's hooks, only to look for something in it; empty where there is none. */
export function hooksText(
  site: Pick<Site, "base" | "isGlobal">,
  kind: HostKind,
): string {
  return textOf(joinPath(site.base, filesOf(kind, site).hooks));
}

/** The text of a host's file; empty where there is none. */
export function textOf(path: string): string {
  const real = realOrGiven(path);
  if (fileKind(real) !== "file") return "";
  return new TextDecoder().decode(readRegularFile(real, MAX_HOST_FILE_BYTES));
}
