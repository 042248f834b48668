import { addNote } from "../../src/work/item.ts";
import { fixedHost, withSession } from "../work/fixtures.ts";
import { assert, assertEquals } from "@std/assert";

const isUnix = Deno.build.os !== "windows";

function follow(root: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "cli.ts", "--root", root, "history", "--follow"],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

Deno.test({
  name:
    "orc history --follow prints events as they come, and SIGINT ends it quietly with 130",
  ignore: !isUnix,
  fn: () =>
    withSession(async (root) => {
      const child = follow(root);
      let out = "";
      let isNoted = false;
      const text = new TextDecoderStream();
      for await (const piece of child.stdout.pipeThrough(text)) {
        out += piece;
        if (out.includes("Note: Meanwhile")) child.kill("SIGINT");
        if (isNoted || !out.includes("Started phase")) continue;
        isNoted = true;
        await addNote(fixedHost({ number: 2 }), { root, text: "Meanwhile" });
      }
      const { code } = await child.status;
      assertEquals(code, 130);
      assert(out.endsWith("Note: Meanwhile\n"), out);
      assertEquals(await new Response(child.stderr).text(), "");
    }),
});
