/** Section A: a state.json that is broken, foreign, or no file at all. */
import { isJsonObject, parseJson } from "../../src/base/json.ts";
import { checksumOf } from "../../src/base/checksum.ts";
import { printJson } from "../../src/base/json_print.ts";
import { effortOf } from "./effort.ts";
import { execute, inLab, isInstalled, isRoot, type Lab, test } from "./lab.ts";
import {
  assertOthersWork,
  assertRefused,
  assertTold,
  withoutChange,
} from "./refusal.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";

const OK = 0;
const REFUSED = 3;
const CORRUPT = 6;
const DENIED = 77;

const encode = (text: string) => new TextEncoder().encode(text);

function readState({ at }: Lab): string {
  return Deno.readTextFileSync(at("state.json"));
}

/** A state with its last words: whoever changed it, orc takes it for its own. */
async function signed(text: string): Promise<string> {
  const state = parseJson(text, "state.json");
  if (!isJsonObject(state)) throw new Error("not a state");
  const checksum = await checksumOf(state);
  return printJson(new Map(state).set("_checksum", checksum), 2);
}

/** How a state is made of the one that orc wrote. */
type Change = (text: string) => string | Uint8Array<ArrayBuffer>;

function replace(from: string, to: string): Change {
  return (text) => {
    if (!text.includes(from)) throw new Error(`no ${from} in the state`);
    return text.replace(from, () => to);
  };
}

function inUtf16(text: string): Uint8Array<ArrayBuffer> {
  const units = Array.from(`\ufeff${text}`, (unit) => unit.charCodeAt(0));
  return new Uint8Array(new Uint16Array(units).buffer);
}

function withBrokenByte(text: string): Uint8Array<ArrayBuffer> {
  const bytes = encode(text);
  bytes[text.indexOf("Add login")] = 0xff;
  return bytes;
}

interface Unreadable {
  readonly name: string;
  readonly change: Change;
  readonly code: "invalid_json" | "invalid_state" | "invalid_utf8";
  readonly says: string | readonly string[];
}

const deep = "[".repeat(200) + "]".repeat(200);

const UNREADABLE: readonly Unreadable[] = [
  {
    name: "A1: an empty state is called empty",
    change: () => "",
    code: "invalid_json",
    says: "state.json is empty (0 bytes)",
  },
  {
    name: "A2: a torn state is refused with the byte it ends after",
    change: (text) => text.slice(0, -40),
    code: "invalid_json",
    says: ["state.json:", "it ends after", "bytes"],
  },
  {
    name: "A3: a state of NUL bytes is called zero-filled",
    change: ({ length }) => new Uint8Array(length),
    code: "invalid_json",
    says: "state.json is zero-filled, typical after a power cut",
  },
  {
    name: "A4: a raw NUL byte in a text is no JSON",
    change: replace('"Add login"', '"Add\0login"'),
    code: "invalid_json",
    says: "state.json:5:27 is not valid JSON: found U+0000",
  },
  {
    name: "A5: invalid UTF-8 is refused with its byte",
    change: withBrokenByte,
    code: "invalid_utf8",
    says: "state.json is not UTF-8: byte 113",
  },
  {
    name: "A7: UTF-16 is recognised",
    change: inUtf16,
    code: "invalid_utf8",
    says: "looks like UTF-16; save it as UTF-8",
  },
  {
    name: "A12: 100,000 nested lists are refused",
    change: () => "[".repeat(100_000),
    code: "invalid_json",
    says: "state.json:1:101 is nested deeper than 100 levels",
  },
  {
    name: "A12: 100,000 nested objects are refused",
    change: () => '{"a":'.repeat(100_000),
    code: "invalid_json",
    says: "is nested deeper than 100 levels",
  },
  {
    name: "A12: one deep field is refused",
    change: replace('"metadata": {', `"metadata": {"deep": ${deep},`),
    code: "invalid_json",
    says: "is nested deeper than 100 levels",
  },
  {
    name: "A16: a missing field is named by its path",
    change: replace('"id": "idea",', ""),
    code: "invalid_state",
    says: "$.phases.PLAN.items.idea.id must be a text, but is missing",
  },
  {
    name: "A17: a list for an object is named by its path",
    change: replace('"phases": {', '"phases": [], "others": {'),
    code: "invalid_state",
    says: "$.phases must be an object, but is a list",
  },
  {
    name: "A17: a number as a text is named by its path",
    change: replace('"serial": 1', '"serial": "1"'),
    code: "invalid_state",
    says: 'must be a whole number of at least 0, but is "1"',
  },
  ...["null", "[]", '"x"', "5"].map((text): Unreadable => ({
    name: `A17: ${text} is no state`,
    change: () => text,
    code: "invalid_state",
    says: "$ must be an object, but is",
  })),
  ...["1e400", "NaN", "-1", "1.5", "9007199254740993"].map((
    number,
  ): Unreadable => ({
    name: `A18: ${number} is no number of an update`,
    change: replace('"serial": 1', `"serial": ${number}`),
    code: "invalid_state",
    says: ["$.metadata.orc.serial must be a whole number", `is ${number}`],
  })),
  {
    name: "A19: what follows the state is refused",
    change: (text) => `${text}x`,
    code: "invalid_json",
    says: 'found "x" where the end of the text was expected',
  },
  {
    name: "A19: two states in one file are refused",
    change: (text) => text + text,
    code: "invalid_json",
    says: 'found "{" where the end of the text was expected',
  },
  {
    name: "A19: a comment is refused",
    change: (text) => `// by hand\n${text}`,
    code: "invalid_json",
    says: 'state.json:1:1 is not valid JSON: found "/"',
  },
  {
    name: "A19: a trailing comma is refused",
    change: (text) => text.replace(/\n\}\s*$/, ",\n}"),
    code: "invalid_json",
    says: 'found "}" where a key in double quotes was expected',
  },
];

