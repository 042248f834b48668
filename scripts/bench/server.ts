import { sessionLayout } from "../../src/base/layout.ts";
import { denoHost } from "../../src/host/deno_host.ts";
import { openRepository } from "../../src/library/repository.ts";
import { buildPackage } from "../npm/build.ts";
import { installInto, pack } from "../npm/install.ts";
import { run } from "../npm/program.ts";
import { proveConsumer, TYPE_CHECKER } from "../npm/prove_types.ts";
import { type Row, timeOf, withBenchDirectory } from "./row.ts";
import { bareLoop, lastLineOf } from "./update.ts";

const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
const SESSIONS = 1000;
const UPDATES = 10_000;
const ENDURANCE = [String(SESSIONS), String(UPDATES)];

/** Changes of one session that one process asks for at once, through a handle of the library. */
export function measureServer(count: number): Promise<Row> {
  return withBenchDirectory(async (root) => {
    const repository = await openRepository({ root, host: denoHost() });
    const session = await repository.start("Measure a server");
    const { state, log } = sessionLayout(root, session.id ?? "");
    const firstBytes = (await Deno.stat(state)).size;
    const ownMs = await timeOf(async () => {
      const notes = Array.from({ length: count }, (_, number) => number);
      await Promise.all(notes.map((number) => session.note(`note ${number}`)));
    });
    // Each note stays in the state, which grows meanwhile.
    const last = await Deno.readFile(state);
    const bare = bareLoop(
      `${root}/bare`,
      last.subarray(0, (firstBytes + last.length) / 2),
      lastLineOf(await Deno.readTextFile(log)),
    );
    const bareMs = await timeOf(async () => {
      for (let done = 0; done < count; done++) await Promise.resolve(bare());
    });
    const rate = Math.round(count / ownMs * 1000);
    return {
      what: `${count} notes at once by one process (${rate}/s), each`,
      milliseconds: ownMs / count,
      reference: "write+fsync+rename+append+fsync of as many bytes",
      referenceMilliseconds: bareMs / count,
      target: "for comparison",
    };
  });
}

/** What memory a server keeps that goes on for long; returns a line of text. */
export async function measureEndurance(): Promise<readonly string[]> {
  const said = await run([
    Deno.execPath(),
    "run",
    "-A",
    "--v8-flags=--expose-gc",
    `${ROOT}/tests/npm/endurance.ts`,
    ...ENDURANCE,
  ], { cwd: ROOT });
  return [enduranceText("Deno", said)];
}

/** The same on the Node that is installed, with the npm package as it would be published. */
export function measureEnduranceOnNode(): Promise<readonly string[]> {
  return withBenchDirectory(async (directory) => {
    const built = `${directory}/npm`;
    await buildPackage(ROOT, { directory: built, isOffline: true });
    const project = `${directory}/project`;
    const { path } = await pack(built, directory);
    await installInto(project, [path, ...TYPE_CHECKER]);
    const runs = [ENDURANCE];
    const [said = ""] = await proveConsumer(ROOT, project, "endurance", runs);
    const node = await run(["node", "--version"], { cwd: project });
    return [enduranceText(`Node ${node.trim()}`, said)];
  });
}

function enduranceText(runtime: string, said: string): string {
  const { stored, rejected, warnings, grownBytes } = JSON.parse(said);
  const grown = (grownBytes / 1024 / 1024).toFixed(1);
  return `${UPDATES} updates of ${SESSIONS} sessions by one process on ${runtime}: ${stored} stored, ${rejected.length} refused, ${warnings.length} warnings; memory grew by ${grown} MB from update ${
    UPDATES / 5
  } on`;
}
