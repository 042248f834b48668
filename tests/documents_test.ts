import { assertEquals } from "@std/assert";
import { playTranscript } from "../scripts/transcript.ts";
import { withTemporaryDirectory } from "./store/temporary.ts";

Deno.test("README.md shows what orc really says", () =>
  withTemporaryDirectory(async (directory) => {
    const readme = await Deno.readTextFile("README.md");
    const { written, played } = await playTranscript(readme, directory);
    assertEquals(written, played);
  }));
