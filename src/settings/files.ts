import {
  type RepositoryLayout,
  repositoryLayout,
  userLayout,
} from "../base/layout.ts";
import { realOrGiven, visibleKind } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import type { ConfigLevel, ConfigSource } from "./merge.ts";

/** A file that may hold settings. */
export interface ConfigFile extends ConfigSource {
  /** No link is followed below this directory. */
  readonly base: string;
}

/** The repository whose settings are meant. */
export interface ConfigSite {
  readonly layout: RepositoryLayout;
  /** The linked worktree of the caller, or the root. */
  readonly found: { readonly workingTree: string };
}

/** The repository of a root that is known already. */
export function siteAt(root: string): ConfigSite {
  return { layout: repositoryLayout(root), found: { workingTree: root } };
}

/** The user's own file; undefined where no home is known. */
export function userConfigFile(host: Host): ConfigFile | undefined {
  const home = host.homeDirectory();
  return home === undefined
    ? undefined
    : fileOf("user", home, userLayout(home).config);
}

/** The repository's own file. */
export function repositoryConfigFile(
  { layout }: Pick<ConfigSite, "layout">,
): ConfigFile {
  return fileOf("repository", layout.root, layout.config);
}

/** The files that orc writes settings to, the lowest first. */
export function ownConfigFiles(
  host: Host,
  site: Pick<ConfigSite, "layout"> | undefined,
): readonly ConfigFile[] {
  const user = userConfigFile(host);
  return [
    ...user === undefined ? [] : [user],
    ...site === undefined ? [] : [repositoryConfigFile(site)],
  ];
}

/**
 * All files that settings are read from, whether they exist or not; the last one wins. Those
 * of the Python tool are the lowest of their level.
 */
export function configFiles(
  host: Host,
  site: ConfigSite | undefined,
): readonly ConfigFile[] {
  const home = host.homeDirectory();
  const tree = site?.found.workingTree;
  const legacy = [
    ...home === undefined
      ? []
      : [legacyFileOf("user", home, userLayout(home).legacyConfig)],
    ...tree === undefined ? [] : [
      legacyFileOf("repository", tree, repositoryLayout(tree).legacyOverrides),
    ],
  ];
  const levels = ["user", "repository"] as const;
  const files = [...legacy, ...ownConfigFiles(host, site)];
  return levels.flatMap((each) => files.filter(({ level }) => level === each));
}

/** Those of the files that exist and may be looked at; one lstat each. */
export function existing(files: readonly ConfigFile[]): readonly ConfigFile[] {
  const there = files.filter(({ path }) =>
    !["absent", "denied"].includes(visibleKind(path))
  );
  if (there.length < 2) return there;
  // Where the home is a repository, its file is the user's.
  const users = there.filter(({ level }) => level === "user")
    .map(({ path }) => realOrGiven(path));
  return there.filter(({ level, path }) =>
    level === "user" || !users.includes(realOrGiven(path))
  );
}

/** Files of the Python tool that settings are still read from: what doctor tells about. */
export function legacyConfigFiles(
  host: Host,
  site: ConfigSite | undefined,
): readonly string[] {
  return existing(configFiles(host, site))
    .filter(({ isLegacy }) => isLegacy).map(({ path }) => path);
}

function fileOf(level: ConfigLevel, base: string, path: string): ConfigFile {
  return { level, base, path, isLegacy: false };
}

function legacyFileOf(
  level: ConfigLevel,
  base: string,
  path: string,
): ConfigFile {
  return { level, base, path, isLegacy: true };
}
