/** Signing and verifying with `ssh-keygen`: no key is ever in the hands of orc. */
import { external, type OrcError } from "../base/error.ts";
import { joinPath } from "../base/path.ts";
import { searchPath } from "../checks/git_program.ts";
import { makeCache } from "../checks/tree_cache.ts";
import { asOrcError } from "../files/errors.ts";
import { guardPath } from "../files/read.ts";
import { removeIfThere, writeNewFile } from "../files/write.ts";
import { type Host, variableOf } from "../host/host.ts";
import type { ProgramResult } from "../host/request.ts";
import type { Repository } from "../repository/open.ts";
import { readValue } from "../settings/files.ts";
import type { Approvers } from "./approvers.ts";
import {
  keysIn,
  NAMESPACE,
  principalsIn,
  type Signature,
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

/**
 * Signs a statement with the key of the setting `approval_key`, else with one of the approvers' that
 * `ssh-agent` holds. Returns the signature in its armour.
 *
 * @throws {OrcError} `signing_failed` (external) where no key signs
 */
export async function sign(
  host: Host,
  site: Site,
  statement: string,
  approvers: Approvers,
): Promise<string> {
  const named = await readValue(host, site, "approval_key");
  host.terminal.showProgress(SIGNING);
  try {
    if (typeof named === "string") {
      const path = expanded(host, named);
      return signatureFrom(
        await runSign(host, site, path, statement),
        `with "${named}"`,
      );
    }
    return await withFiles(host, site, async (put) => {
      return await signByAgent(host, site, put, { statement, approvers });
    });
  } finally {
    host.terminal.showProgress(undefined);
  }
}

async function signByAgent(
  host: Host,
  site: Site,
  put: Put,
  { statement, approvers }: {
    readonly statement: string;
    readonly approvers: Approvers;
  },
): Promise<string> {
  const keys = keysIn(approvers.text).slice(0, MAX_KEYS);
  const hasAgent = variableOf(host, "SSH_AUTH_SOCK") !== undefined;
  for (const [index, key] of hasAgent ? keys.entries() : []) {
    const path = put(`${index}.pub`, `${key}\n`);
    const ran = await runSign(host, site, path, statement);
    if (ran.problem !== null) return signatureFrom(ran, "");
    if (ran.exitCode === 0) return signatureFrom(ran, "");
  }
  throw failed(
    hasAgent
      ? "ssh-agent holds no key of an approver"
      : "no key is named, and there is no ssh-agent",
    "orc config set --global approval_key ~/.ssh/KEY, or add the key: ssh-add",
  );
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
  statement: string,
): Promise<ProgramResult> {
  const args = ["-Y", "sign", "-n", NAMESPACE, "-f", key];
  return run(host, site, args, statement, SIGN_TIMEOUT_MS);
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
 * Verifies a signature under a statement, as of the time it was made.
 *
 * @throws {OrcError} `signing_failed` (external) where `ssh-keygen` cannot run
 */
export async function judgeSignature(
  host: Host,
  site: Site,
  statement: string,
  { text, at }: Pick<Signature, "text" | "at">,
  approvers: Approvers,
): Promise<Judgement> {
  return await withFiles(host, site, async (put) => {
    const signers = put("approvers", approvers.text);
    const signature = put("signature", text);
    const about = ["-f", signers, "-s", signature];
    const time = `-Overify-time=${verifyTime(at)}`;
    const ask = (...args: readonly string[]) =>
      run(host, site, [...args, time], statement, VERIFY_TIMEOUT_MS);
    const found = await ask("-Y", "find-principals", ...about);
    const names = found.exitCode === 0 ? principalsIn(found.stdout) : [];
    let last = found;
    for (const principal of names) {
      last = await ask(
        ...["-Y", "verify", "-n", NAMESPACE, "-I", principal],
        ...about,
      );
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
type Put = (name: string, text: string) => string;

/** Gives `ssh-keygen` files for a moment: it takes only one thing from its input. */
async function withFiles<Result>(
  host: Host,
  { layout }: Site,
  work: (put: Put) => Promise<Result>,
): Promise<Result> {
  const directory = `${layout.cache}/signing.${host.newToken()}`;
  try {
    guardPath(layout.root, directory);
    makeCache(layout.cache, directory);
  } catch (error) {
    throw asOrcError(error, "write", directory);
  }
  try {
    return await work((name, text) => {
      const path = joinPath(directory, name);
      writeNewFile(path, text, 0o600);
      return path;
    });
  } finally {
    removeIfThere(directory, true);
  }
}
