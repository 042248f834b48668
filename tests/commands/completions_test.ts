import { withRoot } from "../work/fixtures.ts";
import { orc, testOutput } from "./orc.ts";
import { assert, assertEquals } from "@std/assert";

for (const shell of ["bash", "zsh", "fish", "powershell"]) {
  Deno.test(`orc completions ${shell} prints a script that asks orc`, () =>
    withRoot({}, async (root) => {
      const { exitCode, out } = await orc(root, ["completions", shell]);
      assertEquals(exitCode, 0);
      assert(out.includes("orc complete-words --output text"), out);
      assert(
        out.includes(`orc completions ${shell}`),
        "does not say where to put it",
      );
    }));
}

testOutput({
  name: "orc completions names the shells it knows",
  argv: ["completions", "tcsh"],
  exitCode: 2,
});
