/** Section B: a log.jsonl that is torn, edited, huge, or no file at all. */
import { decodeLogLine } from "../../src/engine/event.ts";
import { effortOf } from "./effort.ts";
import { execute, inLab, type Lab, test } from "./lab.ts";
import {
  assertOthersWork,
  assertRefused,
  assertTold,
  withoutChange,
} from "./refusal.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const OK = 0;
const CORRUPT = 6;
const DENIED = 77;

function readLog({ at }: Lab): string {
  return Deno.readTextFileSync(at("log.jsonl"));
}

/** Texts of the notes in a log, oldest first. */
function notesIn(log: string): readonly string[] {
  return log.split("\n").flatMap((line) => {
    const note = decodeLogLine(line)?.details.get("note");
    return typeof note === "string" ? [note] : [];
  });
}

async function note(lab: Lab, text: string): Promise<string> {
  const { code, out, err } = await lab.orc(["note", text]);
  assertEquals([code, out], [OK, "Noted\n"], err);
  return err;
}

/** Readers look at the state alone: what is wrong with the log is nothing to them. */
async function assertReadable(lab: Lab): Promise<void> {
  for (const args of [["status"], ["next"], ["session", "list"]]) {
    const ended = await withoutChange(lab.root, () => lab.orc(args));
    assertEquals([ended.code, ended.err], [OK, ""]);
  }
}

/** What is left of a log must stay, and what was lost of it be read once, without a word. */
async function assertMended(lab: Lab, torn: string): Promise<void> {
  await note(lab, "two");
  const mended = readLog(lab);
  assertEquals(mended.slice(0, torn.length), torn);
  assertEquals(notesIn(mended), ["one", "two"]);
  const { code, out, err } = await lab.orc(["history"]);
  assertEquals([code, err], [OK, ""]);
  assertEquals(out.match(/Note: /g)?.length, 2, out);
}

for (const cut of [1, 20, 200]) {
  test(`B1: a last line without its last ${cut} bytes is made whole by the next update`, () =>
    inLab(async (lab) => {
      await note(lab, "one");
      const whole = readLog(lab);
      Deno.writeTextFileSync(lab.at("log.jsonl"), whole.slice(0, -cut));
      await assertReadable(lab);
      await assertMended(lab, whole);
    }));
}

test("B1: NUL bytes at the end stay, and hide nothing", () =>
  inLab(async (lab) => {
    await note(lab, "one");
    const torn = `${readLog(lab)}${"\0".repeat(5000)}`;
    Deno.writeTextFileSync(lab.at("log.jsonl"), torn);
    await assertReadable(lab);
    await assertMended(lab, torn);
  }));

interface Edit {
  readonly name: string;
  readonly change: (lines: readonly string[]) => readonly string[];
}

const EDITS: readonly Edit[] = [
  {
    name: "B1: an unfinished line of somebody else is kept",
    change: (lines) => [...lines.slice(0, -1), '{"half": '],
  },
  {
    name: "B2: a broken line in the middle is kept byte for byte",
    change: ([first = "", ...rest]) => [first, "garbage \x01 {]", ...rest],
  },
  {
    name: "B3: a line that is there twice is kept twice",
    change: (lines) => [...lines.slice(0, -1), lines.at(-2) ?? "", ""],
  },
  {
    name: "B4: a gap is kept, and nothing is numbered anew",
    change: ([first = "", , ...rest]) => [first, ...rest],
  },
  {
    name: "B10: a complete last line without its end is a line",
    change: (lines) => lines.slice(0, -1),
  },
];

for (const { name, change } of EDITS) {
  test(name, () =>
    inLab(async (lab) => {
      // More than travel in the state, so that the first have left it.
      for (let count = 1; count <= 9; count++) await note(lab, `note ${count}`);
      const changed = change(readLog(lab).split("\n")).join("\n");
      Deno.writeTextFileSync(lab.at("log.jsonl"), changed);
      await assertReadable(lab);
      await note(lab, "the last");
      const after = readLog(lab);
      assertEquals(after.slice(0, changed.length), changed);
      assertEquals(
        after.slice(changed.length, -1).trim().split("\n").length,
        1,
      );
      assertEquals(notesIn(after).slice(-2), ["note 9", "the last"]);
      await assertOthersWork(lab);
    }));
}

test("B2: bytes that are no UTF-8 are kept", () =>
  inLab(async (lab) => {
    const path = lab.at("log.jsonl");
    Deno.writeFileSync(path, new Uint8Array([0xff, 0xfe, 10]), {
      append: true,
    });
    const before = Deno.readFileSync(path);
    await assertReadable(lab);
    await note(lab, "one");
    assertEquals(Deno.readFileSync(path).slice(0, before.length), before);
  }));

