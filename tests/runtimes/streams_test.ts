/** What comes in by a pipe, and where output cannot go. */
import { inRepository } from "../journey/orc.ts";
import { orcCommand } from "../orc_command.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a shell line in which `orc` is a kind of orc. */
async function shell(directory: string, line: string): Promise<Ended> {
  const command = orcCommand().map((word) => `'${word}'`).join(" ");
  const { code, stdout, stderr } = await new Deno.Command("bash", {
    args: ["-o", "pipefail", "-c", `orc() { ${command} "$@"; }; ${line}`],
    cwd: directory,
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

Deno.test({
  name: "evidence comes by a pipe that is slow to say something",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inRepository(async ({ directory, result, write }) => {
      await write(
        "workflow.yaml",
        "name: T\nphases: [{id: P, name: P, items: [{id: one, name: One}]}]\n",
      );
      await result(["start", "Add login"]);
      const line = `{ sleep 0.2; echo '{"what": "seen"}'; } |` +
        " orc complete one --notes done --evidence - --json";
      const { code, stderr } = await shell(directory, line);
      assertEquals([code, stderr], [0, ""]);
    }),
});

Deno.test({
  name: "a reader that has read enough is no error",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inRepository(async ({ directory, result }) => {
      await result(["start", "Add login"]);
      const line = "orc history --output jsonl | true";
      assertEquals(await shell(directory, line), {
        code: 0,
        stdout: "",
        stderr: "",
      });
    }),
});

Deno.test({
  name: "a result that cannot be written is an error",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inRepository(async ({ directory, result }) => {
      await result(["start", "Add login"]);
      const { code, stderr } = await shell(directory, "orc status > /dev/full");
      assertEquals(code, 7);
      assertStringIncludes(stderr, "its result cannot be written");
    }),
});
