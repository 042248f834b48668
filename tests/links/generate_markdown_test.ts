import { generateMarkdown } from "../../src/history/pages.ts";
import {
  APPROVING,
  fixedHost,
  refusalOf,
  withSession,
} from "../work/fixtures.ts";
import { assertEquals } from "@std/assert";

Deno.test("generateMarkdown() follows no link, whoever asks", () =>
  withSession(async (root) => {
    const target = `${root}/target.md`;
    Deno.writeTextFileSync(target, "# Mine\n");
    for (const text of ["# Mine\n", "<!-- Made by orc generate-md -->\n"]) {
      Deno.writeTextFileSync(target, text);
      Deno.symlinkSync(target, `${root}/WORKFLOW.md`);
      for (const force of [false, true]) {
        const host = fixedHost({ number: 9, environment: APPROVING });
        const error = await refusalOf(() =>
          generateMarkdown(host, { root, force })
        );
        assertEquals(error.code, "not_a_regular_file");
      }
      assertEquals(Deno.readTextFileSync(target), text);
      Deno.removeSync(`${root}/WORKFLOW.md`);
    }
  }));

Deno.test("generateMarkdown() goes through no linked directory", () =>
  withSession(async (root) => {
    Deno.mkdirSync(`${root}/outside`);
    Deno.symlinkSync(`${root}/outside`, `${root}/docs`);
    const host = fixedHost({ number: 9, workingDirectory: root });
    const error = await refusalOf(() =>
      generateMarkdown(host, { root, file: "docs/now.md" })
    );
    assertEquals(error.code, "symbolic_link");
    assertEquals([...Deno.readDirSync(`${root}/outside`)], []);
  }));
