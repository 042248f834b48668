/** Signing and verifying with `ssh-keygen`: no key is ever in the hands of orc. */
import { external, type OrcError } from "../base/error.ts";
import { joinPath } from "../base/path.ts";
import { withScratch } from "../checks/scratch.ts";
import { writeNewFile } from "../files/write.ts";
import { type Host, variableOf } from "../host/host.ts";
import { searchPath } from "../host/search_path.ts";
import type { ProgramResult } from "../host/request.ts";
import type { Repository } from "../repository/open.ts";
import { readValue } from "../settings/files.ts";
import {
  keysIn,
  namesOnlyKeys,
  principalsIn,
  verifyTime,
} from "./statement_rules.ts";

/** Long enough for somebody to find the key that blinks. */
const SIGN_TIMEOUT_MS = 120_000;
const VERIFY_TIMEOUT_MS = 30_000;

/** Keys of approvers that are tried with the agent; each takes a moment. */
const MAX_KEYS = 100;

/** Shown while a key may wait for a touch. */
const SIGNING = "Signing: touch the security key if it blinks";

type Site = Pick<Repository, "found" | "layout" | "context">;

/** A text that a key signs, for a purpose that its signature is good for alone. */
export interface Statement {
  readonly text: string;
  /** As `ssh-keygen -n` takes it. */
  readonly namespace: string;
}

/**
 * Signs a statement with the key that a setting names: a private one, or a public one whose other half
 * `ssh-agent` holds. Null where the setting names none.
 *
 * @throws {OrcError} `signing_failed` (external) where the key does not sign
 */
export async function signBySetting(
  host: Host,
  site: Site,
  setting: "approval_key" | "attestation_key",
  statement: Statement,
): Promise<string | null> {
  const named = await readValue(host, site, setting);
  if (typeof named !== "string") return null;
  return await whileShown(host, async () => {
    const key = expanded(host, named);
    const ran = await runSign(host, site, key, statement);
    return signatureFrom(ran, `with "${named}"`);
  });
}

/**
 * Signs a statement with the first of the keys in an `allowed_signers` that `ssh-agent` holds.
 *
 * @throws {OrcError} `signing_failed` (external) where no key signs
 */
export async function signByAgent(
  host: Host,
  site: Site,
  signers: string,
  statement: Statement,
): Promise<string> {
  const keys = keysIn(signers).slice(0, MAX_KEYS);
  const hasAgent = variableOf(host, "SSH_AUTH_SOCK") !== undefined;
  const signed = await whileShown(
    host,
    () =>
      withFiles(host, site, async (put) => {
        for (const [index, key] of hasAgent ? keys.entries() : []) {
          const path = put(`${index}.pub`, `${key}\n`);
          const ran = await runSign(host, site, path, statement);
          if (ran.problem === null && ran.exitCode !== 0) continue;
          return signatureFrom(ran, "");
        }
        return undefined;
      }),
  );
  if (signed !== undefined) return signed;
  throw noKey(hasAgent);
}

function noKey(hasAgent: boolean): OrcError {
  return failed(
    hasAgent
      ? "ssh-agent holds no key of an approver"
      : "no key is named, and there is no ssh-agent",
    "orc config set --global approval_key ~/.ssh/KEY, or add the key: ssh-add",
  );
}

/** The key that will sign, as far as it is known. */
export interface Signer {
  /** As the setting names it; null for one that `ssh-agent` holds. */
  readonly key: string | null;
  /** False only where it is certain that no line of the approvers is about it. */
  readonly isApprover: boolean;
}

/**
 * Finds out which key will sign without signing anything, which may take a passphrase or a touch.
 *
 * @throws {OrcError} `signing_failed` (external) where no key will: it cannot be read, `ssh-agent` holds
 *   none of an approver, or `ssh-keygen` cannot run
 */
export async function findSigner(
  host: Host,
  site: Site,
  setting: "approval_key",
  signers: string,
): Promise<Signer> {
  const named = await readValue(host, site, setting);
  const keys = keysIn(signers);
  const theirs = await withFiles(host, site, (put) => {
    const text = keys.map((key) => `${key}\n`).join("");
    return fingerprints(host, site, put("keys", text));
  });
  if (theirs.problem !== null) {
    throw failed(`ssh-keygen did not run: ${theirs.problem}`, INSTALL);
  }
  if (typeof named !== "string") {
    await assertAgentHolds(host, site, keys.slice(0, MAX_KEYS));
    return { key: null, isApprover: true };
  }
  const own = await fingerprints(host, site, expanded(host, named));
  if (own.exitCode !== 0) {
    throw failed(
      `ssh-keygen cannot read the key "${named}": ${complaintOf(own)}`,
      "name a key that is there: orc config set --global approval_key ~/.ssh/KEY",
    );
  }
  const [print] = printsIn(own.stdout);
  const isTold = print !== undefined && theirs.exitCode === 0;
  // Where a line names an authority, only a signature can tell.
  if (!isTold || !namesOnlyKeys(signers)) {
    return { key: named, isApprover: true };
  }
  return { key: named, isApprover: printsIn(theirs.stdout).includes(print) };
}

