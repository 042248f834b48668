/**
 * Publishes the package on JSR from a copy; flags go on to `deno publish`.
 *
 * With `--dry-run` it is checked and goes nowhere; JSR need not be reachable for that.
 *
 * @module
 */
import { stagePackage } from "./jsr/stage.ts";
import { endWith } from "./npm/program.ts";

async function publish(
  root: string,
  flags: readonly string[],
): Promise<number> {
  const stage = await Deno.makeTempDir({ prefix: "orc-publish-" });
  try {
    const isDryRun = flags.includes("--dry-run");
    await stagePackage(root, stage, isDryRun ? "links" : "registry");
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: ["publish", ...flags],
      cwd: stage,
    }).spawn().status;
    return code;
  } finally {
    await Deno.remove(stage, { recursive: true });
  }
}

if (import.meta.main) {
  const root = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
  await endWith(() => publish(root, Deno.args));
}
