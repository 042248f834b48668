import { listCheckpoints } from "../../src/checkpoints/list_checkpoints.ts";
import { saveCheckpoint } from "../../src/checkpoints/use.ts";
import { startSession } from "../../src/work/start.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import {
  fixedHost,
  GIT_LS_FILES,
  idOf,
  refusalOf,
  withoutTrace,
  withRoot,
  withSession,
} from "../work/fixtures.ts";
import { assertEquals } from "@std/assert";

const PROGRAMS = { [GIT_LS_FILES]: { exitCode: 128 } };
const PYTHON = "tests/testdata/python-projects";

async function save(
  root: string,
  number: number,
  session?: string,
): Promise<string> {
  const at = `2026-03-01T10:00:0${number}Z`;
  const host = fixedHost({ number, at, programs: PROGRAMS });
  return (await saveCheckpoint(host, { root, session })).id;
}

Deno.test("listCheckpoints() lists those of the session, newest first, and writes nothing", () =>
  withSession(async (root) => {
    const first = await save(root, 1);
    const second = await save(root, 2);
    const { checkpoints, warnings, place } = await withoutTrace(
      root,
      () => listCheckpoints(fixedHost(), { root }),
    );
    assertEquals(checkpoints.map(({ id }) => id), [second, first]);
    assertEquals([warnings, place.session], [[], idOf(0, 0)]);
  }));

Deno.test("listCheckpoints() lists those of the Python tool, without those of other workflows", () =>
  withRoot({}, async (root) => {
    writeTree(root, readTree(`${PYTHON}/cp`));
    const own = await listCheckpoints(fixedHost(), { root });
    assertEquals(own.checkpoints.length, 5);
    assertEquals(own.warnings.length, 1);
    const all = await listCheckpoints(fixedHost(), { root, all: true });
    assertEquals(all.checkpoints.length, 7);
  }));

Deno.test("listCheckpoints() lists those of all sessions, whatever is wrong with one", () =>
  withSession(async (root) => {
    const first = await save(root, 1);
    const host = fixedHost({ number: 5 });
    const options = { root, task: "Other", beside: true };
    await startSession(host, options);
    const second = await save(root, 2, idOf(5, 0));
    const third = fixedHost({ number: 6 });
    await startSession(third, options);
    writeTree(`${root}/.orchestrator/sessions/${idOf(6, 0)}`, {
      checkpoints: "a file",
    });
    const { checkpoints, warnings, place } = await listCheckpoints(host, {
      root,
      all: true,
    });
    assertEquals(checkpoints.map(({ id, session }) => [id, session]), [
      [second, idOf(5, 0)],
      [first, idOf(0, 0)],
    ]);
    assertEquals([warnings.length, place.session], [1, null]);
    const session = idOf(6, 0);
    const error = await refusalOf(() =>
      listCheckpoints(host, { root, session })
    );
    assertEquals([error.kind, error.code], ["corrupt", "not_a_directory"]);
  }));
