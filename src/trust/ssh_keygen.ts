/** Signing and verifying with `ssh-keygen`: no key is ever in the hands of orc. */
import { external, type OrcError } from "../base/error.ts";
import { joinPath } from "../base/path.ts";
import { searchPath } from "../checks/git_program.ts";
import { withScratch } from "../checks/scratch.ts";
import { writeNewFile } from "../files/write.ts";
import { type Host, variableOf } from "../host/host.ts";
import type { ProgramResult } from "../host/request.ts";
import type { Repository } from "../repository/open.ts";
import { readValue } from "../settings/files.ts";
import { keysIn, principalsIn, verifyTime } from "./statement_rules.ts";

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
  throw failed(
    hasAgent
      ? "ssh-agent holds no key of an approver"
      : "no key is named, and there is no ssh-agent",
    "orc config set --global approval_key ~/.ssh/KEY, or add the key: ssh-add",
  );
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
  const args = ["-Y", "sign", "-n", namespace, "-f", key];
  return run(host, site, args, text, SIGN_TIMEOUT_MS);
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
      run(host, site, [...args, ...about], text, VERIFY_TIMEOUT_MS);
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
  args: readonly string[],
  input: string,
  timeoutMs: number,
): Promise<ProgramResult> {
  return await host.runProgram({
    command: ["ssh-keygen", ...args],
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
