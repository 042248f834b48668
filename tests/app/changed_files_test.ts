import { assertEquals, assertRejects } from "@std/assert";
import { changedFiles } from "../../src/app/changed_files.ts";
import { OrcError } from "../../src/core/error.ts";
import { fixedHost, GIT_LS_FILES, type Programs } from "./fixtures.ts";

function filesWith(ending: Programs[string]): Promise<readonly string[]> {
  const host = fixedHost({ programs: { [GIT_LS_FILES]: ending } });
  return changedFiles(host, "/shop");
}

Deno.test("changedFiles() names what git sees as changed, up to ten, and no state of orc", async () => {
  const names = Array.from({ length: 12 }, (_, index) => `src/é ${index}.ts`);
  const stdout = [".orchestrator/meta.json", ...names, ""].join("\0");
  assertEquals(await filesWith({ stdout }), names.slice(0, 10));
});

Deno.test("changedFiles() takes no name that was cut", async () => {
  const stdout =
    "a.ts\0b.ts\0half of a na\n… 70000 bytes left out …\nme\0z.ts\0";
  assertEquals(await filesWith({ stdout }), ["a.ts", "b.ts"]);
});

Deno.test("changedFiles() names nothing where git fails, is missing or may not be run", async () => {
  const stdout = "a.ts\0";
  assertEquals(await filesWith({ exitCode: 128, stdout }), []);
  const problem = "git was not found";
  assertEquals(await filesWith({ exitCode: -1, problem, stdout }), []);
  const host = {
    ...fixedHost(),
    runProgram: () =>
      Promise.reject(new OrcError("denied", "permission_missing", "No")),
  };
  assertEquals(await changedFiles(host, "/shop"), []);
});

Deno.test("changedFiles() hides no bug", async () => {
  await assertRejects(() => changedFiles(fixedHost(), "/shop"), Error, "git");
});