async function assertAgentHolds(
  host: Host,
  site: Site,
  keys: readonly string[],
): Promise<void> {
  if (variableOf(host, "SSH_AUTH_SOCK") === undefined) throw noKey(false);
  const held = await run(host, site, ["ssh-add", "-L"], "", VERIFY_TIMEOUT_MS);
  // Without the program only a signature can tell.
  if (held.problem !== null) return;
  const lines = held.exitCode === 0 ? held.stdout.split("\n") : [];
  const isHeld = lines.some((line) =>
    keys.includes(line.split(" ").slice(0, 2).join(" "))
  );
  if (!isHeld) throw noKey(true);
}

function fingerprints(
  host: Host,
  site: Site,
  path: string,
): Promise<ProgramResult> {
  const command = ["ssh-keygen", "-l", "-f", path];
  return run(host, site, command, "", VERIFY_TIMEOUT_MS);
}

/** What identifies keys, in a line for each: `256 SHA256:… comment (ED25519)`. */
function printsIn(output: string): readonly string[] {
  return output.match(/SHA256:[A-Za-z0-9+/]+/g) ?? [];
}

async function whileShown<Result>(
  { terminal }: Host,
  work: () => Promise<Result>,
): Promise<Result> {
  terminal.showProgress(SIGNING);
  try {
    return await work();
  } finally {
    terminal.showProgress(undefined);
  }
}

function expanded(host: Host, path: string): string {
  const home = host.homeDirectory();
  return path.startsWith("~/") && home !== undefined
    ? joinPath(home, path.slice(2))
    : path;
}

function runSign(
  host: Host,
  site: Site,
  key: string,
  { text, namespace }: Statement,
): Promise<ProgramResult> {
  const command = ["ssh-keygen", "-Y", "sign", "-n", namespace, "-f", key];
  return run(host, site, command, text, SIGN_TIMEOUT_MS);
}

/** The armour, and nothing that a program put around it. */
const ARMOUR =
  /-----BEGIN SSH SIGNATURE-----\n[A-Za-z0-9+/=\n]+-----END SSH SIGNATURE-----\n/;

function signatureFrom(ran: ProgramResult, how: string): string {
  const [text] = ARMOUR.exec(ran.stdout.replaceAll("\r\n", "\n")) ?? [];
  if (ran.exitCode === 0 && text !== undefined) return text;
  throw failed(
    `ssh-keygen did not sign${how && ` ${how}`}: ${complaintOf(ran)}`,
    ran.problem === null
      ? "a key with a passphrase signs from ssh-agent: ssh-add"
      : INSTALL,
  );
}

const INSTALL = "install OpenSSH 8.9 or later, in Debian openssh-client";

function failed(because: string, hint: string): OrcError {
  return external("signing_failed", `Cannot sign: ${because}`, hint);
}

function complaintOf({ problem, stderr, stdout, exitCode }: ProgramResult) {
  const [line] = `${stderr}\n${stdout}`.split("\n").map((one) => one.trim())
    .filter((one) => one !== "" && !/^Signing data/.test(one));
  return problem ?? line ?? `it ended with ${exitCode}`;
}

/** Who signed, or why nobody did whose signature counts. */
export type Judgement =
  | { readonly principal: string }
  | { readonly problem: string };

/**
 * Verifies a signature under a statement, as of an instant, or as of now.
 *
 * @throws {OrcError} `signing_failed` (external) where `ssh-keygen` cannot run
 */
export async function judgeSignature(
  host: Host,
  site: Site,
  { text, namespace }: Statement,
  { signature, signers, at }: {
    /** In its armour. */
    readonly signature: string;
    /** In the form of OpenSSH's `allowed_signers`. */
    readonly signers: string | Uint8Array;
    readonly at?: string;
  },
): Promise<Judgement> {
  return await withFiles(host, site, async (put) => {
    const about = [
      ...["-f", put("signers", signers)],
      ...["-s", put("signature", `${signature.trimEnd()}\n`)],
      ...at === undefined ? [] : [`-Overify-time=${verifyTime(at)}`],
    ];
    const ask = (...args: readonly string[]) =>
      run(
        host,
        site,
        ["ssh-keygen", ...args, ...about],
        text,
        VERIFY_TIMEOUT_MS,
      );
    const found = await ask("-Y", "find-principals");
    const names = found.exitCode === 0 ? principalsIn(found.stdout) : [];
    let last = found;
    for (const principal of names) {
      last = await ask("-Y", "verify", "-n", namespace, "-I", principal);
      if (last.exitCode === 0) return { principal };
    }
    if (last.problem !== null) throw failed(complaintOf(last), INSTALL);
    return { problem: complaintOf(last) };
  });
}

async function run(
  host: Host,
  { found, context }: Site,
  command: readonly string[],
  input: string,
  timeoutMs: number,
): Promise<ProgramResult> {
  return await host.runProgram({
    command,
    workingDirectory: found.workingTree,
    timeoutMs,
    input,
    // Times in a file of approvers mean the same on every machine.
    variables: {
      ...searchPath(host, found.workingTree),
      TZ: "UTC",
      LC_ALL: "C",
    },
    signal: context.signal,
  });
}

/** Writes a file that only this user can read, and returns its path. */
type Put = (name: string, content: string | Uint8Array) => string;

/** Gives `ssh-keygen` files for a moment: it takes only one thing from its input. */
async function withFiles<Result>(
  host: Host,
  { layout }: Site,
  work: (put: Put) => Promise<Result>,
): Promise<Result> {
  return await withScratch(
    host,
    layout,
    "give files to ssh-keygen",
    (directory) =>
      work((name, content) => {
        const path = joinPath(directory, name);
        writeNewFile(path, content, 0o600);
        return path;
      }),
  );
}
