import {
  errorFinding,
  type Finding,
  infoFinding,
  warningFinding,
} from "../base/finding.ts";
import { MAX_CANDIDATES } from "../base/limits.ts";
import { nameOf, parentDirectory } from "../base/path.ts";
import { listOf } from "../base/text.ts";
import type { DiagnosisFacts, PathFact } from "./diagnosis_facts.ts";

/** What lies in `.orchestrator/`, and who may do what with it. */
export const pathChecks = [
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
