import { isSessionId } from "../../src/base/ids.ts";
import {
  gitLayout,
  legacySecretPaths,
  repositoryLayout,
  sessionLayout,
  sessionLayoutAt,
  STAGING_PREFIX,
} from "../../src/base/layout.ts";
import { secretPath } from "../../src/base/names.ts";
import { assertEquals, assertThrows } from "@std/assert";

Deno.test("repositoryLayout() names what orc keeps and what the Python tool kept", () => {
  assertEquals(repositoryLayout("/repo"), {
    root: "/repo",
    workflow: "/repo/workflow.yaml",
    workflowPage: "/repo/WORKFLOW.md",
    learnings: "/repo/LEARNINGS.md",
    directory: "/repo/.orchestrator",
    gitignore: "/repo/.orchestrator/.gitignore",
    gitattributes: "/repo/.orchestrator/.gitattributes",
    meta: "/repo/.orchestrator/meta.json",
    workflowSchema: "/repo/.orchestrator/workflow.schema.json",
    config: "/repo/.orchestrator/config.yaml",
    current: "/repo/.orchestrator/current",
    sessions: "/repo/.orchestrator/sessions",
    bindings: "/repo/.orchestrator/bindings",
    secrets: "/repo/.orchestrator/secrets",
    lockDirectory: "/repo/.orchestrator",
    migrationRecord: "/repo/.orchestrator/.migration_complete",
    migrationBackup: "/repo/.orchestrator/migration_backup",
    migrationPending: "/repo/.orchestrator/migration_pending",
    migrationUndo: "/repo/.orchestrator/migration_undo",
    migrationNotice: "/repo/.orchestrator/migration_notice",
    doctorIndex: "/repo/.orchestrator/doctor_index.json",
    agents: "/repo/.orchestrator/agents.json",
    cache: "/repo/.orchestrator/cache",
    sessionlessState: "/repo/.orchestrator/state.json",
    sessionlessLog: "/repo/.orchestrator/log.jsonl",
    legacyState: "/repo/.workflow_state.json",
    legacyLog: "/repo/.workflow_log.jsonl",
    legacyCheckpoints: "/repo/.workflow_checkpoints",
    legacyFeedback: "/repo/.workflow_feedback.jsonl",
    legacyToolFeedback: "/repo/.workflow_tool_feedback.jsonl",
    legacyProcessFeedback: "/repo/.workflow_process_feedback.jsonl",
    legacyOverrides: "/repo/.orchestrator.yaml",
  });
});

Deno.test("repositoryLayout() takes a root that ends in a slash", () => {
  assertEquals(repositoryLayout("/").current, "/.orchestrator/current");
  assertEquals(repositoryLayout("/").legacyState, "/.workflow_state.json");
  assertEquals(repositoryLayout("C:/").workflow, "C:/workflow.yaml");
  assertEquals(repositoryLayout("/repo/").meta, repositoryLayout("/repo").meta);
});

Deno.test("sessionLayout() keeps each session in its own directory, also while it is made", () => {
  assertEquals(sessionLayoutAt("/s/.new-1").state, "/s/.new-1/state.json");
  assertEquals(isSessionId(`${STAGING_PREFIX}1`), false);
  const directory = "/repo/.orchestrator/sessions/34aa3244";
  assertEquals(sessionLayout("/repo", "34aa3244"), {
    directory,
    state: `${directory}/state.json`,
    log: `${directory}/log.jsonl`,
    meta: `${directory}/meta.json`,
    feedback: `${directory}/feedback`,
    toolFeedback: `${directory}/feedback/tool.jsonl`,
    processFeedback: `${directory}/feedback/process.jsonl`,
    checkpoints: `${directory}/checkpoints`,
    outputs: `${directory}/outputs`,
    arriving: `${directory}/arriving`,
    packed: `${directory}/session.pack`,
  });
});

Deno.test("gitLayout() names what orc reads of git", () => {
  assertEquals(gitLayout("/repo/.git"), {
    head: "/repo/.git/HEAD",
    objects: "/repo/.git/objects",
    index: "/repo/.git/index",
    packedReferences: "/repo/.git/packed-refs",
    ownReferences: "/repo/.git/refs/orchestrator",
    exclude: "/repo/.git/info/exclude",
    config: "/repo/.git/config",
    worktreeConfig: "/repo/.git/config.worktree",
    commonPointer: "/repo/.git/commondir",
    worktreePointer: "/repo/.git/gitdir",
    worktrees: "/repo/.git/worktrees",
    spares: "/repo/.git/orchestrator/sessions",
    trusted: "/repo/.git/orchestrator/trusted",
  });
});

Deno.test("sessionLayout() and secretPath() make no path of what is no session id and no name of a secret", () => {
  for (const id of ["..", "a/b", "", "NUL", "nul", "a\0"]) {
    assertThrows(() => sessionLayout("/repo", id), Error, "No session id");
  }
  assertEquals(secretPath("/s", "API_KEY"), "/s/API_KEY.age");
  for (const name of ["..", "a", "A/B", "", "PATH", "A\0"]) {
    assertThrows(() => secretPath("/s", name), Error, "No name of a secret");
  }
});

Deno.test("legacySecretPaths() looks where the Python tool and a migration put secrets", () => {
  assertEquals(legacySecretPaths("/repo"), [
    "/repo/.secrets.enc",
    "/repo/.orchestrator/secrets/.secrets.enc",
  ]);
});
