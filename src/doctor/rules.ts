import { errorFinding, type Finding, worstFirst } from "../base/finding.ts";
import { type RepositoryLayout, repositoryLayout } from "../base/layout.ts";
import { MAX_CANDIDATES, MIN_FREE_BYTES } from "../base/limits.ts";
import { NETWORK, WITHOUT_LINKS } from "../base/mount.ts";
import { nameOf, parentDirectory } from "../base/path.ts";
import { listOf, modeText, sizeText } from "../base/text.ts";
import { secretFindings } from "../secrets/rules.ts";
import { storeFindings } from "../sessions/store_rules.ts";
import type { DiagnosisFacts } from "./facts.ts";
import type { PathFact, Trouble } from "./look.ts";
import { machineRows, notifyRows } from "./machine_rules.ts";
import {
  isBusy,
  isHiding,
  lockRows,
  pointerRows,
  type Row,
  rowsAbout,
  sessionRows,
} from "./session_rules.ts";

/** A new row in one of these tables needs a fixture that makes it fire. */
type Rows = readonly Row<DiagnosisFacts>[];

const { error, warning, info } = rowsAbout<DiagnosisFacts>(
  ({ layout }) => layout.root,
);

/** Says what the facts mean, the worst first. */
export function diagnose(facts: DiagnosisFacts): readonly Finding[] {
  const findings = TABLES.flat().flatMap((row) => row(facts, facts));
  return withoutHidden(findings).sort(worstFirst);
}

/** Says once that something may not be seen, and nothing of what lies in it. */
function withoutHidden(findings: readonly Finding[]): Finding[] {
  const first = new Map(
    findings.filter(isHiding).toReversed().map((each) => [each.path, each]),
  );
  const hidden = new Set(first.keys());
  return findings.filter((finding) => {
    const { code, path } = finding;
    if (code === "not_writable") return !hidden.has(path);
    return !isHiding(finding) ||
      first.get(path) === finding && !isBelowOne(path, hidden);
  });
}

const NOT_OURS = "move it away; orc does not remove what it did not make";

