import { saveCheckpoint } from "../../src/checkpoints/use.ts";
import { abandonSession } from "../../src/work/finish_session.ts";
import { startItem } from "../../src/work/item.ts";
import { readTree } from "../files/temporary.ts";
import {
  fixedHost,
  GIT_LS_FILES,
  idOf,
  LEGACY_ID,
  legacyState,
  refusalWithoutTrace,
  withRoot,
  withSession,
} from "../work/fixtures.ts";
import { assert, assertEquals } from "@std/assert";

const NO_GIT = { [GIT_LS_FILES]: { exitCode: 128 } };

Deno.test("saveCheckpoint() keeps message, decisions, files and what is worked on", () =>
  withSession(async (root) => {
    await startItem(fixedHost({ number: 1 }), { root, itemId: "plan" });
    const programs = { [GIT_LS_FILES]: { stdout: "src/a.ts\0docs/b.md\0" } };
    const host = fixedHost({ number: 2, programs });
    const saved = await saveCheckpoint(host, {
      root,
      message: " Before the merge ",
      decisions: ["Tokens live an hour", " "],
      files: ["docs/b.md", "x.ts"],
    });
    assertEquals(saved.message, "Before the merge");
    assertEquals(saved.decisions, ["Tokens live an hour"]);
    assertEquals(saved.files, ["docs/b.md", "x.ts", "src/a.ts"]);
    assertEquals([saved.phase, saved.item], ["PLAN", "plan"]);
    assertEquals(
      host.requests.map(({ workingDirectory }) => workingDirectory),
      [root, root],
    );
    const file = JSON.parse(Deno.readTextFileSync(saved.path));
    assertEquals(file.checkpoint_id, saved.id);
    assertEquals(file.file_manifest, saved.files);
    assertEquals(file.workflow_state_snapshot.metadata.orc.serial, 2);
  }));

Deno.test("saveCheckpoint() changes nothing of the session", () =>
  withSession(async (root) => {
    const before = readTree(root);
    const host = fixedHost({ number: 2, programs: NO_GIT });
    const { path, files, message } = await saveCheckpoint(host, { root });
    assertEquals([files, message], [[], null]);
    const after = Object.entries(readTree(root));
    const name = path.slice(root.length + 1);
    const directory = `.orchestrator/sessions/${idOf(0, 0)}/checkpoints/`;
    const rest = after.filter(([key]) => key !== name && key !== directory);
    assertEquals(Object.fromEntries(rest), before);
    assert(after.some(([key]) => key === name));
  }));

Deno.test("saveCheckpoint() adopts a legacy session first", () =>
  withRoot({ ".workflow_state.json": legacyState() }, async (root) => {
    const host = fixedHost({ programs: NO_GIT });
    const { path, place } = await saveCheckpoint(host, { root });
    assertEquals(place.session, LEGACY_ID);
    assert(path.includes(`/sessions/${LEGACY_ID}/checkpoints/cp_`), path);
    assertEquals(
      Deno.readTextFileSync(`${root}/.workflow_state.json`),
      legacyState(),
    );
  }));

Deno.test("saveCheckpoint() refuses a closed session and texts that are too long", () =>
  withSession(async (root) => {
    const host = fixedHost({ number: 1, programs: NO_GIT });
    const long = { root, decisions: ["ok", "x".repeat(2001)] };
    const usage = await refusalWithoutTrace(
      root,
      () => saveCheckpoint(host, long),
    );
    assertEquals([usage.kind, usage.code], ["usage", "text_too_long"]);
    await abandonSession(host, { root, reason: "Dropped" });
    const closed = await refusalWithoutTrace(
      root,
      () => saveCheckpoint(host, { root }),
    );
    assertEquals(closed.code, "session_closed");
  }));