for (const { name, change, code, says } of UNREADABLE) {
  test(name, () =>
    inLab(async (lab) => {
      const content = change(readState(lab));
      const bytes = typeof content === "string" ? encode(content) : content;
      Deno.writeFileSync(lab.at("state.json"), bytes);
      const refusal = { exit: CORRUPT, code, says };
      for (const args of [["status"], ["note", "x"], ["start", "Next"]]) {
        await assertRefused({ lab }, args, refusal);
      }
      const { out } = await lab.orc(["session", "list"]);
      for (const part of [says].flat()) assertStringIncludes(out, part);
      await assertOthersWork(lab);
    }));
}

test("A17: all problems of a state are told at once", () =>
  inLab(async (lab) => {
    Deno.writeTextFileSync(lab.at("state.json"), "{}");
    const { out } = await lab.orc(["status", "--full"]);
    const { path, details } = JSON.parse(out).error;
    assertEquals(path, lab.at("state.json"));
    assertEquals(details.problems.length, 5);
    assertEquals(details.problems[0], {
      path: "$.workflow_id",
      expected: "a text",
      found: "missing",
    });
  }));

interface Readable {
  readonly name: string;
  readonly change: Change;
  /** What the next update keeps of it. */
  readonly keeps?: string;
  /** What it does not. */
  readonly drops?: string;
}

const READABLE: readonly Readable[] = [
  {
    name: "A4: an escaped NUL is data",
    change: replace('"Add login"', String.raw`"Add\u0000login"`),
    keeps: String.raw`"Add\u0000login"`,
  },
  {
    name: "A6: a byte order mark is skipped and not written back",
    change: (text) => `\ufeff${text}`,
    drops: "\ufeff",
  },
  {
    name: "A8: line ends of Windows are accepted",
    change: (text) => text.replaceAll("\n", "\r\n"),
    drops: "\r",
  },
  {
    name: "A9: a lone surrogate stays an escape",
    change: replace('"Add login"', String.raw`"Add\ud800login"`),
    keeps: String.raw`"Add\ud800login"`,
  },
  {
    name: "A13: of two equal keys the last counts",
    change: replace('"status": "active",', '"status": 1, "status": "active",'),
    drops: '"status": 1',
  },
  {
    name: "A14: names from the prototype of objects are data",
    change: replace(
      '"metadata": {',
      `"__proto__": {"status": "completed"}, "constructor": {"prototype": {}},
      "toString": 1, "hasOwnProperty": null, "metadata": {"__proto__": 7,`,
    ),
    keeps: '"__proto__": {\n    "status": "completed"',
  },
  {
    name: "A15: unknown fields survive an update as they were spelled",
    change: replace(
      '"metadata": {',
      '"later": {"b": [1.0, 1e3, 10000000000000000000], "a": {}}, "metadata": {',
    ),
    keeps: `"later": {
    "b": [
      1.0,
      1e3,
      10000000000000000000
    ],
    "a": {}
  }`,
  },
  ...[
    "garbage",
    "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:59+14:00",
    "2026-12-31T23:59:60Z",
    "",
  ].map((date): Readable => ({
    name: `A23: "${date}" as a date harms nothing`,
    change: (text) =>
      text.replaceAll(
        /"(created_at|started_at)": "[^"]*"/g,
        (_, key) => `"${key}": "${date}"`,
      ),
    keeps: `"created_at": "${date}"`,
  })),
];

