import { repositoryLayout, sessionLayout } from "../../src/base/layout.ts";
import { decide } from "../../src/engine/decide.ts";
import { denoHost } from "../../src/host/deno_host.ts";
import { openRepository } from "../../src/repository/open.ts";
import { startSession } from "../../src/work/start.ts";
import { decodeDefinition } from "../../src/workflow/definition.ts";
import type { Caller } from "../../src/workflow/types.ts";
import { medianOf, type Row, timeOf, withBenchDirectory } from "./row.ts";

const UPDATES = 200;
const WARM_UPS = 20;
const CALLER: Caller = { agent: null, approval: null };

/** A durable update against a bare loop that writes, syncs, renames and appends the same bytes. */
export function measureUpdate(): Promise<Row> {
  return withBenchDirectory(async (directory) => {
    const host = denoHost();
    const options = { root: directory };
    const { place } = await startSession(host, {
      ...options,
      task: "Measure an update",
    });
    const id = place.session ?? "";
    const { store } = openRepository(host, options);
    const update = async (count: number): Promise<void> => {
      await store.update(
        id,
        ({ state }, at) =>
          decide(decodeDefinition(state.definition), state, {
            type: "refuse_approval",
            request: `update ${count}`,
            itemId: null,
          }, { at, caller: CALLER }),
      );
    };
    const paths = sessionLayout(repositoryLayout(directory).root, id);
    const bare = bareLoop(
      `${directory}/bare`,
      await Deno.readFile(paths.state),
      lastLineOf(await Deno.readTextFile(paths.log)),
    );
    const own: number[] = [];
    const reference: number[] = [];
    for (let count = 0; count < WARM_UPS + UPDATES; count++) {
      const updateMs = await timeOf(() => update(count));
      const bareMs = await timeOf(() => Promise.resolve(bare()));
      if (count < WARM_UPS) continue;
      own.push(updateMs);
      reference.push(bareMs);
    }
    return {
      what: `durable update, median of ${UPDATES}`,
      milliseconds: medianOf(own),
      reference: "write+fsync+rename+append+fsync of the same bytes",
      referenceMilliseconds: medianOf(reference),
      target: "≤ 2.0",
    };
  });
}

/** Makes the least that a durable update can do. */
export function bareLoop(
  directory: string,
  state: Uint8Array,
  line: Uint8Array,
): () => void {
  Deno.mkdirSync(directory);
  return () => {
    const temporary = `${directory}/state.tmp`;
    writeAndSync(temporary, state, { write: true, createNew: true });
    Deno.renameSync(temporary, `${directory}/state.json`);
    writeAndSync(`${directory}/log.jsonl`, line, {
      append: true,
      create: true,
    });
  };
}

function writeAndSync(
  path: string,
  bytes: Uint8Array,
  options: Deno.OpenOptions,
): void {
  const file = Deno.openSync(path, options);
  file.writeSync(bytes);
  file.syncSync();
  file.close();
}

export function lastLineOf(log: string): Uint8Array {
  const line = log.trimEnd().split("\n").at(-1) ?? "";
  return new TextEncoder().encode(`${line}\n`);
}
