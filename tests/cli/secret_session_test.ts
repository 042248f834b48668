import { pickerOf } from "../base/random.ts";
import { orc, type Ran } from "../commands/orc.ts";
import { readTree } from "../files/temporary.ts";
import { withSecrets } from "../secrets/fixtures.ts";
import type { Machine } from "../work/fixtures.ts";
import { assert, assertEquals } from "@std/assert";

const WORKFLOW = `name: Leaky
phases:
  - id: DO
    name: Do
    items:
      - {id: pieces, name: Pieces, secrets: [API_KEY], verification: {type: command, command: sh pieces.sh 0}}
      - {id: broken, name: Broken, secrets: [API_KEY], verification: {type: command, command: sh pieces.sh 1}}
      - {id: seams, name: Seams, secrets: [API_KEY], verification: {type: command, command: sh seams.sh}}
      - {id: idea, name: Idea}
      - {id: proof, name: Proof, evidence_schema: SpecReviewEvidence}
      - {id: other, name: Other}
`;

/** Prints the value in writes of few bytes, to both streams, and in other spellings. */
const PIECES = `
printf 'key: '; printf %s "$API_KEY" | dd bs=7 2> /dev/null; echo
(printf %s "$API_KEY" | dd bs=5 2> /dev/null; echo) >&2
printf %s "$API_KEY" | base64 -w 0; echo
printf 'user:%s' "$API_KEY" | base64 -w 0; echo
exit "$1"
`;

/** Prints it so that the cuts behind the head and before the tail of the output go through it. */
const SEAMS = `
fill() { head -c "$1" /dev/zero | tr '\\0' '\\n'; }
half=$((\${#API_KEY} / 2))
fill $((4096 - half))
printf %s "$API_KEY" | dd bs=11 2> /dev/null
fill 30000
printf %s "$API_KEY"
fill $((16384 - half))
exit 1
`;

/** Without the comma and the equals sign, where criteria and flags are divided. */
const CHARACTERS =
  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" +
  " !\"#$%&'()*+-./:;<>?@[\\]^_`{|}~äß€";

/** A value of so many characters, without blanks at either end. */
function randomValue(length: number): string {
  const pick = pickerOf(length);
  const characters = Array.from(CHARACTERS);
  const inner = Array.from(
    { length: length - 2 },
    () => characters[pick(characters.length)],
  ).join("");
  return `a${inner}z`;
}

/** All that an agent could say and read in a session, with the value wherever there is room. */
function commandsWith(value: string): readonly (readonly string[])[] {
  return [
    ["start", `Use ${value}`, "--constraint", `never ${fitting(value, 900)}`],
    ["complete", "pieces", "--notes", short(value)],
    ["complete", "broken", "--notes", short(value)],
    ["complete", "broken", "--json"],
    ["complete", "seams"],
    ["complete", "seams", "--json"],
    ["complete", "idea", "--notes", short(value), "--json"],
    ["complete", "proof", "--evidence", `requirements_extracted=${value}`],
    ["skip", "other", "--reason", `It needs ${value}, which is not mine`],
    ["skip", value, "--reason", "There is no such item here"],
    ["note", short(value)],
    ["note", value, "--item", value],
    ["checkpoint", "--message", short(value), "--decision", short(value)],
    ["session", "rename", "01", fitting(value, 80)],
    ["feedback", "capture", "--learnings", short(value)],
    ["status"],
    ["status", "--json"],
    ["next"],
    ["history"],
    ["history", "--json"],
    ["checkpoints"],
    ["handoff", "--criteria", value],
    ["handoff", "--json"],
    ["generate-md"],
    ["learn", "--save"],
    ["session", "info", value],
    [`--${value}`],
    [value],
    ["finish", "--abandon", "--reason", short(value)],
    ["status"],
  ];
}

/** The value where it fits; no command takes a part of it. */
function fitting(value: string, limit: number): string {
  return value.length <= limit ? value : "something else";
}

/** Notes have 2000 characters; where the value has more, they hold nothing else. */
function short(value: string): string {
  return value.length > 1990 ? value : `I used ${value}.`;
}

/** So much of a value is as bad as all of it: a cut in the middle of one must not show the rest. */
function partLength(value: string): number {
  return value.length < 64 ? 12 : 32;
}

/** What would tell the value: as it is, and as JSON and base64 spell it; of a long one any part. */
function spellingsOf(value: string): readonly string[] {
  const bytes = new TextEncoder().encode(value);
  const base64 = btoa(String.fromCharCode(...bytes)).replace(/=+$/, "");
  const spellings = [
    value,
    JSON.stringify(value).slice(1, -1),
    base64.slice(0, -1),
  ];
  const length = partLength(value);
  return spellings.flatMap((spelling) => [
    spelling,
    ...partsOf(spelling, length),
  ]);
}

function partsOf(text: string, length: number): readonly string[] {
  const count = Math.max(0, Math.floor(text.length / length) - 1);
  return Array.from(
    { length: count },
    (_, index) => text.slice(index * length, (index + 1) * length),
  );
}

async function playSession(
  root: string,
  machine: Machine,
  value: string,
): Promise<readonly Ran[]> {
  const set = ["secrets", "set", "API_KEY"];
  const kept = await orc(root, set, { ...machine, input: `${value}\n` });
  assertEquals(kept.exitCode, 0, kept.err);
  const ran = [kept];
  for (const argv of commandsWith(value)) {
    ran.push(await orc(root, argv, { ...machine, programs: "real" }));
  }
  return ran;
}

for (const length of [12, 13, 40, 64, 200, 1000, 1990, 4096]) {
  Deno.test(`a secret of ${length} characters is in no file and no output of a whole session`, () =>
    withSecrets(async (root, machine) => {
      const value = randomValue(length);
      const ran = await playSession(root, machine, value);
      const files = Object.entries(readTree(root))
        .filter(([path]) => !path.endsWith(".age"));
      const outputs = ran.flatMap(({ out, err }, index) => [
        [`output of command ${index}`, out],
        [`errors of command ${index}`, err],
      ]);
      for (const [place = "", text = ""] of [...files, ...outputs]) {
        for (const spelling of spellingsOf(value)) {
          const start = text.indexOf(spelling);
          assert(start < 0, `${place}: ${text.slice(start - 40, start + 60)}`);
        }
      }
      const state = files.find(([path]) => path.endsWith("state.json"));
      assert(state?.[1].includes("[secret API_KEY]"));
    }, {
      "workflow.yaml": WORKFLOW,
      "pieces.sh": PIECES,
      "seams.sh": SEAMS,
    }));
}
