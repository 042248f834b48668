import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { assertEquals } from "@std/assert";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;

const WORKFLOW = `name: Circle
phases:
  - id: DO
    name: Do
    items:
      - {id: one, name: One, verification: {type: command, command: ./orc complete two}}
      - {id: two, name: Two, verification: {type: command, command: ./orc complete one}}
      - {id: other, name: Other, verification: {type: command, command: ./orc complete free}}
      - {id: free, name: Free}
`;

/** Runs orc in a repository whose checks run orc too. */
async function withCircle(
  test: (orc: (...args: string[]) => Promise<number>) => Promise<void>,
): Promise<void> {
  await withTemporaryDirectory(async (root) => {
    const script =
      `#!/bin/sh\necho "$ORCHESTRATOR_CHECK" >> checks\nexec "${Deno.execPath()}" run -A "${CLI}" "$@"\n`;
    writeTree(root, { "workflow.yaml": WORKFLOW, "orc": script });
    Deno.chmodSync(`${root}/orc`, 0o755);
    await test(async (...args) => {
      const { code } = await new Deno.Command(`${root}/orc`, {
        args,
        cwd: root,
        env: { ORCHESTRATOR_ROOT: root },
      }).output();
      return code;
    });
    const [session = ""] = Array.from(
      Deno.readDirSync(`${root}/.orchestrator/sessions`),
      ({ name }) => name,
    );
    const checks = Deno.readTextFileSync(`${root}/checks`)
      .replaceAll(`${session}/`, "").split("\n").filter((line) => line !== "");
    assertEquals(checks, ["one", "one two", "other"]);
  });
}

Deno.test({
  name:
    "a check that completes its own item ends, and another may be completed",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withCircle(async (orc) => {
      assertEquals(await orc("start", "Task"), 0);
      assertEquals(await orc("complete", "one"), 3);
      assertEquals(await orc("complete", "other"), 0);
    }),
});
