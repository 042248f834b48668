import { type Proof, quickProofs, slowProofs } from "./proofs.ts";

/** Installs the package as its users do and runs what they run. Says how each proof ended. */
export async function provePackage(
  root: string,
  packageDirectory: string,
): Promise<boolean> {
  const directory = await Deno.makeTempDir({ prefix: "orc-proof-" });
  try {
    const bench = { root, package: packageDirectory, directory };
    let failed = 0;
    const proofs = [...quickProofs(bench), ...slowProofs(bench)];
    for (const proof of proofs) failed += await holds(proof) ? 0 : 1;
    console.log(`${proofs.length - failed} passed, ${failed} failed`);
    return failed === 0;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function holds({ name, run }: Proof): Promise<boolean> {
  const startedAtMs = performance.now();
  const seconds = () =>
    `${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`;
  try {
    const seen = await run();
    console.log(`ok      ${name}: ${seen} (${seconds()})`);
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.log(`FAILED  ${name} (${seconds()})\n${reason}`);
    return false;
  }
}
