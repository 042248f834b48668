/** A cleanup follows no link: what lies behind one is neither searched, measured nor deleted. */
import { OrcError } from "../../src/base/error.ts";
import { treeSizeBytes } from "../../src/files/tree.ts";
import { removeSession } from "../../src/session/create.ts";
import { sessionFeedback } from "../../src/session/kept/feedback.ts";
import { findRepositories } from "../../src/sessions/list.ts";
import {
  readTree,
  withTemporaryDirectory,
  writeTree,
} from "../files/temporary.ts";
import { namesIn, SESSION_ID, withSession } from "../session/fixtures.ts";
import { assertEquals, assertRejects } from "@std/assert";

const PRECIOUS = { "file": "precious", "sub/file": "precious too" };

Deno.test("findRepositories() follows no link, not even in a circle", () =>
  withTemporaryDirectory((root) => {
    writeTree(root, { "real/.orchestrator/sessions/": "" });
    Deno.symlinkSync(`${root}/real`, `${root}/link`);
    Deno.symlinkSync("..", `${root}/real/circle`);
    const { directories } = findRepositories(root, {
      depth: 20,
      home: undefined,
    });
    assertEquals(directories, [`${root}/real`]);
  }));

Deno.test("removeSession() deletes links and not what they lead to", () =>
  withSession(async ({ layout, context, paths }) => {
    const target = `${layout.root}/target`;
    writeTree(target, PRECIOUS);
    Deno.symlinkSync(target, `${paths.directory}/checkpoints`);
    Deno.symlinkSync(`${target}/file`, `${paths.directory}/notes`);
    await removeSession(layout, context, SESSION_ID, () => true);
    assertEquals(namesIn(layout.sessions), []);
    assertEquals(readTree(target)["sub/file"], "precious too");
    assertEquals(readTree(target)["file"], "precious");
  }));

Deno.test("removeSession() refuses a session that is a link", () =>
  withSession(async ({ layout, context, paths }) => {
    const target = `${layout.root}/target`;
    Deno.renameSync(paths.directory, target);
    Deno.symlinkSync(target, paths.directory);
    const before = namesIn(target);
    const error = await assertRejects(
      () => removeSession(layout, context, SESSION_ID, () => true),
      OrcError,
    );
    assertEquals(error.code, "symbolic_link");
    assertEquals(namesIn(target), before);
  }));

Deno.test("treeSizeBytes() measures links and not what they lead to", () =>
  withTemporaryDirectory((root) => {
    writeTree(root, { "target/file": "x".repeat(5000), "own/a": "12345" });
    Deno.symlinkSync("../target", `${root}/own/link`);
    assertEquals(treeSizeBytes(`${root}/own`), 5 + "../target".length);
  }));

Deno.test("feedback is neither written nor read through a link", () =>
  withSession(async ({ layout, context, paths }) => {
    const target = `${layout.root}/target`;
    const feedback = sessionFeedback(layout, context, SESSION_ID);
    const write = () => feedback.add({ tool: "{}", process: "{}" });
    const read = () => Array.fromAsync(feedback.lines("tool"));
    writeTree(target, { "tool.jsonl": "precious\n" });
    Deno.symlinkSync(target, paths.feedback);
    await assertRejects(write, OrcError, "symbolic link");
    await assertRejects(read, OrcError, "symbolic link");
    Deno.removeSync(paths.feedback);
    writeTree(paths.feedback, {});
    Deno.mkdirSync(paths.feedback);
    Deno.symlinkSync(`${target}/tool.jsonl`, paths.toolFeedback);
    await assertRejects(write, OrcError);
    await assertRejects(read, OrcError);
    assertEquals(Deno.readTextFileSync(`${target}/tool.jsonl`), "precious\n");
  }));
