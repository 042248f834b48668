/**
 * Makes `dist/orc`, a binary that needs nothing else. Deno fetches the part that runs it from
 * dl.deno.land; where that cannot be reached, this says so and ends with exit code 7.
 *
 * @module
 */
import { MAIN, replaceProgram } from "./build/program.ts";

const SOURCE = "https://dl.deno.land";
const PATIENCE_MS = 5_000;
const EXIT_EXTERNAL = 7;

/** What orc asks for at most; the paths are not known when it is compiled. */
const PERMISSIONS = ["read", "write", "env", "run", "sys"];

async function isReachable(): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(SOURCE, { method: "HEAD", signal });
    await response.body?.cancel();
    return true;
  } catch {
    // However it fails, nothing can be fetched from there.
    return false;
  }
}

async function compile(): Promise<number> {
  const root = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
  await replaceProgram(root, `${root}/dist/program`);
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    cwd: root,
    args: [
      "compile",
      "--quiet",
      "--no-prompt",
      ...PERMISSIONS.map((name) => `--allow-${name}`),
      "--no-config",
      "--output=dist/orc",
      // Chunks that are loaded later are seen by nobody.
      "--include=dist/program",
      `dist/program/${MAIN}`,
    ],
  }).output();
  if (code === 0) console.log("dist/orc");
  if (code === 0 || await isReachable()) {
    await Deno.stderr.write(stderr);
    return code;
  }
  console.error(
    `Cannot compile orc: Deno gets what a binary needs from ${SOURCE}, which cannot be reached from here\n` +
      "Try: deno task bundle, for one file that deno and node run",
  );
  return EXIT_EXTERNAL;
}

if (import.meta.main) Deno.exit(await compile());
