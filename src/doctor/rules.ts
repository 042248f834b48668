import {
  errorFinding,
  type Finding,
  infoFinding,
  type Severity,
  warningFinding,
} from "../base/finding.ts";
import { MAX_CANDIDATES, MIN_FREE_BYTES } from "../base/limits.ts";
import { nameOf, parentDirectory } from "../base/path.ts";
import { listOf, sizeText } from "../base/text.ts";
import { secretFindings } from "../secrets/rules.ts";
import {
  type DiagnosisFacts,
  isBusy,
  lockChecks,
  logChecks,
  type PathFact,
  pointerChecks,
  sessionChecks,
  type Trouble,
} from "./session_rules.ts";

/** The repository as a whole, its disk and its git. */
const repositoryChecks = [
  troubles,
  damagedMeta,
  invalidWorkflow,
  changedWorkflow,
  unfinishedMigration,
  damagedMigrationRecord,
  notIgnored,
  tracked,
  diskSpace,
  readOnlyFileSystem,
  networkFileSystem,
  noHardLinks,
];

function troubles({ troubles }: DiagnosisFacts): readonly Finding[] {
  return troubles.map(({ kind, code, path, message }) =>
    kind === "denied"
      ? errorFinding({
        code: "not_readable",
        path,
        message,
        remedy: "see who owns it and what its mode allows, with ls -l",
      })
      : errorFinding({
        code,
        path,
        message,
        remedy: "put a real directory in its place, or move it away",
      })
  );
}

function damagedMeta({ metaTrouble }: DiagnosisFacts): readonly Finding[] {
  if (metaTrouble === null) return [];
  return [errorFinding({
    code: "damaged_repository_meta",
    path: metaTrouble.path,
    message: metaTrouble.message,
    remedy:
      "put back a good copy, or move it away: the next command that needs it writes a new one",
  })];
}

function invalidWorkflow(
  { workflow, config }: DiagnosisFacts,
): readonly Finding[] {
  const { trouble } = workflow;
  if (trouble === null) return [];
  // Settings are read for a workflow too.
  if (config.troubles.some(({ path }) => path === trouble.path)) return [];
  return [errorFinding({
    code: "invalid_workflow",
    path: trouble.path,
    message: `${trouble.message}; no session can be started`,
    remedy: "orc validate",
  })];
}

function changedWorkflow(
  { workflow, sessions, layout }: DiagnosisFacts,
): readonly Finding[] {
  const { sha256 } = workflow;
  const behind = sessions.filter(({ state }) =>
    sha256 !== null && state?.status === "active" &&
    state.pinned?.path === layout.workflow &&
    !sha256.startsWith(state.pinned.sha256)
  ).map(({ id }) => id);
  if (behind.length === 0) return [];
  return [infoFinding({
    code: "workflow_changed",
    path: layout.workflow,
    message: `"${layout.workflow}" has changed since these sessions started: ${
      listOf(behind, MAX_CANDIDATES)
    }`,
    remedy: "nothing to do: they keep their own copy",
  })];
}

function unfinishedMigration(facts: DiagnosisFacts): readonly Finding[] {
  if (isBusy(facts, null)) return [];
  return facts.unfinishedMigrations.map((path) =>
    warningFinding({
      code: "unfinished_migration",
      path,
      message: `"${path}" is left from a migration that was cut short`,
      remedy:
        "the next run finishes or undoes it: orc migrate, or: orc doctor --fix",
      fixable: true,
    })
  );
}

function damagedMigrationRecord(
  { migrationTrouble, layout }: DiagnosisFacts,
): readonly Finding[] {
  // Links are named as such.
  if (migrationTrouble === null || migrationTrouble.code === "symbolic_link") {
    return [];
  }
  return [warningFinding({
    code: "damaged_migration_record",
    path: migrationTrouble.path,
    message: `${migrationTrouble.message}; the migration cannot be taken back`,
    remedy:
      `put back the copy record.json of its backup in "${layout.migrationBackup}"`,
  })];
}

