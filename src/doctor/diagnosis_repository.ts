import {
  errorFinding,
  type Finding,
  infoFinding,
  warningFinding,
} from "../base/finding.ts";
import { MAX_CANDIDATES, MIN_FREE_BYTES } from "../base/limits.ts";
import { sizeText } from "../base/size_text.ts";
import { listOf } from "../base/text.ts";
import type { DiagnosisFacts } from "./diagnosis_facts.ts";
import { isBusy } from "./diagnosis_locks.ts";

/** The repository as a whole, its disk and its git. */
export const repositoryChecks = [
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