const repositoryRows: Rows = [
  error("not_readable", {
    of: ({ troubles }) =>
      troubles.map((trouble) => ({ ...trouble, otherCode: trouble.code })),
    remedy: "put a real directory in its place, or move it away",
  }),
  error("damaged_repository_meta", {
    of: ({ metaTrouble }) => metaTrouble,
    remedy:
      "put back a good copy, or move it away: the next command that needs it writes a new one",
  }),
  // Settings are read for a workflow too.
  error("invalid_workflow", {
    of: ({ workflow: { trouble }, config }) =>
      trouble && !config.troubles.some(({ path }) => path === trouble.path) &&
      {
        ...trouble,
        message: `${trouble.message}; no session can be started with it`,
      },
    remedy: "correct it, and see whether it is well: orc validate",
  }),
  warning("doubtful_workflow", {
    of: ({ workflow: { path, doubts }, layout: { root } }) =>
      doubts.map((doubt) => ({
        path: path ?? root,
        message:
          `${doubt}; sessions start with it, and orc validate refuses it`,
      })),
    remedy: "correct it, and see whether it is well: orc validate",
  }),
  info("workflow_changed", {
    of: ({ workflow: { path, sha256 }, sessions }) => {
      const behind = sessions.filter(({ state }) =>
        path !== null && sha256 !== null && state?.status === "active" &&
        state.pinned?.path === path && !sha256.startsWith(state.pinned.sha256)
      ).map(({ id }) => id);
      const names = listOf(behind, MAX_CANDIDATES);
      const message =
        `"${path}" has changed since these sessions started: ${names}`;
      return path !== null && behind.length > 0 && { path, message };
    },
    remedy: "nothing to do: they keep their own copy",
  }),
  warning("unfinished_migration", {
    of: (facts) =>
      !isBusy(facts, null) &&
      facts.unfinishedMigrations.map((path) => ({ path })),
    is: "is left from a migration that was cut short",
    remedy:
      "the next run finishes or undoes it: orc migrate, or: orc doctor --fix",
    fixable: true,
  }),
  // Links are named as such.
  warning("damaged_migration_record", {
    of: ({ migrationTrouble: trouble, layout: { migrationBackup } }) =>
      trouble && trouble.code !== "symbolic_link" && {
        ...trouble,
        message: `${trouble.message}; the migration cannot be taken back`,
        remedy:
          `put back the copy record.json of its backup in "${migrationBackup}"`,
      },
  }),
  warning("not_ignored", {
    of: ({ git, isPortable, foreignNames, layout }) =>
      git.isRepository && !git.isIgnored && !isPortable && {
        path: layout.gitignore,
        message:
          `Git does not ignore "${layout.directory}": it could be committed`,
        remedy: git.hasIgnoreFile
          ? `add a line "${
            foreignNames.length === 0 ? "*" : "/sessions/"
          }" to "${layout.gitignore}"`
          : "orc doctor --fix",
        fixable: !git.hasIgnoreFile,
      },
  }),
  warning("not_ignored", {
    of: ({ git: { isIgnored, unlisted }, isPortable, layout }) =>
      isIgnored && unlisted.length > 0 && !isPortable && {
        path: layout.gitignore,
        message: `"${layout.gitignore}" lets git see ${unlisted.join(", ")}`,
      },
    remedy: "orc doctor --fix",
    fixable: true,
  }),
  warning("merge_rules_missing", {
    of: ({ git, isPortable, layout: { gitattributes: path } }) =>
      isPortable && git.isRepository && git.lacksMergeRules && { path },
    is:
      "does not tell git how to merge sessions: a merge leaves its markers in them",
    remedy: "orc doctor --fix",
    fixable: true,
  }),
  warning("tracked_by_git", {
    of: (
      { git, isPortable, foreignNames, layout: { root, directory: path } },
    ) =>
      git.isTracked === true && !isPortable && {
        path,
        message:
          `Git tracks files in "${path}", though the repository is not portable: a checkout puts old states back`,
        // What was staged and has changed since is not taken out otherwise; the files stay.
        remedy: foreignNames.length === 0
          ? `git -C "${root}" rm -r -f --cached "${path}"`
          : `take what is orc's own out of git: git -C "${root}" rm -r -f --cached --ignore-unmatch "${path}/sessions" "${path}/current"`,
      },
  }),
  warning("stranded_state", {
    of: ({ stranded, isPortable, layout: { directory, sessions: place } }) =>
      !isPortable && stranded.map(({ layout, sessions, unknownTree: tree }) => {
        const names = listOf(sessions, MAX_CANDIDATES);
        const move = movedTo(place, layout);
        return {
          path: layout.directory,
          message: tree === undefined
            ? `"${layout.directory}" holds sessions that no command finds: ${names}; the state of a linked worktree lies in "${directory}"`
            : `"${layout.directory}" holds sessions that only linked worktrees find: ${names}; nothing in the git directory leads to "${tree}"`,
          remedy: tree === undefined
            ? move
            : `git -C "${tree}" config core.worktree "${tree}" && ${move}`,
        };
      }),
  }),
  warning("state_of_no_project", {
    of: ({ isProject, sessions, layout }) =>
      !isProject && sessions.length > 0 && {
        path: layout.directory,
        message:
          `"${layout.directory}" holds sessions that all below "${layout.root}" would share; no other can start there`,
        remedy: `end them, or: ${
          movedTo(repositoryLayout("PROJECT").sessions, layout)
        }`,
      },
  }),
  warning("disk_space_low", {
    of: ({ disk: { freeBytes, path } }) =>
      freeBytes !== null && freeBytes < MIN_FREE_BYTES &&
      `The disk of "${path}" has only ${sizeText(freeBytes)} left`,
    remedy: "make room; old closed sessions go with: orc session cleanup",
  }),
  warning("read_only_file_system", {
    of: ({ disk: { isReadOnly, path } }) =>
      isReadOnly &&
      `The file system of "${path}" is read-only: no session can change`,
    remedy: "make it writable; reading still works: orc status",
  }),
  warning("network_file_system", {
    of: ({ disk: { type, path } }) =>
      type !== null && NETWORK.test(type) &&
      `"${path}" lies on a file system of another machine (${type}), where locks and fsync promise less`,
    remedy: "keep the repository on a local disk, or work from one machine",
  }),
  info("no_hard_links", {
    of: ({ disk: { type, path } }) =>
      type !== null && WITHOUT_LINKS.test(type) &&
      `"${path}" lies on a file system that may have no hard links or modes (${type})`,
    remedy: "nothing to do: orc works without them, and is a little slower",
  }),
];

/** A session is whole in its directory, wherever that lies. */
function movedTo(place: string, { sessions }: RepositoryLayout): string {
  return `mkdir -p "${place}" && mv -n "${sessions}"/* "${place}", then: orc session switch ID`;
}

const OWNER_USES_FILE = 0o600;
const OWNER_USES_DIRECTORY = 0o700;
const OTHERS_WRITE = 0o002;
const OTHERS_READ = 0o044;

/** Names under which people keep what nobody else shall see. */
const SECRET_NAME =
  /secret|token|credential|passw|\.(?:env|pem|key|p12|pfx)$|^\.env|^id_(?:rsa|ecdsa|ed25519)$/i;