function notIgnored(
  { git, isPortable, layout }: DiagnosisFacts,
): readonly Finding[] {
  if (!git.isRepository || git.isIgnored || isPortable) return [];
  return [warningFinding({
    code: "not_ignored",
    path: layout.gitignore,
    message: `Git does not ignore "${layout.directory}": it could be committed`,
    remedy: git.hasIgnoreFile
      ? `add a line "*" to "${layout.gitignore}"`
      : "orc doctor --fix",
    fixable: !git.hasIgnoreFile,
  })];
}

function tracked(
  { git, isPortable, layout }: DiagnosisFacts,
): readonly Finding[] {
  if (git.isTracked !== true || isPortable) return [];
  return [warningFinding({
    code: "tracked_by_git",
    path: layout.directory,
    message:
      `Git tracks files in "${layout.directory}", though the repository is not portable: a checkout puts old states back`,
    remedy: `git rm -r --cached "${layout.directory}"`,
  })];
}

function diskSpace({ disk, layout }: DiagnosisFacts): readonly Finding[] {
  const { freeBytes } = disk;
  if (freeBytes === null || freeBytes >= MIN_FREE_BYTES) return [];
  return [warningFinding({
    code: "disk_space_low",
    path: layout.root,
    message: `The disk of "${layout.root}" has only ${
      sizeText(freeBytes)
    } left`,
    remedy: "make room; old closed sessions go with: orc session cleanup",
  })];
}

function readOnlyFileSystem(
  { disk, layout }: DiagnosisFacts,
): readonly Finding[] {
  if (!disk.isReadOnly) return [];
  return [warningFinding({
    code: "read_only_file_system",
    path: layout.root,
    message:
      `The file system of "${layout.root}" is read-only: no session can change`,
    remedy: "make it writable; reading still works: orc status",
  })];
}

/** Between machines exclusive creation, links and fsync promise less. */
const NETWORK =
  /^(?:nfs4?|cifs|smb\w*|9p|afs|ceph|coda|gfs2|glusterfs|lustre|ocfs2|virtiofs|vboxsf|ncpfs|fuse\.(?:ceph|gluster|s3|sshfs|rclone|goofys|gcs|davfs|curlftpfs).*)$/;

function networkFileSystem(
  { disk, layout }: DiagnosisFacts,
): readonly Finding[] {
  if (disk.type === null || !NETWORK.test(disk.type)) return [];
  return [warningFinding({
    code: "network_file_system",
    path: layout.root,
    message:
      `"${layout.root}" lies on a file system of another machine (${disk.type}), where locks and fsync promise less`,
    remedy: "keep the repository on a local disk, or work from one machine",
  })];
}

const WITHOUT_LINKS = /^(?:vfat|msdos|exfat|fuseblk)$/;

function noHardLinks({ disk, layout }: DiagnosisFacts): readonly Finding[] {
  if (disk.type === null || !WITHOUT_LINKS.test(disk.type)) return [];
  return [infoFinding({
    code: "no_hard_links",
    path: layout.root,
    message:
      `"${layout.root}" lies on a file system that may have no hard links or modes (${disk.type})`,
    remedy: "nothing to do: orc works without them, and is a little slower",
  })];
}

/** What lies in `.orchestrator/`, and who may do what with it. */
const pathChecks = [
  symbolicLinks,
  foreignKinds,
  misplacedFiles,
  missingPermissions,
  writableByOthers,
  readableSecrets,
  foreignOwners,
  foreignNames,
];

function symbolicLinks({ paths }: DiagnosisFacts): readonly Finding[] {
  return paths.filter(({ kind }) => kind === "symlink").map(({ path }) =>
    errorFinding({
      code: "symbolic_link",
      path,
      message: `"${path}" is a symbolic link, which orc does not follow`,
      remedy: "put the file or directory itself in its place",
    })
  );
}

