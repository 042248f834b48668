/** Many real commands set settings at once: all of them are stored. */
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { startOrc } from "./orc_process.ts";
import { assertEquals } from "@std/assert";

const COUNT = 30;

/** Half settings of orc, half values for workflows. */
const SETTINGS: Readonly<Record<string, string>> = {
  check_timeout_seconds: "900",
  lock_timeout_seconds: "60",
  color: "never",
  notice: "false",
  feedback: "false",
  output: "text",
  web_mode: "true",
  state_branch: "orc-state",
  secrets_repo: "me/secrets",
  approvals: "terminal",
  ...Object.fromEntries(
    Array.from({ length: COUNT - 10 }, (_, index) => [
      `value_of_${index}`,
      `text ${index}`,
    ]),
  ),
};

const BEFORE =
  "# Ours\n\n# Not to be lost\nsupervision_mode: supervised # yes\n";

Deno.test(`${COUNT} processes set settings at once, and all are there`, () =>
  withTemporaryDirectory(async (root) => {
    writeTree(root, { ".orchestrator/config.yaml": BEFORE });
    const processes = Object.entries(SETTINGS).map(([name, value]) =>
      startOrc(root, [
        "--root",
        root,
        "--lock-timeout",
        "60",
        "config",
        "set",
        name,
        value,
      ])
    );
    assertEquals(processes.length, COUNT);
    const ends = await Promise.all(processes.map(({ ended }) => ended));
    assertEquals(ends.filter(({ code }) => code !== 0), []);
    const text = Deno.readTextFileSync(`${root}/.orchestrator/config.yaml`);
    assertEquals(text.slice(0, BEFORE.length), BEFORE);
    const lines = text.slice(BEFORE.length).trimEnd().split("\n");
    const expected = Object.entries(SETTINGS).map(([name, value]) =>
      `${name}: ${value}`
    );
    assertEquals(lines.toSorted(), expected.toSorted());
    const names = Array.from(
      Deno.readDirSync(`${root}/.orchestrator`),
      ({ name }) => name,
    );
    assertEquals(names.toSorted(), [
      ".gitignore",
      "config.yaml",
      "meta.json",
      "sessions",
    ]);
  }));