for (const { name, change, keeps = "", drops } of READABLE) {
  test(name, () =>
    inLab(async (lab) => {
      const changed = change(await signed(readState(lab)));
      // A mark and line ends are no part of what is signed.
      const isSame = typeof changed !== "string" || drops !== undefined;
      const content = isSame ? changed : await signed(changed);
      const bytes = typeof content === "string" ? encode(content) : content;
      Deno.writeFileSync(lab.at("state.json"), bytes);
      for (const args of [["status"], ["session", "info"], ["next"]]) {
        const { code, out, err } = await withoutChange(
          lab.root,
          () => lab.orc(args),
        );
        assertEquals([code, err], [OK, ""]);
        assert(!/Invalid Date|NaN|undefined/.test(out), out);
      }
      assertEquals((await lab.orc(["start-item", "idea"])).code, OK);
      const { code, err } = await lab.orc(["note", "x"]);
      assertEquals([code, err], [OK, ""]);
      const state = readState(lab);
      assertStringIncludes(state, keeps);
      if (drops !== undefined) assert(!state.includes(drops));
      assertEquals(Object.keys(Object.prototype), []);
      await assertOthersWork(lab);
    }));
}

interface ShownOnly {
  readonly name: string;
  readonly make: (lab: Lab) => Promise<void>;
  readonly exit: number;
  readonly code: string;
  readonly says: string | readonly string[];
  readonly warns?: string;
}

const SHOWN_ONLY: readonly ShownOnly[] = [
  {
    name: "A15: a state of a newer orc is only read",
    make: async (lab) => {
      const newer = replace('"format": 1', '"format": 2')(readState(lab));
      Deno.writeTextFileSync(lab.at("state.json"), await signed(String(newer)));
    },
    exit: REFUSED,
    code: "newer_format",
    says: "was made by a newer orc (format 2, this one knows 1)",
  },
  {
    name: "A15: a state of a major version nobody knows is only read",
    make: async (lab) => {
      const newer = replace('"_version": "3.0"', '"_version": "9.0"');
      const text = await signed(String(newer(readState(lab))));
      Deno.writeTextFileSync(lab.at("state.json"), text);
    },
    exit: REFUSED,
    code: "newer_format",
    says: 'was made by a newer orc (_version "9.0", this one knows 3.x)',
  },
  {
    name: "A20: a state changed by hand is shown, and not signed",
    make: (lab) => {
      const edited = replace('"Add login"', '"Add logout"')(readState(lab));
      Deno.writeTextFileSync(lab.at("state.json"), String(edited));
      return Promise.resolve();
    },
    exit: CORRUPT,
    code: "changed_outside",
    says: "was changed outside orc: its checksum does not fit",
    warns: "state.json was changed outside orc",
  },
  {
    name: "A20: a state without its checksum is shown, and not signed",
    make: (lab) => {
      const text = readState(lab).replace(/ {2}"_checksum": "\w+",\n/, "");
      Deno.writeTextFileSync(lab.at("state.json"), text);
      return Promise.resolve();
    },
    exit: CORRUPT,
    code: "changed_outside",
    says: "was changed outside orc",
    warns: "state.json was changed outside orc",
  },
  {
    name: "A22: a state that was put back behind its log is shown, and kept",
    make: async (lab) => {
      const backup = readState(lab);
      await lab.orc(["note", "one"]);
      await lab.orc(["note", "two"]);
      Deno.writeTextFileSync(lab.at("state.json"), backup);
    },
    exit: CORRUPT,
    code: "state_behind_log",
    says: ["is at update 1", "is at update 3"],
  },
];