const DIRECTORIES = [
  ...["sessions", "bindings", "secrets"] as const,
  ...["migrationBackup", "migrationPending", "migrationUndo"] as const,
];

const pathRows: Rows = [
  error("symbolic_link", {
    of: ({ paths }) => paths.filter(({ kind }) => kind === "symlink"),
    is: "is a symbolic link, which orc does not follow",
    remedy: "put the file or directory itself in its place",
  }),
  error("foreign_kind", {
    of: ({ paths }) => paths.filter(({ kind }) => kind === "other"),
    is: "is neither a file nor a directory",
    remedy: NOT_OURS,
  }),
  error("not_a_directory", {
    of: ({ paths, layout }) =>
      paths.filter(({ path, kind }) =>
        kind === "file" && DIRECTORIES.some((name) => layout[name] === path)
      ),
    is: "is a file where a directory is expected",
    remedy: NOT_OURS,
  }),
  warning("missing_permission", {
    of: ({ paths }) =>
      topmost(paths.filter(lacksPermission)).map(({ path, kind, mode }) => ({
        path,
        message: `"${path}" may not be read or changed by its owner (mode ${
          modeText(mode)
        })`,
        remedy: `chmod ${
          kind === "directory" ? "u+rwx" : "u+rw"
        } "${path}", unless that is meant so`,
      })),
  }),
  warning("writable_by_others", {
    of: ({ paths }) =>
      topmost(
        paths.filter((fact) => isPlain(fact) && allows(fact, OTHERS_WRITE)),
      ).map(({ path, mode }) => ({
        path,
        message:
          `"${path}" may be changed by every user of this machine (mode ${
            modeText(mode)
          })`,
        remedy: `chmod o-w "${path}"`,
      })),
  }),
  // What lies among the secrets is for their own checks to judge.
  warning("secret_readable", {
    of: ({ paths, layout }) =>
      paths.filter((fact) =>
        fact.kind === "file" && SECRET_NAME.test(nameOf(fact.path)) &&
        parentDirectory(fact.path) !== layout.secrets &&
        allows(fact, OTHERS_READ)
      ).map(({ path, mode }) => ({
        path,
        message:
          `"${path}" is named like a secret, and others may read it (mode ${
            modeText(mode)
          })`,
        remedy: `chmod 600 "${path}"`,
      })),
  }),
  error("not_writable", {
    of: ({ unwritable, sessions }) => {
      const logs = new Set(sessions.map(({ log }) => log.path));
      // Any other file is replaced and not changed, which its directory decides.
      const [first, ...others] = topmost(
        unwritable.filter(({ path, kind }) =>
          kind === "directory" || logs.has(path)
        ),
      );
      const more = others.length > 0 ? ` and ${others.length} more` : "";
      return first && {
        path: first.path,
        message:
          `"${first.path}"${more} belongs to user ${first.uid}, who does not let you change it (mode ${
            modeText(first.mode)
          })`,
        remedy: `work as that user, or let that user allow it`,
      };
    },
  }),
  warning("foreign_owner", {
    of: ({ paths, layout: { directory } }) => {
      const owner = paths.find(({ path }) => path === directory)?.uid ?? null;
      const [first, ...others] = paths.filter(({ uid }) =>
        uid !== null && uid !== owner
      );
      const more = others.length > 0 ? ` and ${others.length} more` : "";
      return owner !== null && first && {
        path: first.path,
        message:
          `"${first.path}"${more} belongs to user ${first.uid}, but "${directory}" to user ${owner}`,
        remedy: `sudo chown -R ${owner} "${directory}"`,
      };
    },
  }),
  info("foreign_files", {
    of: ({ foreignNames, layout: { directory: path, current } }) => {
      const names = foreignNames.filter((name) => name !== nameOf(current));
      return names.length > 0 && {
        path,
        message: `"${path}" holds what orc does not use: ${
          listOf(names, MAX_CANDIDATES)
        }`,
      };
    },
    remedy: "leave it to the tool that made it; orc does not touch it",
  }),
];

function lacksPermission(fact: PathFact): boolean {
  const { kind, mode } = fact;
  const needed = kind === "directory" ? OWNER_USES_DIRECTORY : OWNER_USES_FILE;
  return isPlain(fact) && mode !== null && (mode & needed) !== needed;
}

function isPlain({ kind }: PathFact): boolean {
  return kind === "file" || kind === "directory";
}

