import { OrcError } from "../../src/base/error.ts";
import { changedFiles } from "../../src/checkpoints/changed_files.ts";
import {
  fixedHost,
  GIT_FILTERS,
  GIT_LS_FILES,
  type Programs,
} from "../work/fixtures.ts";
import { assertEquals, assertRejects } from "@std/assert";

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

Deno.test("changedFiles() turns off each filter by its name", async () => {
  const stdout = "filter.lfs.clean\0filter.a=b.process\0filter.lfs.smudge\0";
  const programs = {
    [GIT_FILTERS]: { stdout },
    [
      GIT_LS_FILES.replace(
        "ls-files",
        "--config-env=filter.lfs.clean=ORCHESTRATOR_NOTHING " +
          "--config-env=filter.a=b.process=ORCHESTRATOR_NOTHING ls-files",
      )
    ]: { stdout: "a.ts\0" },
  };
  const host = fixedHost({ programs });
  assertEquals(await changedFiles(host, "/shop"), ["a.ts"]);
  for (const { variables = {} } of host.requests) {
    assertEquals(variables.ORCHESTRATOR_NOTHING, "");
    assertEquals(variables.GIT_ALLOW_PROTOCOL, "");
    assertEquals(variables.GIT_OPTIONAL_LOCKS, "0");
  }
});

Deno.test("changedFiles() asks for no files where it does not know all filters", async () => {
  const endings: readonly Programs[string][] = [
    { stdout: "filter.a.clean\0fil\n… 9 bytes left out …\nter.b.clean\0" },
    { stdout: "filter.\ufffd.clean\0", notUtf8: ["stdout"] },
    { exitCode: 128 },
    { exitCode: -1, problem: "git was not found" },
  ];
  for (const ending of endings) {
    const host = fixedHost({ programs: { [GIT_FILTERS]: ending } });
    assertEquals(await changedFiles(host, "/shop"), []);
    assertEquals(host.requests.length, 1);
  }
});
