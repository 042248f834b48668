import { assertEquals, assertMatch } from "@std/assert";

const SCRIPT = `${import.meta.dirname}/../../scripts/torture.ts`;

async function runTorture(
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", SCRIPT, ...args],
    stdin: "null",
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

Deno.test({
  name: "torture.ts counts all updates of processes that it kills and stops",
  ignore: Deno.build.os === "windows",
  async fn() {
    const args = "--processes 6 --updates 60 --fault-points none".split(" ");
    const { code, stdout, stderr } = await runTorture(...args);
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /^processes +6\nacknowledged +360\nstored +3\d\d\n/);
    assertMatch(stdout, /\nlost +0\nlog gaps +0\nlog repeats +0\n/);
    assertMatch(stdout, /\nkills +[1-9]/);
  },
});

Deno.test("torture.ts says what it understands", async () => {
  const { code, stderr } = await runTorture("--gently");
  assertEquals(code, 2);
  assertMatch(stderr, /^deno task torture \[--processes 50\]/);
});
