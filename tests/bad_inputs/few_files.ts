/**
 * Keeps notes in the session of the working directory while more and more files can be opened,
 * and prints the exit code of each try. To be run with a low limit.
 */
import { main } from "../../src/cli/main.ts";
import { denoHost } from "../../src/host/deno_host.ts";

const MAX_FREE = 6;

const host = {
  ...denoHost(),
  caller: () => ({ agent: null, approval: null }),
};
// What is loaded now needs no file later, when a command fails either.
await main(["note", ""], host);
await main(["note", "with all files"], host);
const files: Deno.FsFile[] = [];
try {
  for (;;) files.push(Deno.openSync("/dev/null"));
} catch {
  for (let free = 0; free < MAX_FREE; free++) {
    const code = await main(["note", `with ${free} files`], host);
    console.log(`${free} ${code}`);
    files.pop()?.close();
  }
}