for (const { name, make, warns, ...refusal } of SHOWN_ONLY) {
  test(name, () =>
    inLab(async (lab) => {
      await make(lab);
      const status = await withoutChange(lab.root, () => lab.orc(["status"]));
      assertEquals(status.code, OK, status.err);
      if (warns) assertStringIncludes(status.err, warns);
      for (const args of [["note", "x"], ["complete", "idea"]]) {
        await assertRefused({ lab }, args, refusal);
      }
      await assertOthersWork(lab);
    }));
}

test("A21: a state of another session is refused with its name", () =>
  inLab(async (lab) => {
    const path = lab.at("state.json");
    Deno.copyFileSync(path.replace(lab.first, lab.second), path);
    const says = ["state.json", `belongs to session "${lab.second}"`];
    for (const args of [["status"], ["note", "x"]]) {
      await assertRefused({ lab }, args, {
        exit: CORRUPT,
        code: "foreign_state",
        says,
      });
    }
    await assertOthersWork(lab);
  }));

test("A10: a state of 2 GiB is refused by its size", () =>
  inLab(async (lab) => {
    Deno.truncateSync(lab.at("state.json"), 2 ** 31);
    const { bytesRead } = await effortOf(async () => {
      assertTold(await lab.orc(["status"]), {
        exit: CORRUPT,
        code: "file_too_large",
        says: "is larger than 268435456 bytes",
      });
    });
    assert(bytesRead < 1000, `${bytesRead} bytes read`);
    await assertOthersWork(lab);
  }));

/** A state with many items, as orc itself would have written it. */
async function enlarge(lab: Lab, count: number): Promise<void> {
  const state = JSON.parse(readState(lab));
  const { items } = state.phases.PLAN;
  const [phase] = state.workflow_definition.phases;
  for (let index = 0; index < count; index++) {
    const id = `item_${count}_${index}`;
    items[id] = { ...items.idea, id };
    phase.items.push({ ...phase.items[0], id });
  }
  const text = await signed(JSON.stringify(state));
  Deno.writeTextFileSync(lab.at("state.json"), text);
}

test("A11: a state of 9000 items is updated and read", () =>
  inLab(async (lab) => {
    await enlarge(lab, 9_000);
    for (const args of [["note", "9000 items"], ["next"]]) {
      const { code, err } = await lab.orc(args);
      assertEquals([code, err], [OK, ""]);
    }
  }));

interface Special {
  readonly name: string;
  /** Shell commands, run where state.json was. */
  readonly make: string;
  readonly says: string;
  readonly ignore?: boolean;
}

const SPECIAL: readonly Special[] = [
  { name: "A24: a directory", make: "mkdir state.json", says: "a directory" },
  { name: "A25: a pipe", make: "mkfifo state.json", says: "a named pipe" },
  {
    name: "A25: a socket",
    make: `"$DENO" eval '
      Deno.listen({ path: "state.json", transport: "unix" });
      Deno.kill(Deno.pid, "SIGKILL");
    '; test -S state.json`,
    says: "a socket",
  },
  {
    name: "A26: a device that never ends",
    make: "mknod state.json c 1 5",
    says: "a device",
    ignore: !isRoot,
  },
  ...["kept.json", "../../../outside.json", "gone", "state.json", "/dev/stdin"]
    .map((target): Special => ({
      name: `A27: a link to ${target}`,
      make: `ln -s ${target} state.json`,
      says: "a symbolic link",
    })),
  {
    name: "A27: a link to the memory of the process",
    make: "ln -s /proc/self/mem state.json",
    says: "a symbolic link",
    ignore: Deno.build.os !== "linux",
  },
];

for (const { name, make, says, ignore = false } of SPECIAL) {
  test({
    name: `${name} in the place of a state is refused at once`,
    ignore,
    fn: () =>
      inLab(async (lab) => {
        Deno.copyFileSync(lab.at("state.json"), lab.at("kept.json"));
        Deno.copyFileSync(
          lab.at("state.json"),
          lab.at("../../../outside.json"),
        );
        Deno.removeSync(lab.at("state.json"));
        const made = await execute("sh", ["-c", make], {
          cwd: lab.at(""),
          env: { DENO: Deno.execPath() },
        });
        assertEquals(made.code, OK, made.err);
        const refusal = {
          exit: CORRUPT,
          code: "not_a_regular_file",
          says: `state.json": it is ${says} and not a regular file`,
        };
        for (const args of [["status"], ["note", "x"]]) {
          await assertRefused({ lab, run: lab.spawn }, args, refusal);
        }
        await assertOthersWork(lab, lab.spawn);
      }),
  });
}

