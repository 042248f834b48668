/** Signs texts with a key of OpenSSH, and tells whose signature a text bears. */
import { external } from "../base/error.ts";
import type { RepositoryLayout } from "../base/layout.ts";
import { joinPath } from "../base/path.ts";
import { searchPath } from "../checks/git_program.ts";
import { writeNewFile } from "../files/write.ts";
import type { Host, ProgramResult } from "../host/host.ts";
import { withScratch } from "./checkout.ts";

/** A key that has to be touched waits for a hand. */
const SIGN_TIMEOUT_MS = 60_000;

/**
 * Signs a text with a private key, or with that of a public one which an agent holds.
 *
 * @throws {OrcError} `signing_failed` (external)
 */
export async function sign(
  host: Host,
  workingTree: string,
  { text, key, namespace }: {
    readonly text: string;
    /** A file. */
    readonly key: string;
    readonly namespace: string;
  },
): Promise<string> {
  const words = ["-Y", "sign", "-q", "-f", key, "-n", namespace];
  const { stdout, ...ended } = await runKeygen(host, workingTree, words, text);
  if (ended.exitCode === 0) return stdout.trim();
  const [line = ""] = (ended.problem ?? ended.stderr).trim().split("\n");
  throw external("signing_failed", `Cannot sign with "${key}": ${line}`, {
    path: key,
    hint:
      "name a key that ssh-keygen -Y sign can use without asking: orc config set --global attestation_key FILE",
  });
}

/** Whose signature a text bears, of those that a file of allowed signers names; null for nobody's. */
export async function signerOf(
  host: Host,
  layout: RepositoryLayout,
  { text, signature, signers, namespace }: {
    readonly text: string;
    readonly signature: string;
    /** In OpenSSH's format of allowed signers. */
    readonly signers: string | Uint8Array;
    readonly namespace: string;
  },
): Promise<string | null> {
  return await withScratch(host, layout, async (scratch) => {
    const [sig, allowed] = ["signature", "signers"].map((name) =>
      joinPath(scratch, name)
    ) as [string, string];
    writeNewFile(sig, `${signature}\n`);
    writeNewFile(allowed, signers);
    const files = ["-s", sig, "-f", allowed];
    const find = ["-Y", "find-principals", ...files];
    const { stdout, exitCode } = await runKeygen(host, layout.root, find);
    const [principal] = stdout.trim().split("\n");
    if (exitCode !== 0 || !principal) return null;
    const verify = ["-Y", "verify", "-I", principal, "-n", namespace, ...files];
    const verified = await runKeygen(host, layout.root, verify, text);
    return verified.exitCode === 0 ? principal : null;
  });
}

/** Who works in a tree must not put another program in the place of the one that signs. */
async function runKeygen(
  host: Host,
  workingTree: string,
  words: readonly string[],
  input?: string,
): Promise<ProgramResult> {
  return await host.runProgram({
    command: ["ssh-keygen", ...words],
    workingDirectory: workingTree,
    timeoutMs: SIGN_TIMEOUT_MS,
    // Nobody is there to type into a window.
    variables: {
      ...searchPath(host, workingTree),
      SSH_ASKPASS_REQUIRE: "never",
      LC_ALL: "C",
    },
    ...input === undefined ? {} : { input },
  });
}
