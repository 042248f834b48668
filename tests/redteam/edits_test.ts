/** Random edits of what orc wrote: whoever changes what orc would say is noticed, and nothing breaks it. */
import { documentOf } from "../commands/orc.ts";
import { oneOf, type Pick, pickerOf } from "../base/random.ts";
import { forgeState, type PlainState } from "../session/forge.ts";
import {
  type Answer,
  onStage,
  plan,
  planned,
  replaceFile,
  type Stage,
  started,
  verified,
  worked,
} from "./stage.ts";
import { assert, assertEquals } from "@std/assert";

const EDITS = 40;

/**
 * What people and programs are told, but for when they are, and in which order a log has its events: those
 * that the state still carries may have been lost in it, and stand behind it then.
 */
async function saidBy({ orc }: Stage): Promise<string> {
  const said: unknown[] = [];
  for (const argv of [["status"], ["history", "--all"]]) {
    const ran = await orc([...argv, "--full"]);
    assert(!ran.err.includes("bug in orc"), ran.err);
    const { result, error } = Object(documentOf(ran));
    const { at: _at, warnings: _warnings, ...rest } = Object(result ?? error);
    const events = rest.events?.map((event: Answer) => JSON.stringify(event));
    said.push({ ...rest, events: events?.sort() });
  }
  return JSON.stringify(said);
}

/** Changes one value somewhere in plain data. */
function changeLeaf(pick: Pick, value: PlainState): void {
  const keys = Object.keys(value);
  if (keys.length === 0) return;
  const key = oneOf(pick, keys);
  const member = value[key];
  if (typeof member === "object" && member !== null && pick(5) > 0) {
    return changeLeaf(pick, member);
  }
  if (pick(4) === 0) {
    if (Array.isArray(value)) value.splice(Number(key), 1);
    else delete value[key];
    return;
  }
  value[key] = oneOf(pick, [
    typeof member === "string" ? `${member}x` : "completed",
    typeof member === "number" ? member + 1 : 7,
    typeof member === "boolean" ? !member : true,
    "completed",
    null,
  ]);
}

function flipByte(pick: Pick, path: string): void {
  const bytes = Deno.readFileSync(path);
  const at = pick(bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << pick(7));
  Deno.writeFileSync(path, bytes);
}

/** What somebody does to the state or the log. */
const EDITS_OF_SESSION: Readonly<
  Record<string, (pick: Pick, stage: Stage) => unknown>
> = {
  "changes a value and signs": (pick, { state }) =>
    forgeState(state, (plain) => changeLeaf(pick, plain)),
  "flips a bit of the state": (pick, { state }) => flipByte(pick, state),
  "flips a bit of the log": (pick, { log }) => flipByte(pick, log),
  "cuts the log": (pick, { log }) => {
    const text = Deno.readTextFileSync(log);
    replaceFile(log, text.slice(0, pick(text.length)));
  },
  "removes a line": (pick, { editLog }) =>
    editLog((lines) => lines.toSpliced(pick(lines.length), 1)),
  "repeats a line elsewhere": (pick, { editLog }) =>
    editLog((lines) =>
      lines.toSpliced(pick(lines.length + 1), 0, oneOf(pick, lines))
    ),
  "swaps two lines": (pick, { editLog }) =>
    editLog((lines) => {
      const [one, other] = [pick(lines.length), pick(lines.length)];
      return lines.with(one, lines[other] ?? "").with(other, lines[one] ?? "");
    }),
  "changes a value in a line": (pick, { editLog }) =>
    editLog((lines) => {
      const at = pick(lines.length);
      const event = JSON.parse(lines[at] ?? "{}");
      changeLeaf(pick, event);
      return lines.with(at, JSON.stringify(event));
    }),
};

/** Events are told in any order, and the first ones are all carried by the state. */
const MOVES_LINES = /^(?:repeats|swaps)/;
const LOSES_LINES = /^(?:cuts|removes)/;

for (const before of [started, plan, planned, worked]) {
  for (const [name, edit] of Object.entries(EDITS_OF_SESSION)) {
    Deno.test(`whoever ${name} after ${before.name} is noticed`, () =>
      onStage(async (stage) => {
        const files = [stage.state, stage.log].map((path) =>
          [path, Deno.readTextFileSync(path)] as const
        );
        const said = await saidBy(stage);
        let changes = 0;
        for (let seed = 0; seed < EDITS; seed++) {
          await edit(pickerOf(seed), stage);
          if (await saidBy(stage) !== said) {
            changes++;
            const { codes, text } = await verified(stage);
            const isNoticed = codes.some((code) => code !== "session_open");
            assert(isNoticed, `seed ${seed}: ${text}`);
          }
          for (const [path, held] of files) replaceFile(path, held);
        }
        const mayChangeNothing = MOVES_LINES.test(name) ||
          LOSES_LINES.test(name) && before !== worked;
        assert(
          changes > 0 || mayChangeNothing,
          "none of them changed anything",
        );
        assertEquals(await saidBy(stage), said);
        assertEquals((await verified(stage)).codes, ["session_open"]);
      }, { before }));
  }
}

Deno.test("no edit of what else orc keeps breaks it", () =>
  onStage(async (stage) => {
    const { root, session } = stage;
    const state = `${root}/.orchestrator`;
    const paths = [
      `${state}/current`,
      `${state}/meta.json`,
      `${state}/sessions/${session}/meta.json`,
      ...Array.from(
        Deno.readDirSync(`${state}/bindings`),
        ({ name }) => `${state}/bindings/${name}`,
      ),
    ];
    for (const path of paths) {
      const held = Deno.readTextFileSync(path);
      for (let seed = 0; seed < EDITS; seed++) {
        flipByte(pickerOf(seed), path);
        await saidBy(stage);
        const { err } = await stage.orc(["verify", session]);
        assert(!err.includes("bug in orc"), err);
        replaceFile(path, held);
      }
    }
    assertEquals((await verified(stage)).codes, ["session_open"]);
  }, { before: planned }));