function foreignKinds({ paths }: DiagnosisFacts): readonly Finding[] {
  return paths.filter(({ kind }) => kind === "other").map(({ path }) =>
    errorFinding({
      code: "foreign_kind",
      path,
      message: `"${path}" is neither a file nor a directory`,
      remedy: "move it away; orc does not remove what it did not make",
    })
  );
}

function misplacedFiles(
  { paths, layout }: DiagnosisFacts,
): readonly Finding[] {
  const directories = [
    layout.sessions,
    layout.bindings,
    layout.secrets,
    layout.migrationBackup,
    layout.migrationPending,
    layout.migrationUndo,
  ];
  return paths.filter(({ path, kind }) =>
    kind === "file" && directories.includes(path)
  ).map(({ path }) =>
    errorFinding({
      code: "not_a_directory",
      path,
      message: `"${path}" is a file where a directory is expected`,
      remedy: "move it away; orc does not remove what it did not make",
    })
  );
}

const OWNER_USES_FILE = 0o600;
const OWNER_USES_DIRECTORY = 0o700;
const OTHERS_WRITE = 0o002;
const OTHERS_READ = 0o044;

function missingPermissions({ paths }: DiagnosisFacts): readonly Finding[] {
  return topmost(paths.filter(lacksPermission)).map(({ path, kind, mode }) => {
    const wanted = kind === "directory" ? "u+rwx" : "u+rw";
    return warningFinding({
      code: "missing_permission",
      path,
      message: `"${path}" may not be read or changed by its owner (mode ${
        octal(mode)
      })`,
      remedy: `chmod ${wanted} "${path}", unless that is meant so`,
    });
  });
}

function lacksPermission({ kind, mode }: PathFact): boolean {
  const needed = kind === "directory" ? OWNER_USES_DIRECTORY : OWNER_USES_FILE;
  return isPlain(kind) && mode !== null && (mode & needed) !== needed;
}

function writableByOthers({ paths }: DiagnosisFacts): readonly Finding[] {
  return topmost(
    paths.filter(({ kind, mode }) =>
      isPlain(kind) && allows(mode, OTHERS_WRITE)
    ),
  ).map(({ path, mode }) =>
    warningFinding({
      code: "writable_by_others",
      path,
      message: `"${path}" may be changed by every user of this machine (mode ${
        octal(mode)
      })`,
      remedy: `chmod o-w "${path}"`,
    })
  );
}

/** Names under which people keep what nobody else shall see. */
const SECRET_NAME =
  /secret|token|credential|passw|\.(?:env|pem|key|p12|pfx)$|^\.env|^id_(?:rsa|ecdsa|ed25519)$/i;

/** What lies among the secrets is for their own checks to judge. */
function readableSecrets(
  { paths, layout }: DiagnosisFacts,
): readonly Finding[] {
  return paths.filter(({ path, kind, mode }) =>
    kind === "file" && SECRET_NAME.test(nameOf(path)) &&
    parentDirectory(path) !== layout.secrets && allows(mode, OTHERS_READ)
  ).map(({ path, mode }) =>
    warningFinding({
      code: "secret_readable",
      path,
      message:
        `"${path}" is named like a secret, and others may read it (mode ${
          octal(mode)
        })`,
      remedy: `chmod 600 "${path}"`,
    })
  );
}

function foreignOwners(
  { paths, layout }: DiagnosisFacts,
): readonly Finding[] {
  const owner = paths.find(({ path }) => path === layout.directory)?.uid;
  const others = paths.filter(({ uid }) => uid !== null && uid !== owner);
  const [first] = others;
  if (owner === undefined || owner === null || !first) return [];
  const more = others.length > 1 ? ` and ${others.length - 1} more` : "";
  return [warningFinding({
    code: "foreign_owner",
    path: first.path,
    message:
      `"${first.path}"${more} belongs to user ${first.uid}, but "${layout.directory}" to user ${owner}`,
    remedy: `sudo chown -R ${owner} "${layout.directory}"`,
  })];
}

