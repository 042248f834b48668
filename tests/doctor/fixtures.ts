import type { Finding } from "../../src/base/finding.ts";
import { diagnoseRepository } from "../../src/doctor/use.ts";
import type { Liveness } from "../../src/files/lock_record.ts";
import { fixedHost } from "../work/fixtures.ts";

/** What the machine itself is like is not for these tests to judge. */
const OF_THE_MACHINE: ReadonlySet<string> = new Set([
  "disk_space_low",
  "network_file_system",
  "no_hard_links",
  "read_only_file_system",
]);

/** All findings in a repository but those about the machine. */
export async function findingsIn(
  root: string,
  liveness: Liveness = "alive",
): Promise<readonly Finding[]> {
  const programs = { "git credential fill": { exitCode: 128 } };
  const host = { ...fixedHost({ programs }), livenessOf: () => liveness };
  const { findings } = await diagnoseRepository(host, { root });
  return findings.filter(({ code }) => !OF_THE_MACHINE.has(code));
}

/** Codes of {@linkcode findingsIn}. */
export async function codesIn(
  root: string,
  liveness?: Liveness,
): Promise<readonly string[]> {
  return (await findingsIn(root, liveness)).map(({ code }) => code);
}
