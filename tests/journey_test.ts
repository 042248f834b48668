import { playToTheEnd } from "./journey/honest_agent.ts";
import {
  type Ended,
  inDirectory,
  inRepository,
  repositoryAt,
  treeOf,
} from "./journey/orc.ts";
import { assertContained, SCENES } from "./journey/scenes.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

for (const [name, play] of Object.entries(SCENES)) {
  Deno.test(
    name,
    () => inRepository((repository) => play(repository, repositoryAt)),
  );
}

Deno.test("a portable repository is tracked by git", () =>
  inRepository(async (repository) => {
    await repository.result(["init", "--portable"]);
    await repository.result(["start", "Add login", "--size", "l"]);
    await playToTheEnd(repository);
    const { stdout } = await repository.run("git", "status", "--porcelain");
    assertStringIncludes(stdout, "?? .orchestrator/");
  }));

Deno.test("a legacy session is shown in place and adopted by its first update", () =>
  inRepository(async (repository) => {
    const state = JSON.parse(
      await Deno.readTextFile(
        "tests/testdata/python-projects/min/.orchestrator/sessions/s1/state.json",
      ),
    );
    await repository.write(
      ".workflow_state.json",
      JSON.stringify(state, null, 2),
    );
    await repository.write(
      ".workflow_log.jsonl",
      await Deno.readTextFile(
        "tests/testdata/python-projects/min/.orchestrator/sessions/s1/log.jsonl",
      ),
    );
    await repository.write(
      "workflow.yaml",
      await Deno.readTextFile(
        "tests/testdata/python-projects/min/workflow.yaml",
      ),
    );
    const before = await treeOf(repository.directory);
    const status = await repository.result(["status"]);
    assertEquals([status.legacy, status.task], [true, "minimal"]);
    assertEquals(await treeOf(repository.directory), before);
    const refused = await repository.orc(["complete", "no_such_item"]);
    assertEquals(refused.code, 4);
    assertEquals(await treeOf(repository.directory), before);
    await repository.result(["note", "Adopted"]);
    const adopted = await repository.result(["status"]);
    assertEquals([adopted.legacy, adopted.session], [false, status.session]);
    assertEquals(adopted.serial, 1);
    await assertContained(repository, before);
    for (const [path, hash] of Object.entries(before)) {
      assertEquals((await treeOf(repository.directory))[path], hash, path);
    }
    const linesOf = ({ stderr }: Ended) => stderr.trimEnd().split("\n");
    const calm = linesOf(await repository.orc(["status"]));
    assertEquals(calm.length, 1);
    assertStringIncludes(calm[0] ?? "", "orc migrate moves them in");
    await repository.write(
      ".workflow_state.json",
      JSON.stringify({ ...state, task_description: "other" }),
    );
    const told = linesOf(await repository.orc(["status"]));
    assertEquals(told.length, 2);
    assertStringIncludes(told[0] ?? "", ".workflow_state.json");
  }));

Deno.test("orc without any repository works in the directory it is run in", () =>
  inDirectory(async (repository) => {
    const root = ["--root", repository.directory];
    await repository.result(["start", "Add login", "--size", "l", ...root]);
    assertEquals(
      (await repository.result(["status", ...root])).task,
      "Add login",
    );
  }));
