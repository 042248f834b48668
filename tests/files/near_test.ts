import { butThereIs } from "../../src/files/near.ts";
import { withTemporaryDirectory, writeTree } from "./temporary.ts";
import { assertEquals } from "@std/assert";

Deno.test("butThereIs() names the file that is there under another spelling", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, {
      "Plan.md": "x",
      "cafe\u0301.md": "x",
      "docs/plan.md": "x",
      "docs/.hidden.md": "x",
      "Über/a/b/Ziel.md": "x",
    });
    const cases = {
      "plan.md": "Plan.md does",
      "caf\u00e9.md":
        "cafe\\u{301}.md does: another Unicode form of the same name",
      "CAF\u00c9.md": "cafe\u0301.md does",
      "docs\\plan.md": "docs/plan.md does",
      "DOCS\\Plan.md": "docs/plan.md does",
      "docs/*.md": "docs/plan.md does",
      "*/pl?n.md": "docs/plan.md does",
      "**/plan.md": "Plan.md does",
      "docs/**/plan.md": "docs/plan.md does",
      "über/**/ziel.md": "Über/a/b/Ziel.md does",
      "~/docs/plan.md": "docs/plan.md does",
      "./Docs/../docs/PLAN.md": "docs/plan.md does",
    };
    for (const [path, found] of Object.entries(cases)) {
      assertEquals(butThereIs(directory, path), `, but ${found}`, path);
    }
    const absolute = `${directory}/plan.md`;
    const found = `, but ${directory}/Plan.md does`;
    assertEquals(butThereIs("/", absolute), found);
  }));

Deno.test("no path is only said to be missing where one that looks like it is there", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, {
      "docs/plan.md": "x",
      "docs/my plan.md": "x",
      "docs/in\u2013between.md": "x",
      "docs/no\u200bwidth.md": "x",
      "docs/r\u00e9sum\u00e9.md": "x",
    });
    const cases = {
      "docs/plan.md ": "docs/plan.md",
      " docs/plan.md": "docs/plan.md",
      "docs/pl\u200ban.md": "docs/plan.md",
      "file:docs/plan.md": "docs/plan.md",
      [`file://${directory}/docs/plan.md`]: "docs/plan.md",
      "docs/my%20plan.md": "docs/my plan.md",
      "docs/my\u00a0plan.md": "docs/my plan.md",
      "docs/in-between.md": "docs/in\\u{2013}between.md",
      "docs/nowidth.md": "docs/no\\u{200b}width.md",
      "docs/resume.md": "docs/r\u00e9sum\u00e9.md",
    };
    for (const [path, found] of Object.entries(cases)) {
      assertEquals(butThereIs(directory, path), `, but ${found} does`, path);
    }
  }));

Deno.test("butThereIs() names nothing where nothing is alike, and looks where it may", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, { "docs/plan.md": "x", file: "x" });
    const none = ["plan.md", "docs/*.txt", "file/below", "~/x", "/nowhere/x"];
    for (const path of none) {
      assertEquals(butThereIs(directory, path), "", path);
    }
  }));

Deno.test("butThereIs() lists a bounded number of directories for a pattern", () =>
  withTemporaryDirectory((directory) => {
    const names = Array.from({ length: 600 }, (_, index) => `${index}/`);
    writeTree(directory, Object.fromEntries(names.map((name) => [name, ""])));
    writeTree(directory, { "zz/plan.md": "x" });
    let listed = 0;
    const { readDirSync } = Deno;
    Deno.readDirSync = (path) => {
      listed++;
      return readDirSync(path);
    };
    try {
      assertEquals(butThereIs(directory, "*/plan.md"), "");
    } finally {
      Deno.readDirSync = readDirSync;
    }
    assertEquals(listed, 500);
  }));
