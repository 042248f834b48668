/** What the older tool calls its files, and where they go: apart from the layout, since most commands need none of it. */
import { pathsIn, type PathsOf, repositoryLayout } from "./layout.ts";
import { joinPath } from "./path.ts";

/** Begins the names of the files that the older Python tool scattered in the root. */
export const LEGACY_PREFIX = ".workflow_";

/** A legacy file that moves as it is, from the root to `.orchestrator/`. */
interface LegacyWhole {
  /** Seen from the root. */
  readonly from: string;
  /** Seen from `.orchestrator/`. */
  readonly to: string;
  /** It is taken only if it is what it should be: others use the name too. */
  readonly shape?: "prd" | "overrides";
}

const LEGACY_SECRETS = ".secrets.enc";

/** Legacy files that move as they are. Of two with one target the first is taken. */
export const LEGACY_WHOLES: readonly LegacyWhole[] = [
  { from: LEGACY_SECRETS, to: `secrets/${LEGACY_SECRETS}` },
  { from: "secrets.enc.yaml", to: "secrets/secrets.enc.yaml" },
  { from: ".manus/secrets.enc.yaml", to: "secrets/secrets.enc.yaml" },
  { from: ".claude/prd_state.json", to: "prd/state.json", shape: "prd" },
  { from: ".orchestrator.yaml", to: "config.yaml", shape: "overrides" },
];

/** Where a custom legacy file goes that is asked for by name; seen from `.orchestrator/`. */
export function includedPath(name: string): string {
  return `legacy/${name}`;
}

/** Names of encrypted files of the Python tool that a migration puts among the secrets. */
export const legacySecretNames: readonly string[] = [
  LEGACY_SECRETS,
  "secrets.enc.yaml",
];

/** Files that the Python tool may keep secrets in, in the order they are asked. */
export function legacySecretPaths(root: string): readonly string[] {
  const { secrets } = repositoryLayout(root);
  return [joinPath(root, LEGACY_SECRETS), `${secrets}/${LEGACY_SECRETS}`];
}

/** What a migration keeps: while it is being made, while it is pending, and as a backup. */
const MIGRATION_FILES = {
  directory: "",
  /** What it did, or is about to do. */
  record: "record.json",
  /** What is to be put in its place, by its path in `.orchestrator/`. */
  staged: "staged",
  /** Legacy files, by their path in the root. */
  originals: "originals",
  /** What stood in the place of something new, by its path in `.orchestrator/`. */
  replaced: "replaced",
  previous: "previous.json",
  /** What was new and goes, when the migration is taken back. */
  withdrawn: "withdrawn",
  /** What was new and had changed, when the migration was taken back. */
  kept: "kept",
};

export function migrationLayoutAt(
  directory: string,
): PathsOf<typeof MIGRATION_FILES> {
  return pathsIn(directory, MIGRATION_FILES);
}
