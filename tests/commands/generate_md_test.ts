import { generateMarkdown } from "../../src/history/generate_markdown.ts";
import { writeTree } from "../files/temporary.ts";
import { EASY_WORKFLOW, fixedHost, withSession } from "../work/fixtures.ts";
import { orc, testOutput, testText } from "./orc.ts";
import { assertEquals } from "@std/assert";

const inEasySession = (test: (root: string) => Promise<void>) =>
  withSession(test, EASY_WORKFLOW);

testOutput({
  name: "orc generate-md says what it wrote",
  argv: ["generate-md"],
  within: inEasySession,
});

testText({
  name: "orc generate-md says when there was nothing to do",
  argv: ["generate-md"],
  within: inEasySession,
  before: (root) => generateMarkdown(fixedHost({ number: 2 }), { root }),
});

testText({
  name: "orc generate-md --stdout prints the page",
  argv: ["generate-md", "--stdout"],
  within: withSession,
});

testOutput({
  name: "orc generate-md refuses to replace a file it did not make",
  argv: ["generate-md"],
  within: inEasySession,
  before: (root) => {
    writeTree(root, { "WORKFLOW.md": "# Mine\n" });
    return Promise.resolve();
  },
  exitCode: 3,
});

Deno.test("orc generate-md --to writes another file", () =>
  inEasySession(async (root) => {
    const { out } = await orc(root, ["generate-md", "--to", "now.md"]);
    assertEquals(out, "Wrote /shop/now.md\n");
  }));
