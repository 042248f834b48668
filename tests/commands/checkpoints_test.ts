import { saveCheckpoint } from "../../src/checkpoints/use.ts";
import { writeTree } from "../files/temporary.ts";
import {
  fixedHost,
  GIT_LS_FILES,
  idOf,
  withSession,
} from "../work/fixtures.ts";
import { testOutput, testText } from "./orc.ts";

const programs = { [GIT_LS_FILES]: { exitCode: 128 } };

/** Two checkpoints and a damaged one. */
async function saveSome(root: string): Promise<void> {
  for (const [index, message] of ["First", "a".repeat(60)].entries()) {
    const at = `2026-02-0${index + 1}T10:00:00Z`;
    const host = fixedHost({ number: index + 2, at, programs });
    await saveCheckpoint(host, { root, message, decisions: ["Keep it"] });
  }
  const directory = `.orchestrator/sessions/${idOf(0, 0)}/checkpoints`;
  writeTree(root, { [`${directory}/cp_z.json`]: "broken" });
}

testOutput({
  name: "orc checkpoints lists checkpoints, newest first",
  argv: ["checkpoints"],
  within: withSession,
  before: saveSome,
});

testText({
  name: "orc checkpoints --all names their sessions",
  argv: ["checkpoints", "-a"],
  within: withSession,
  before: saveSome,
});

testText({
  name: "orc checkpoints says how to make one",
  argv: ["checkpoints"],
  within: withSession,
});

testOutput({
  name: "orc checkpoints --cleanup --dry-run shows what would go",
  argv: ["checkpoints", "--cleanup", "--keep", "1", "--dry-run"],
  within: withSession,
  before: saveSome,
});

testOutput({
  name: "orc checkpoints --cleanup wants a yes",
  argv: ["checkpoints", "--cleanup", "--keep", "1"],
  within: withSession,
  before: saveSome,
  exitCode: 3,
});

testText({
  name: "orc checkpoints --cleanup --yes removes them",
  argv: ["checkpoints", "--cleanup", "--keep", "1", "--yes"],
  within: withSession,
  before: saveSome,
});

testText({
  name: "orc checkpoints --cleanup says when there is nothing to do",
  argv: ["checkpoints", "--cleanup"],
  within: withSession,
  before: saveSome,
});

testText({
  name: "orc checkpoints --keep goes with --cleanup",
  argv: ["checkpoints", "--keep", "1"],
  within: withSession,
  exitCode: 2,
});

testText({
  name: "orc checkpoints --cleanup does not go with --all",
  argv: ["checkpoints", "--cleanup", "--all"],
  within: withSession,
  exitCode: 2,
});