function allows({ mode }: PathFact, bits: number): boolean {
  return mode !== null && (mode & bits) !== 0;
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

const MIGRATE = "see what would move: orc migrate --dry-run";

const legacyRows: Rows = [
  info("legacy_files", {
    of: ({ legacy: { paths: [path, ...more] }, layout }) =>
      path !== undefined && {
        path,
        message: `"${layout.root}" holds files of the older tool: ${
          listOf([path, ...more].map(nameOf), MAX_CANDIDATES)
        }`,
      },
    remedy: "see whether they would move: orc migrate --dry-run",
  }),
  info("custom_legacy_files", {
    of: ({ legacy: { custom }, layout: { root } }) =>
      custom.length > 0 &&
      `"${root}" holds files that are named like those of the older tool: ${
        listOf(custom, MAX_CANDIDATES)
      }`,
    remedy: "nothing to do: a migration leaves them",
  }),
  error("damaged_legacy_state", {
    of: ({ legacy: { trouble } }) => trouble,
    remedy: "put back a good copy of the file, or move it away",
  }),
  // The new place wins, so that a session in the old one is hidden by any that is open.
  warning("legacy_beside_new", {
    of: ({ legacy, sessions, layout: { directory, legacyState: path } }) =>
      legacy.session?.adoption === "none" &&
      sessions.some(({ state }) => state?.status === "active") && {
        path,
        session: legacy.session.id,
        message:
          `Both "${directory}" and "${path}" hold a session; the first one is used`,
      },
    remedy: MIGRATE,
  }),
  warning("legacy_changed", {
    of: ({ legacy, layout: { directory, legacyState: path } }) =>
      legacy.session?.adoption === "changed" && {
        path,
        session: legacy.session.id,
        message:
          `"${path}" has changed since its session was taken over; that change is not in "${directory}"`,
      },
    remedy: MIGRATE,
  }),
  error("not_readable", { of: ({ legacy }) => legacy.sessionlessTrouble }),
  info("server_state", {
    of: ({ legacy, layout: { sessionlessState: path } }) =>
      legacy.isServer && { path },
    is: "is no session: the older tool's server keeps its data there",
    remedy: "leave it to that server; orc does not touch it",
  }),
];

const CORRECT_IT = "correct it; what counts is shown by: orc config list";

function wrongSettings(facts: DiagnosisFacts, harmless: boolean) {
  return facts.config.troubles.filter(isNews(facts))
    .filter(({ isHarmless = false }) => isHarmless === harmless)
    .map((trouble) => ({
      ...trouble,
      ...trouble.code === "invalid_setting" && { otherCode: trouble.code },
    }));
}

const settingRows: Rows = [
  error("unreadable_config", {
    of: (facts) => wrongSettings(facts, false),
    remedy: CORRECT_IT,
  }),
  warning("invalid_setting", {
    of: (facts) => wrongSettings(facts, true),
    remedy: CORRECT_IT,
  }),
  info("doubtful_setting", {
    of: ({ config }) => config.notes,
    remedy: "see what counts, and from where: orc config list",
  }),
  info("legacy_config", {
    of: ({ config, layout }) =>
      config.legacyFiles.map((path) => ({
        path,
        remedy: nameOf(path) === nameOf(layout.legacyOverrides)
          ? "see whether it would move: orc migrate --dry-run"
          : "keep them one by one: orc config set NAME VALUE --global",
      })),
    is: "holds settings for the older tool, which orc reads",
  }),
  ({ secrets }) => "trouble" in secrets ? [] : secretFindings(secrets),
  warning("unreadable_secrets", {
    of: (facts) => unreadableSecrets(facts, true),
  }),
  // What this process may not look at can be well all the same.
  info("unreadable_secrets", {
    of: (facts) => unreadableSecrets(facts, false),
  }),
];

function unreadableSecrets(facts: DiagnosisFacts, isAllowed: boolean) {
  const { secrets } = facts;
  return "trouble" in secrets && isNews(facts)(secrets.trouble) &&
    (secrets.trouble.code !== "permission_missing") === isAllowed && {
    ...isAllowed && secrets.trouble,
    path: secrets.trouble.path,
    message: `${secrets.trouble.message}; no secret was looked at`,
    remedy: "put that right, then: orc secrets doctor",
  };
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

const storeRows: Rows = [
  ({ store }) =>
    store !== null && "status" in store
      ? storeFindings(store.address, store.status)
      : [],
  // Whom a database does not let in owns no file that could be looked at.
  ({ store }) =>
    store !== null && "trouble" in store
      ? [errorFinding({
        ...store.trouble,
        remedy: store.trouble.hint ??
          "see where sessions are kept: orc store status",
      })]
      : [],
];

const TABLES: readonly Rows[] = [
  repositoryRows,
  pathRows,
  lockRows,
  pointerRows,
  sessionRows,
  legacyRows,
  settingRows,
  machineRows,
  notifyRows,
  storeRows,
];
