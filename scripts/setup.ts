/**
 * Makes `orc` a program of this machine, built from this clone, and with a task starts a session
 * for it. `deno task uninstall` takes it away again.
 *
 * @module
 */
import { endWith } from "./npm/program.ts";
import { installProgram, isFoundByShells } from "./setup/install.ts";

async function setUp(root: string, task: string | undefined): Promise<number> {
  console.log("Building orc …");
  const { program, binDirectory } = await installProgram(root);
  console.log(`Installed ${program}; to take it away: deno task uninstall`);
  if (!await isFoundByShells(program)) {
    console.log(
      `Shells do not find it yet; put this into your profile:\n  export PATH="${binDirectory}:$PATH"`,
    );
  }
  if (task === undefined) return 0;
  const { code } = await new Deno.Command(program, {
    args: ["start", task],
    cwd: Deno.env.get("INIT_CWD") ?? root,
  }).spawn().status;
  return code;
}

if (import.meta.main) {
  const root = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
  await endWith(() => setUp(root, Deno.args[0]));
}