test("B6: a log of 5 GB costs an update nothing", () =>
  inLab(async (lab) => {
    Deno.truncateSync(lab.at("log.jsonl"), 5e9);
    const { bytesRead } = await effortOf(async () => {
      await assertReadable(lab);
      await note(lab, "one");
    });
    assert(bytesRead < 200e6, `${bytesRead} bytes read`);
    const { size } = Deno.lstatSync(lab.at("log.jsonl"));
    assert(size > 5e9, "nothing was taken away");
    await note(lab, "two");
    await assertOthersWork(lab);
  }));

for (const megabytes of [20, 60]) {
  test(`B7: a line of ${megabytes} MB is kept, and the next one is whole`, () =>
    inLab(async (lab) => {
      const path = lab.at("log.jsonl");
      const { size } = Deno.lstatSync(path);
      const line = new Uint8Array(megabytes * 1e6).fill(0x78);
      Deno.writeFileSync(path, line, { append: true });
      await assertReadable(lab);
      await note(lab, "one");
      await note(lab, "two");
      const bytes = Deno.readFileSync(path);
      const end = size + line.length;
      assert(bytes.subarray(size, end).every((byte) => byte === 0x78));
      const rest = new TextDecoder().decode(bytes.subarray(end));
      assertEquals(notesIn(rest), ["one", "two"]);
    }));
}

test("B8: what drives a terminal is stored, and escaped where it is shown", () =>
  inLab(async (lab) => {
    const text = "a\x1b]0;x\x07\r\x9b31m\u202eb";
    await note(lab, text);
    assertEquals(notesIn(readLog(lab)), [text]);
    const { out } = await lab.orc(["status"]);
    assertStringIncludes(out, String.raw`a\x1b]0;x\x07\x0d\x9b31m\u202eb`);
    const json = await lab.orc(["status", "--full"]);
    assertEquals(JSON.parse(json.out).result.notes, [text]);
    // deno-lint-ignore no-control-regex
    assert(!/[\x1b\x07\r\x9b\u202e]/.test(out + json.out));
  }));

test("B4: a gap among events that the state carries is filled", () =>
  inLab(async (lab) => {
    for (const text of ["one", "two", "three"]) await note(lab, text);
    const lines = readLog(lab).split("\n");
    const changed = lines.filter((line) => !line.includes('"two"')).join("\n");
    Deno.writeTextFileSync(lab.at("log.jsonl"), changed);
    await note(lab, "four");
    assertEquals(notesIn(readLog(lab)).toSorted(), [
      "four",
      "one",
      "three",
      "two",
    ]);
  }));

test("B9: a log that is gone is begun anew, with a warning", () =>
  inLab(async (lab) => {
    await note(lab, "one");
    Deno.removeSync(lab.at("log.jsonl"));
    await assertReadable(lab);
    assertStringIncludes(await note(lab, "two"), 'log.jsonl" was missing');
    assertEquals(notesIn(readLog(lab)), ["one", "two"]);
  }));

interface Special {
  readonly name: string;
  /** Shell commands, run where log.jsonl was. */
  readonly make: string;
}

const SPECIAL: readonly Special[] = [
  { name: "a directory", make: "mkdir log.jsonl" },
  { name: "a pipe", make: "mkfifo log.jsonl" },
  { name: "a link to another file", make: "ln -s meta.json log.jsonl" },
  { name: "a link that leads out", make: "ln -s ../../../x log.jsonl" },
  { name: "a link that leads nowhere", make: "ln -s gone log.jsonl" },
];

for (const { name, make } of SPECIAL) {
  test(`B9: ${name} in the place of a log stops updates, not readers`, () =>
    inLab(async (lab) => {
      Deno.writeTextFileSync(`${lab.root}/x`, "");
      Deno.removeSync(lab.at("log.jsonl"));
      const made = await execute("sh", ["-c", make], { cwd: lab.at("") });
      assertEquals(made.code, OK, made.err);
      await assertReadable(lab);
      await assertRefused({ lab, run: lab.spawn }, ["note", "x"], {
        exit: CORRUPT,
        code: "not_a_regular_file",
        says: [lab.at("log.jsonl"), "it is not a regular file"],
      });
      await assertOthersWork(lab);
    }));
}

test("B9: a log that may not be written stops updates before they count", () =>
  inLab(async (lab) => {
    Deno.chmodSync(lab.at("log.jsonl"), 0o444);
    const run: Lab["spawn"] = (args) => lab.spawn(args, { unprivileged: true });
    await withoutChange(lab.root, async () => {
      assertTold(await run(["note", "x"]), {
        exit: DENIED,
        code: "permission_denied",
        says: [lab.at("log.jsonl"), "permission denied"],
      });
    });
    assertEquals((await run(["status"])).code, OK);
    await assertOthersWork(lab, run);
  }));