test("A28: an update leaves a second hard link behind as it was", () =>
  inLab(async (lab) => {
    const other = `${lab.root}/other.json`;
    Deno.linkSync(lab.at("state.json"), other);
    const text = readState(lab);
    assertEquals((await lab.orc(["note", "x"])).code, OK);
    assertEquals(Deno.readTextFileSync(other), text);
    assertStringIncludes(readState(lab), '"x"');
    // The other name of the new one is in git's directory.
    assertEquals(Deno.lstatSync(lab.at("state.json")).nlink, 2);
  }));

test("A28: no update writes into the log of a copy that shares it", () =>
  inLab(async (lab) => {
    const other = `${lab.root}/other.jsonl`;
    Deno.linkSync(lab.at("log.jsonl"), other);
    const text = Deno.readTextFileSync(other);
    assertEquals((await lab.orc(["note", "x"])).code, OK);
    assertEquals(Deno.readTextFileSync(other), text);
    assertStringIncludes(Deno.readTextFileSync(lab.at("log.jsonl")), '"x"');
  }));

test("A29: a state nobody may read hides no other session", () =>
  inLab(async (lab) => {
    const run: Lab["spawn"] = (args) => lab.spawn(args, { unprivileged: true });
    Deno.chmodSync(lab.at("state.json"), 0);
    const refusal = {
      exit: DENIED,
      code: "permission_denied",
      says: [lab.at("state.json"), "permission denied"],
    };
    for (const args of [["status"], ["note", "x"]]) {
      const { err } = await run(args);
      assertMatch(err, /belongs to user \d+ and has the mode 0000/);
      assertTold({ ...(await run(args)) }, refusal);
    }
    await assertOthersWork(lab, run);
    assertEquals((Deno.lstatSync(lab.at("state.json")).mode ?? 0) & 0o777, 0);
  }));

test({
  name: "A29: the state of another user is refused with its owner",
  ignore: !isRoot,
  fn: () =>
    inLab(async (lab) => {
      Deno.chownSync(lab.at("state.json"), 65534, 65534);
      Deno.chmodSync(lab.at("state.json"), 0o600);
      const options = { unprivileged: true };
      assertTold(await lab.spawn(["status"], options), {
        exit: DENIED,
        code: "permission_denied",
        says: "permission denied",
      });
      const { err } = await lab.spawn(["status"], options);
      assertStringIncludes(err, "belongs to user 65534 and has the mode 0600");
    }),
});

for (const umask of ["000", "077"]) {
  test(`A29: an update keeps the mode of the state under umask ${umask}`, () =>
    inLab(async (lab) => {
      Deno.chmodSync(lab.at("state.json"), 0o640);
      const { code, err } = await lab.shell(`umask ${umask}; orc note x`);
      assertEquals([code, err], [OK, ""]);
      const { mode } = Deno.lstatSync(lab.at("state.json"));
      assertEquals((mode ?? 0) & 0o777, 0o640);
    }));
}

/** Only root may, and not on every file system. */
function canFreeze(): boolean {
  if (!isRoot || !isInstalled("chattr")) return false;
  Deno.mkdirSync("tests/.tmp", { recursive: true });
  const path = Deno.makeTempFileSync({ dir: "tests/.tmp" });
  const chattr = (flag: string) =>
    new Deno.Command("chattr", { args: [flag, path], stderr: "null" })
      .outputSync().success;
  const isFrozen = chattr("+i");
  if (isFrozen) chattr("-i");
  Deno.removeSync(path);
  return isFrozen;
}

for (const flag of ["i", "a"]) {
  test({
    name: `A30: a state with the attribute ${flag} stays as it is`,
    ignore: !canFreeze(),
    fn: () =>
      inLab(async (lab) => {
        const path = lab.at("state.json");
        await execute("chattr", [`+${flag}`, path], {});
        try {
          await assertRefused({ lab }, ["note", "x"], {
            exit: DENIED,
            code: "permission_denied",
            says: [path, "permission denied"],
          });
          assertEquals((await lab.orc(["status"])).code, OK);
          await assertOthersWork(lab);
        } finally {
          await execute("chattr", [`-${flag}`, path], {});
        }
      }),
  });
}
