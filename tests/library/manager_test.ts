import { OrchestratorPaths, SessionManager } from "../../mod.ts";
import { repositoryLayout, sessionLayout } from "../../src/base/layout.ts";
import {
  codeOf,
  EASY_WORKFLOW,
  fixedHost,
  idOf,
  withRoot,
  withSession,
} from "../work/fixtures.ts";
import { writeTree } from "../files/temporary.ts";
import { assert, assertEquals } from "@std/assert";

const host = fixedHost();
const managerOf = (baseDir: string) =>
  new SessionManager(new OrchestratorPaths({ baseDir }), { host });

Deno.test("OrchestratorPaths leads to where orc keeps a session", () => {
  const paths = new OrchestratorPaths({ baseDir: "/shop", sessionId: "01k9" });
  const session = sessionLayout("/shop", "01k9");
  assertEquals(paths.sessionDir(), session.directory);
  assertEquals(paths.stateFile(), session.state);
  assertEquals(paths.logFile(), session.log);
  assertEquals(paths.checkpointsDir(), session.checkpoints);
  assertEquals(paths.feedbackDir(), session.feedback);
  const { directory, meta, migrationRecord } = repositoryLayout("/shop");
  assertEquals(paths.orchestratorDir, directory);
  assertEquals(paths.metaFile(), meta);
  assertEquals(paths.migrationMarker(), migrationRecord);
  assertEquals(paths.of("01k8").sessionId, "01k8");
});

Deno.test("OrchestratorPaths without a session leads to where the Python tool looks then", async () => {
  const paths = new OrchestratorPaths({ baseDir: "/shop" });
  assertEquals(paths.stateFile(), "/shop/.orchestrator/state.json");
  assertEquals(paths.logFile(), "/shop/.orchestrator/log.jsonl");
  assertEquals(paths.checkpointsDir(), "/shop/.orchestrator/checkpoints");
  assertEquals(await codeOf(() => paths.sessionDir()), "usage no_session_id");
  const out = () => new OrchestratorPaths({ sessionId: "../etc" });
  assertEquals(await codeOf(out), "usage invalid_session_id");
});

Deno.test("OrchestratorPaths finds the base directory as the commands do", () => {
  const { baseDir } = new OrchestratorPaths();
  assertEquals(baseDir, Deno.cwd());
});

Deno.test("OrchestratorPaths tells of the older tool's state only where it is", () =>
  withRoot({}, (baseDir) => {
    const paths = new OrchestratorPaths({ baseDir });
    assertEquals(paths.findLegacyStateFile(), null);
    writeTree(baseDir, { ".workflow_state.json": "{}" });
    const legacy = `${baseDir}/.workflow_state.json`;
    assertEquals(paths.findLegacyStateFile(), legacy);
    return Promise.resolve();
  }));

Deno.test("SessionManager makes, lists and chooses sessions", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    const manager = managerOf(root);
    assertEquals(await manager.listSessions(), []);
    assertEquals(await manager.getCurrentSession(), null);
    const one = await manager.createSession("One");
    const two = await manager.createSession("Two", { beside: true });
    assertEquals(await manager.listSessions(), [one, two]);
    assertEquals(await manager.getCurrentSession(), two);
    await manager.setCurrentSession(one);
    assertEquals(await manager.getCurrentSession(), one);
    assertEquals((await manager.readState(two)).state.task, "Two");
    Deno.removeSync(`${root}/.orchestrator/current`);
    assertEquals(await manager.getCurrentSession(), null);
  }));

Deno.test("SessionManager.readState() reads the new place first, and the older file else", () =>
  withRoot({ ".workflow_state.json": LEGACY }, async (root) => {
    const manager = managerOf(root);
    const { legacy, state } = await manager.readState();
    assertEquals([legacy, state.task], [true, "Add login"]);
    assertEquals(await manager.listSessions(), []);
    assertEquals(manager.paths.findLegacyStateFile() === null, false);
  }));

const LEGACY = JSON.stringify({
  workflow_id: "wf_0123abcd",
  workflow_type: "Tiny",
  workflow_version: "1.0",
  task_description: "Add login",
  current_phase_id: "PLAN",
  phases: {
    PLAN: {
      id: "PLAN",
      items: { idea: { id: "idea", status: "pending" } },
    },
  },
});

Deno.test("SessionManager.storage() keeps and lists what it is given", () =>
  withSession(async (root) => {
    const storage = await managerOf(root).storage();
    assertEquals(await storage.ids(), [idOf(0, 0)]);
    const session = await storage.read(idOf(0, 0));
    const { events } = await storage.update(session.id, ({ state }) => ({
      state,
      events: [],
    }));
    assertEquals(events, []);
    const [entry] = await storage.list();
    assert(entry?.state?.task === session.state.task);
  }));