function foreignNames(
  { foreignNames, layout }: DiagnosisFacts,
): readonly Finding[] {
  if (foreignNames.length === 0) return [];
  const named = listOf(foreignNames, MAX_CANDIDATES);
  return [infoFinding({
    code: "foreign_files",
    path: layout.directory,
    message: `"${layout.directory}" holds what orc does not use: ${named}`,
    remedy: "leave it to the tool that made it; orc does not touch it",
  })];
}

function isPlain(kind: PathFact["kind"]): boolean {
  return kind === "file" || kind === "directory";
}

function allows(mode: number | null, bits: number): boolean {
  return mode !== null && (mode & bits) !== 0;
}

function octal(mode: number | null): string {
  return ((mode ?? 0) & 0o777).toString(8).padStart(4, "0");
}

/** Leaves out what lies in a directory that is named itself. */
function topmost(facts: readonly PathFact[]): readonly PathFact[] {
  const named = new Set(facts.map(({ path }) => path));
  return facts.filter(({ path }) => !isBelowOne(path, named));
}

function isBelowOne(path: string, named: ReadonlySet<string>): boolean {
  const parent = parentDirectory(path);
  return parent !== undefined &&
    (named.has(parent) || isBelowOne(parent, named));
}

/** What the older Python tool left beside `.orchestrator/`. */
const legacyChecks = [
  toMigrate,
  custom,
  damagedState,
  besideNew,
  changedSinceAdoption,
  serverState,
];

const MIGRATE = "see what would move: orc migrate --dry-run";

function toMigrate({ legacy, layout }: DiagnosisFacts): readonly Finding[] {
  const [first] = legacy.paths;
  if (first === undefined) return [];
  const named = listOf(legacy.paths.map(nameOf), MAX_CANDIDATES);
  return [infoFinding({
    code: "legacy_files",
    path: first,
    message: `"${layout.root}" holds files of the older tool: ${named}`,
    remedy: MIGRATE,
  })];
}

function custom({ legacy, layout }: DiagnosisFacts): readonly Finding[] {
  if (legacy.custom.length === 0) return [];
  const named = listOf(legacy.custom, MAX_CANDIDATES);
  return [infoFinding({
    code: "custom_legacy_files",
    path: layout.root,
    message:
      `"${layout.root}" holds files that are named like those of the older tool: ${named}`,
    remedy: "nothing to do: a migration leaves them",
  })];
}

function damagedState({ legacy }: DiagnosisFacts): readonly Finding[] {
  const { trouble } = legacy;
  if (trouble === null) return [];
  return [errorFinding({
    code: "damaged_legacy_state",
    path: trouble.path,
    message: trouble.message,
    remedy: trouble.kind === "denied"
      ? "see who owns it and what its mode allows, with ls -l"
      : "put back a good copy of the file, or move it away",
  })];
}

/** The new place wins, so that a session in the old one is hidden by any that is open. */
function besideNew(
  { legacy, sessions, layout }: DiagnosisFacts,
): readonly Finding[] {
  const isHidden = legacy.session?.adoption === "none" &&
    sessions.some(({ state }) => state?.status === "active");
  if (!isHidden) return [];
  return [warningFinding({
    code: "legacy_beside_new",
    path: layout.legacyState,
    session: legacy.session?.id ?? null,
    message:
      `Both "${layout.directory}" and "${layout.legacyState}" hold a session; the first one is used`,
    remedy: MIGRATE,
  })];
}

function changedSinceAdoption(
  { legacy, layout }: DiagnosisFacts,
): readonly Finding[] {
  if (legacy.session?.adoption !== "changed") return [];
  return [warningFinding({
    code: "legacy_changed",
    path: layout.legacyState,
    session: legacy.session.id,
    message:
      `"${layout.legacyState}" has changed since its session was taken over; that change is not in "${layout.directory}"`,
    remedy: MIGRATE,
  })];
}

