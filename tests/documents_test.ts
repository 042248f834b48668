import { playTranscripts } from "../scripts/transcript.ts";
import { withTemporaryDirectory } from "./files/temporary.ts";
import { assertEquals } from "@std/assert";

for (const path of ["README.md", "docs/workflow.md"]) {
  Deno.test(`${path} shows what orc really says`, () =>
    withTemporaryDirectory(async (directory) => {
      const markdown = await Deno.readTextFile(path);
      assertEquals(await playTranscripts(markdown, directory), markdown);
    }));
}
