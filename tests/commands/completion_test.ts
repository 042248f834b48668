import { readTree } from "../files/temporary.ts";
import { idOf, withRoot, withSession } from "../work/fixtures.ts";
import { orc } from "./orc.ts";
import { assertEquals } from "@std/assert";

/** The lines that a shell gets for a command line; the last word has the cursor. */
async function linesFor(
  root: string,
  line: string,
): Promise<readonly string[]> {
  const words = line.split(" ");
  const current = words.pop() ?? "";
  const ran = await orc(root, [
    "complete-words",
    `--current=${current}`,
    "--",
    "--root",
    root,
    ...words,
  ]);
  assertEquals([ran.exitCode, ran.err], [0, ""]);
  return ran.out.split("\n").slice(0, -1);
}

async function wordsFor(
  root: string,
  line: string,
): Promise<readonly string[]> {
  return (await linesFor(root, line)).map((each) => each.split("\t")[0] ?? "");
}

Deno.test("orc complete-words offers commands, and the words of families", () =>
  withRoot({}, async (root) => {
    const lines = await linesFor(root, "");
    assertEquals(
      lines.includes("status\tShow the phase, its items and what is open"),
      true,
    );
    assertEquals(
      lines.includes("session\tlist, switch, info, rename, cleanup"),
      true,
    );
    assertEquals(
      lines.some((line) => line.startsWith("complete-words")),
      false,
    );
    assertEquals(await wordsFor(root, "feedback "), ["capture", "review"]);
    assertEquals(
      await wordsFor(root, "workflow l"),
      await wordsFor(root, "session "),
    );
    assertEquals(await wordsFor(root, "help feedback "), ["capture", "review"]);
    assertEquals(await linesFor(root, "no such "), []);
  }));

Deno.test("orc complete-words offers the open items of the current phase", () =>
  withSession(async (root) => {
    const all = ["idea", "plan", "sketch", "tests", "consent"];
    assertEquals(await wordsFor(root, "complete "), all);
    await orc(root, [
      "skip",
      "sketch",
      "--reason",
      "No picture would say more",
    ]);
    const open = all.filter((id) => id !== "sketch");
    assertEquals(await wordsFor(root, "complete "), open);
    assertEquals(await wordsFor(root, "history --item "), [...all, "code"]);
    assertEquals((await linesFor(root, "start-item "))[0], "idea\tThe idea");
  }));

Deno.test("orc complete-words offers sessions, phases and checkpoints", () =>
  withSession(async (root) => {
    assertEquals(await linesFor(root, "session switch "), [
      `${idOf(0, 0)}\tactive: Add login`,
    ]);
    assertEquals(await linesFor(root, "status --session="), [
      `--session=${idOf(0, 0)}\tactive: Add login`,
    ]);
    assertEquals(await linesFor(root, "approve --phase "), [
      "PLAN\tPlan",
      "BUILD\tBuild",
    ]);
    const git = { programs: "real" } as const;
    await orc(root, ["checkpoint", "-m", "Before the merge"], git);
    const [line = ""] = await linesFor(root, "resume ");
    assertEquals(line.split("\t")[1], "Before the merge");
  }));

Deno.test("orc complete-words leaves paths to the shell", () =>
  withRoot({}, async (root) => {
    assertEquals(await linesFor(root, "validate -w "), [":file"]);
    assertEquals(await linesFor(root, "list "), [":directory"]);
  }));

Deno.test("orc complete-words is silent where nothing can be read", () =>
  withRoot({ "workflow.yaml": "no: workflow" }, async (root) => {
    assertEquals(await linesFor(root, "complete "), []);
    assertEquals(await linesFor(root, "session switch "), []);
    assertEquals(await linesFor(root, "--session none complete "), []);
    const ran = await orc(root, [
      "complete-words",
      "--current=",
      "--",
      "--root=/no/such",
      "complete",
    ]);
    assertEquals(ran, { exitCode: 0, out: "", err: "" });
  }));

Deno.test("orc complete-words writes nothing", () =>
  withSession(async (root) => {
    const before = readTree(root);
    for (const line of ["", "complete ", "session switch ", "resume "]) {
      await linesFor(root, line);
    }
    assertEquals(readTree(root), before);
  }));
