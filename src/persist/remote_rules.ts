/** What git says when it reaches a remote, or does not. */
import { denied, external, type OrcError } from "../base/error.ts";
import { withoutUser } from "../fetch/address_rules.ts";

/** How a push of one reference ended. */
export type PushEnd =
  | { readonly kind: "done" }
  /** The remote is not as it was seen last: to be looked at again. */
  | { readonly kind: "stale"; readonly reason: string }
  /** The remote does not take it, however often it is tried. */
  | { readonly kind: "refused"; readonly reason: string };

/** What passes by itself, or once the remote was looked at again. */
const PASSING =
  /stale info|fetch first|non-fast-forward|cannot lock ref|incorrect old value|failed to update ref|reference already exists/;

/** Reads what `git push --porcelain` prints of each reference, by its name there. */
export function pushEnds(output: string): ReadonlyMap<string, PushEnd> {
  const ends = new Map<string, PushEnd>();
  for (const line of output.split("\n")) {
    const [, flag, ref = "", summary = ""] =
      /^([ +\-*!=])\t[^\t]*:([^\t]+)\t(.*)$/.exec(line) ?? [];
    if (flag === undefined) continue;
    const [, reason = summary] = /\((.*)\)$/.exec(summary) ?? [];
    const kind = PASSING.test(reason) ? "stale" : "refused";
    ends.set(ref, flag === "!" ? { kind, reason } : { kind: "done" });
  }
  return ends;
}

type Row = readonly [
  says: RegExp,
  make: (remote: string, said: string) => OrcError,
];

/** The first that fits counts: some of what git says stands behind several causes. */
const ROWS: readonly Row[] = [
  [
    /could not read (?:Username|Password)|terminal prompts disabled|Authentication failed|Permission denied \(|Host key verification failed|error: 401/i,
    (remote, said) =>
      denied("remote_auth", `"${remote}" does not let orc in: ${said}`, {
        hint:
          `let git in without a question, with a credential helper or a key: git ls-remote ${remote}`,
      }),
  ],
  [
    /error: 403|hook declined|protected branch|Permission to \S+ denied|not allowed to|denied by/i,
    (remote, said) => refusedBy(remote, said),
  ],
  [
    /does not appear to be a git repository|repository .*not found|does not exist/i,
    (remote, said) =>
      external("no_remote", `There is no repository at "${remote}": ${said}`, {
        hint: `see where it leads: git remote get-url ${remote}`,
      }),
  ],
];

/** The error for what git says on standard error when it could not do what it was to do there. */
export function problemOf(remote: string, errors: string): OrcError {
  const said = saying(errors);
  const row = ROWS.find(([says]) => says.test(errors));
  if (row !== undefined) return row[1](remote, said);
  return external("remote_unreachable", `Cannot reach "${remote}": ${said}`, {
    hint: "try again later; what is here is not changed",
  });
}

/** What the remote says where it would take it, but cannot. */
const CANNOT =
  /unpacker error|unpack failed|unable to migrate objects|missing necessary objects/;

/** Why a remote does not take what is sent, however often that is tried. */
export function notTaken(remote: string, reason: string): OrcError {
  return CANNOT.test(reason)
    ? external(
      "remote_unreachable",
      `"${remote}" cannot store it: ${reason}`,
      { hint: "try again once its disk is well; what is here is not changed" },
    )
    : refusedBy(remote, reason);
}

/** The way on where a host lets an agent push only certain branches. */
export function refusedBy(
  remote: string,
  reason: string,
  branch = "claude/orchestrator-state",
): OrcError {
  return denied("remote_refused", `"${remote}" refuses it: ${reason}`, {
    hint:
      `see what it takes: orc persist probe; a branch may pass: orc config set state_branch ${branch}`,
  });
}

/** The line that says most, without what could let somebody in. */
function saying(errors: string): string {
  const lines = errors.split("\n").map((line) => line.trim()).filter(Boolean);
  const fatal = lines.find((line) => /^(?:fatal|error): /.test(line)) ??
    lines[0] ?? "git says nothing";
  return withoutUser(fatal.replaceAll(/^(?:fatal|error): |\.$/g, ""));
}
