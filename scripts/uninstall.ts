/**
 * Takes away what `deno task setup` put on this machine, and what was built in this clone.
 *
 * @module
 */
import { endWith } from "./npm/program.ts";
import { removeTree } from "./npm/stage.ts";
import { uninstallProgram } from "./setup/install.ts";

async function uninstall(root: string): Promise<number> {
  const removed = await uninstallProgram(root);
  for (const path of removed) console.log(`Removed ${path}`);
  if (removed.length === 0) console.log("orc is not installed");
  for (const built of ["dist", "npm"]) await removeTree(`${root}/${built}`);
  return 0;
}

if (import.meta.main) {
  const root = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
  await endWith(() => uninstall(root));
}