function serverState({ legacy, layout }: DiagnosisFacts): readonly Finding[] {
  if (legacy.sessionless !== "server") return [];
  return [infoFinding({
    code: "server_state",
    path: layout.sessionlessState,
    message:
      `"${layout.sessionlessState}" is no session: the older tool's server keeps its data there`,
    remedy: "leave it to that server; orc does not touch it",
  })];
}

/** Settings and secrets, here and of the user. */
const settingChecks = [
  unusableSettings,
  doubtfulSettings,
  legacySettings,
  secrets,
  unreadableSecrets,
];

function unusableSettings(facts: DiagnosisFacts): readonly Finding[] {
  return facts.config.troubles.filter(isNews(facts))
    .map(({ code, path, message }) =>
      errorFinding({
        code: code === "invalid_setting" ? code : "unreadable_config",
        path,
        message,
        remedy: "correct it; what counts is shown by: orc config list",
      })
    );
}

function doubtfulSettings({ config }: DiagnosisFacts): readonly Finding[] {
  return config.notes.map(({ path, message }) =>
    infoFinding({
      code: "doubtful_setting",
      path,
      message,
      remedy: "see what counts, and from where: orc config list",
    })
  );
}

function legacySettings(
  { config, layout }: DiagnosisFacts,
): readonly Finding[] {
  return config.legacyFiles.map((path) =>
    infoFinding({
      code: "legacy_config",
      path,
      message: `"${path}" holds settings for the older tool, which orc reads`,
      remedy: nameOf(path) === nameOf(layout.legacyOverrides)
        ? "see whether it would move: orc migrate --dry-run"
        : "keep them one by one: orc config set NAME VALUE --global",
    })
  );
}

function secrets({ secrets }: DiagnosisFacts): readonly Finding[] {
  return "trouble" in secrets ? [] : secretFindings(secrets);
}

function unreadableSecrets(facts: DiagnosisFacts): readonly Finding[] {
  const { secrets } = facts;
  if (!("trouble" in secrets)) return [];
  // What this process may not look at can be well all the same.
  const isAllowed = secrets.trouble.code !== "permission_missing";
  const finding = isAllowed ? warningFinding : infoFinding;
  return [secrets.trouble].filter(isNews(facts)).map(({ path, message }) =>
    finding({
      code: "unreadable_secrets",
      path,
      message: `${message}; no secret was looked at`,
      remedy: "put that right, then: orc secrets doctor",
    })
  );
}

/** What is wrong with a path that everything needs is said once. */
function isNews(
  { troubles, metaTrouble, paths, layout }: DiagnosisFacts,
): (trouble: Trouble) => boolean {
  const said = new Set([
    ...[...troubles, metaTrouble].flatMap((each) => each?.path ?? []),
    ...paths.filter(({ path, kind }) =>
      kind === "symlink" || kind === "other" || path === layout.secrets
    ).map(({ path }) => path),
  ]);
  return ({ path }) => !said.has(path);
}

/** One question that doctor asks; most find nothing. */
type Check = (facts: DiagnosisFacts) => readonly Finding[];

/** A new check is a function in one of these lists, with a fixture that makes it fire. */
const CHECKS: readonly Check[] = [
  ...repositoryChecks,
  ...pathChecks,
  ...lockChecks,
  ...pointerChecks,
  ...sessionChecks,
  ...logChecks,
  ...legacyChecks,
  ...settingChecks,
];

const RANKS: Readonly<Record<Severity, number>> = {
  error: 0,
  warning: 1,
  info: 2,
};

/** Says what the facts mean, the worst first. */
export function diagnose(facts: DiagnosisFacts): readonly Finding[] {
  return CHECKS.flatMap((check) => check(facts))
    .sort((one, other) => RANKS[one.severity] - RANKS[other.severity]);
}
