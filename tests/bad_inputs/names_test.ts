/** Section C: ids, names and pointers that lead where they should not. */
import { execute, inLab, isLinux, type Lab, test } from "./lab.ts";
import {
  assertOthersWork,
  assertRefused,
  assertTold,
  withoutChange,
} from "./refusal.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const OK = 0;
const USAGE = 2;
const NOT_FOUND = 4;
const CORRUPT = 6;
const INVALID = 78;

/** Ids that no session can have, and what an error shows of them. */
const NO_IDS: readonly (readonly [row: string, id: string, shown: string])[] = [
  ["C1", "../x", '"../x"'],
  ["C1", "..", '".."'],
  ["C1", ".", '"."'],
  ["C1", "", '""'],
  ["C1", "/abs", '"/abs"'],
  ["C1", "a/b", '"a/b"'],
  ["C1", "a\\b", String.raw`"a\\b"`],
  ["C1", "C:x", '"C:x"'],
  ["C2", "a\nb", String.raw`"a\nb"`],
  ["C2", "a\x1b[31mb", String.raw`"a\u001b[31mb"`],
  ["C2", "a b", '"a b"'],
  ["C3", "é", '"é"'],
  ["C3", "e\u0301", '"e\u0301"'],
  ["C3", "\u0430", '"\u0430"'],
  ["C3", "\u202ex", String.raw`"\u202ex"`],
  ["C4", "a".repeat(300), `"…${"a".repeat(79)}"`],
  ["C5", "aux.txt", '"aux.txt"'],
  ["C5", "a.", '"a."'],
  ["C5", "a ", '"a "'],
  ["C5", "a:b", '"a:b"'],
  ["C6", "A01", '"A01"'],
];

for (const [row, id, shown] of NO_IDS) {
  test(`${row}: ${shown.slice(0, 20)} is no session id`, () =>
    inLab(async (lab) => {
      const refusal = {
        exit: USAGE,
        code: "invalid_session_id",
        says: `Cannot use ${shown} as a session id`,
      };
      await assertRefused({ lab }, ["status", `--session=${id}`], refusal);
      await assertRefused({ lab }, ["note", "x", "--session", id], refusal);
      await assertRefused({ lab }, ["session", "switch", "--", id], refusal);
      if (id === "") return;
      const env = { ORCHESTRATOR_SESSION: id };
      await assertRefused({ lab, options: { env } }, ["note", "x"], {
        ...refusal,
        says: `${refusal.says}, from ORCHESTRATOR_SESSION`,
      });
    }));
}

test("C2: a NUL in an argument is refused", () =>
  inLab((lab) =>
    assertRefused({ lab }, ["status", "--session", "a\0b"], {
      exit: USAGE,
      code: "nul_in_argument",
      says: "contains a NUL character",
    })
  ));

for (const part of ["-rf", "--help", "con", "nul", "com1", "lpt9"]) {
  test(`C2, C5: "${part}" may be a part of an id, and is only compared`, () =>
    inLab((lab) =>
      assertRefused({ lab }, ["note", "x", `--session=${part}`], {
        exit: NOT_FOUND,
        code: "no_such_session",
        says: `Cannot find session "${part}"`,
      })
    ));
}

test({
  name:
    "C4: a root too deep for its files is refused by the length of the path",
  ignore: !isLinux,
  fn: () =>
    inLab(async (lab) => {
      // The kernel takes paths of 4095 bytes, and orc makes longer ones below this root.
      const part = "d".repeat(200);
      let root = lab.root;
      while (root.length + 201 < 4000) root += `/${part}`;
      root += `/${"e".repeat(4050 - root.length)}`;
      Deno.mkdirSync(root, { recursive: true });
      const { code, err } = await lab.orc(["start", "x", "--root", root]);
      assertEquals(code, USAGE, err);
      assertStringIncludes(err, "the path is longer than the file system");
      assertStringIncludes(err, "Try: move the repository to a shorter path");
      const left = [...Deno.readDirSync(root)].map(({ name }) => name);
      assertEquals(left, [".orchestrator"]);
      assertEquals([...Deno.readDirSync(`${root}/.orchestrator`)], []);
    }),
});

function pointTo(lab: Lab, bytes: string | Uint8Array<ArrayBuffer>): void {
  const path = `${lab.root}/.orchestrator/current`;
  if (typeof bytes === "string") Deno.writeTextFileSync(path, bytes);
  else Deno.writeFileSync(path, bytes);
}

const GONE = `01kk${"0".repeat(22)}`;

test("C7: a current session that is not there is named with those that are", () =>
  inLab(async (lab) => {
    pointTo(lab, GONE);
    for (const args of [["status"], ["note", "x"]]) {
      await assertRefused({ lab }, args, {
        exit: NOT_FOUND,
        code: "no_such_session",
        says: [`"${GONE}" does not exist`, lab.first, lab.second],
      });
    }
    await assertOthersWork(lab);
    assertEquals((await lab.orc(["start", "Third"])).code, OK);
    const names = Array.from(
      Deno.readDirSync(`${lab.root}/.orchestrator/sessions`),
      ({ name }) => name,
    );
    assert(!names.includes(GONE), "it is never made");
  }));

const POINTERS:
  readonly (readonly [string, string | Uint8Array<ArrayBuffer>])[] = [
    ["leads out", "../../etc"],
    ["is absolute", "/etc"],
    ["holds two ids", "abc\ndef"],
    ["drives a terminal", "\x1b[31m"],
    ["is binary", new Uint8Array([0, 1, 2, 3])],
    ["is a word such as a branch has", "main"],
    ["is a short hash of git", "deadbeef"],
    ["is a date", "20261130"],
    ["is no UTF-8", new Uint8Array([0x61, 0xff, 0xfe])],
    ["is 1 MB", "a".repeat(1e6)],
  ];

for (const [name, content] of POINTERS) {
  test(`C8: a current that ${name} stops no command, chooses nothing and is not repeated`, () =>
    inLab(async (lab) => {
      pointTo(lab, content);
      const path = `${lab.root}/.orchestrator/current`;
      await assertStaysForeign(lab, () => Deno.readFileSync(path));
      const { code, err } = await lab.orc(["session", "switch", lab.first]);
      assertEquals(code, OK);
      assertStringIncludes(err, `"${path}" was not orc's, and is "`);
      const aside = /is "(.+)" now/.exec(err)?.[1] ?? "";
      const bytes = typeof content === "string"
        ? new TextEncoder().encode(content)
        : content;
      assertEquals(Deno.readFileSync(aside), bytes);
      assertEquals((await lab.orc(["status"])).code, OK);
    }));
}

/** All but what needs a choice works beside it, and nobody but a switch touches it. */
async function assertStaysForeign(
  lab: Lab,
  look: () => unknown,
  run: Lab["orc"] = lab.orc,
): Promise<void> {
  const before = look();
  const said: string[] = [];
  const orc = async (args: readonly string[]) => {
    const { code, err } = await run(args);
    said.push(err);
    return code;
  };
  assertEquals(await orc(["status"]), 3, said.at(-1));
  assertStringIncludes(said.at(-1) ?? "", "none is chosen");
  assertEquals(await orc(["note", "x", "--session", lab.first]), OK);
  assertEquals(await orc(["session", "list"]), OK);
  assertEquals(await orc(["start", "--beside", "Third"]), OK, said.at(-1));
  assertStringIncludes(said.at(-1) ?? "", "was left as it is");
  const { out } = await run(["doctor", "--fix", "--full"]);
  assertEquals(out.match(/"code": ?"foreign_current"/g)?.length, 1, out);
  for (const text of said) {
    assert(!text.includes("/etc") && !text.includes("a".repeat(40)), text);
  }
  assertEquals(look(), before);
}

for (const [name, around] of [["", "\r\n"], ["\ufeff", ""], [" ", "\n\n"]]) {
  test(`C8: ${JSON.stringify(name)} before and ${JSON.stringify(around)} behind an id in current do no harm`, () =>
    inLab(async (lab) => {
      pointTo(lab, `${name}${lab.second}${around}`);
      const { out } = await lab.orc(["status"]);
      assertStringIncludes(out, "Fix search");
    }));
}

test("C8: an empty current chooses nothing", () =>
  inLab(async (lab) => {
    pointTo(lab, "");
    await assertRefused({ lab }, ["note", "x"], {
      exit: 3,
      code: "session_ambiguous",
      says: "Several sessions are active and none is chosen",
    });
  }));

for (
  const [name, make] of [
    ["a directory", "mkdir current"],
    ["a pipe", "mkfifo current"],
  ] as const
) {
  test(`C9: ${name} in the place of current stops no command and stays`, () =>
    inLab(async (lab) => {
      const cwd = `${lab.root}/.orchestrator`;
      Deno.removeSync(`${cwd}/current`);
      assertEquals((await execute("sh", ["-c", make], { cwd })).code, OK);
      const look = () => Deno.lstatSync(`${cwd}/current`).ino;
      await assertStaysForeign(lab, look, lab.spawn);
    }));
}

for (
  const [name, make] of [
    ["a link to a session", "ln -s sessions current"],
    ["a link that leads out", "ln -s ../../x current"],
  ] as const
) {
  test(`C9: ${name} in the place of current is refused at once and stays`, () =>
    inLab(async (lab) => {
      Deno.removeSync(`${lab.root}/.orchestrator/current`);
      const cwd = `${lab.root}/.orchestrator`;
      assertEquals((await execute("sh", ["-c", make], { cwd })).code, OK);
      const commands = [
        ["status"],
        ["note", "x"],
        ["start", "Third"],
        ["start", "--beside", "Third"],
        ["session", "switch", lab.second],
      ];
      for (const args of commands) {
        await withoutChange(lab.root, async () => {
          const { code, err } = await lab.spawn(args);
          assertEquals(code, CORRUPT, err);
          assertStringIncludes(err, ".orchestrator/current");
          assertStringIncludes(err, "Try: ");
        });
      }
      await assertOthersWork(lab, lab.spawn);
    }));
}

for (
  const [name, target] of [
    ["to the root of the file system", "/"],
    ["to another repository", "../../../other"],
    ["to another session", "SECOND"],
    ["that leads nowhere", "gone"],
  ] as const
) {
  test(`C10: a link ${name} is no session`, () =>
    inLab(async (lab) => {
      const other = `${lab.root}/../other`;
      Deno.renameSync(lab.at("."), other);
      const leads = target.replace("SECOND", lab.second);
      Deno.symlinkSync(leads, lab.at("").slice(0, -1));
      const before = Deno.readTextFileSync(`${other}/state.json`);
      for (const args of [["status"], ["note", "x"], ["start", "Third"]]) {
        await assertRefused({ lab }, args, {
          exit: CORRUPT,
          code: "symbolic_link",
          says: [lab.first, "it is a symbolic link"],
        });
      }
      const { out } = await lab.orc(["session", "list"]);
      assertStringIncludes(out, "it is a symbolic link");
      assertEquals(Deno.readTextFileSync(`${other}/state.json`), before);
      await assertOthersWork(lab);
    }));
}

test("C11: a file in the place of a session is refused and stays", () =>
  inLab(async (lab) => {
    Deno.removeSync(lab.at("").slice(0, -1), { recursive: true });
    Deno.writeTextFileSync(lab.at("").slice(0, -1), "mine");
    for (const args of [["status"], ["note", "x"]]) {
      await assertRefused({ lab }, args, {
        exit: CORRUPT,
        code: "not_a_directory",
        says: [lab.first, "it is a file where a directory is expected"],
      });
    }
    await assertOthersWork(lab);
  }));

test("C11: a session without a state is listed as unfinished", () =>
  inLab(async (lab) => {
    Deno.removeSync(lab.at("state.json"));
    for (const args of [["status"], ["note", "x"]]) {
      await assertRefused({ lab }, args, {
        exit: NOT_FOUND,
        code: "no_such_session",
        says: lab.first,
      });
    }
    const { out } = await lab.orc(["session", "list"]);
    assertStringIncludes(out, "unfinished");
    await assertOthersWork(lab);
    assertEquals((await lab.orc(["start", "Third"])).code, OK);
    assert(Deno.lstatSync(lab.at("log.jsonl")).isFile, "nothing is removed");
  }));

test("C11: a start that was killed hides nothing and is swept by the next", () =>
  inLab(async (lab) => {
    const sessions = `${lab.root}/.orchestrator/sessions`;
    const dead = `${sessions}/.new-${"0".repeat(32)}`;
    const foreign = `${sessions}/.new-by-hand`;
    for (const path of [dead, foreign]) Deno.mkdirSync(path);
    await assertOthersWork(lab);
    assertEquals((await lab.orc(["start", "--beside", "Third"])).code, OK);
    const names = Array.from(Deno.readDirSync(sessions), ({ name }) => name);
    assert(!names.includes(`.new-${"0".repeat(32)}`));
    assert(names.includes(".new-by-hand"), "orc did not make it");
  }));

/** Ids of items that are not there, and how an error shows them. */
const NO_ITEMS: readonly (readonly [id: string, shown: string])[] = [
  ["-", '"-"'],
  ["--force", '"--force"'],
  ["__proto__", '"__proto__"'],
  ["constructor", '"constructor"'],
  ["i\nd", String.raw`"i\nd"`],
  ["\x1b[31m", String.raw`"\u001b[31m"`],
  ["", '""'],
  ["../idea", '"../idea"'],
  ["a".repeat(10_000), `"…${"a".repeat(79)}"`],
];

for (const [id, shown] of NO_ITEMS) {
  test(`C12: ${shown.slice(0, 20)} behind -- is data, and no item`, () =>
    inLab(async (lab) => {
      const commands = [
        ["complete", "--", id],
        ["start-item", "--", id],
        ["skip", "--reason", "there is no need for it here", "--", id],
        ["note", `--item=${id}`, "x"],
      ];
      for (const args of commands) {
        await assertRefused({ lab }, args, {
          exit: NOT_FOUND,
          code: "no_such_item",
          says: `No item ${shown} in this workflow`,
        });
      }
    }));
}

test("C12: what begins with a dash is a text behind --", () =>
  inLab(async (lab) => {
    assertEquals((await lab.orc(["note", "--", "--force"])).code, OK);
    const { out } = await lab.orc(["status", "--full"]);
    assertEquals(JSON.parse(out).result.notes, ["--force"]);
  }));

function workflowOf(...ids: readonly string[]): string {
  const items = ids.map((id) => `{id: ${JSON.stringify(id)}, name: It}`);
  return `name: T\nphases: [{id: P, name: P, items: [${items.join(", ")}]}]\n`;
}

for (const id of ["-", "--force", "a\nb", "", "../x", "a b", "___"]) {
  test(`C12: ${JSON.stringify(id)} is refused as the id of an item, with its place`, () =>
    inLab(async (lab) => {
      Deno.writeTextFileSync(`${lab.root}/workflow.yaml`, workflowOf("a", id));
      for (const args of [["validate"], ["start", "--beside", "x"]]) {
        await assertRefused({ lab }, args, {
          exit: INVALID,
          code: "invalid_workflow",
          says: ["workflow.yaml:2:", "phases[0].items[1].id"],
        });
      }
      await assertOthersWork(lab);
    }));
}

test("C12: names from the prototype of objects are ids like any other", () =>
  inLab(async (lab) => {
    const ids = ["__proto__", "constructor", "toString", "hasOwnProperty"];
    Deno.writeTextFileSync(`${lab.root}/workflow.yaml`, workflowOf(...ids));
    assertEquals((await lab.orc(["start", "--beside", "x"])).code, OK);
    for (const id of ids) {
      const { code, err } = await lab.orc(["complete", "--notes", "x", id]);
      assertEquals([code, err], [OK, ""]);
    }
    const { code } = await lab.orc(["complete", "valueOf"]);
    assertEquals(code, NOT_FOUND);
    const { out } = await lab.orc(["status", "--full"]);
    assertEquals(JSON.parse(out).result.progress.completed, ids.length);
  }));

for (
  const file of [
    "~/x",
    "file:///etc/passwd",
    "http://localhost/x",
    "\\\\server\\x",
  ]
) {
  test(`C13: ${file} is the name of a file and nothing more`, () =>
    inLab((lab) =>
      assertRefused({ lab }, ["start", "--beside", "x", "-w", file], {
        exit: NOT_FOUND,
        code: "no_such_workflow",
        says: "No workflow file",
      })
    ));
}

for (
  const [name, make] of [
    ["a device", "ln -s /dev/zero workflow.yaml"],
    ["a link that leads out", "ln -s /etc/passwd workflow.yaml"],
    ["a pipe", "mkfifo workflow.yaml"],
    ["a directory", "mkdir workflow.yaml"],
  ] as const
) {
  test(`C13: ${name} in the place of workflow.yaml is not read`, () =>
    inLab(async (lab) => {
      Deno.removeSync(`${lab.root}/workflow.yaml`);
      const made = await execute("sh", ["-c", make], { cwd: lab.root });
      assertEquals(made.code, OK, made.err);
      for (const args of [["validate"], ["start", "--beside", "x"]]) {
        await withoutChange(lab.root, async () => {
          const { code, err } = await lab.spawn(args);
          assert([CORRUPT, INVALID].includes(code), `${code}: ${err}`);
          assertStringIncludes(err, `${lab.root}/workflow.yaml`);
          assert(!err.includes("root:"), err);
        });
      }
      assertEquals((await lab.spawn(["status"])).code, OK);
      await assertOthersWork(lab, lab.spawn);
    }));
}

test("C13: a check does not look for a file outside of the repository", () =>
  inLab(async (lab) => {
    Deno.writeTextFileSync(`${lab.root}/../outside.txt`, "");
    Deno.symlinkSync("../outside.txt", `${lab.root}/inside.txt`);
    for (const path of ["../outside.txt", "/etc/passwd", "inside.txt"]) {
      const check = `verification: {type: file_exists, path: "${path}"}`;
      Deno.writeTextFileSync(
        `${lab.root}/workflow.yaml`,
        `name: T\nphases: [{id: P, name: P, items: [{id: a, name: A, ${check}}]}]\n`,
      );
      const { code } = await lab.orc(["start", "--beside", "x"]);
      if (code === INVALID) continue;
      assertTold(await lab.orc(["complete", "a"]), {
        exit: 3,
        code: "check_failed",
        says: "leads out of the repository",
      });
    }
  }));

for (
  const [what, args] of [
    ["evidence", ["complete", "ITEM", "--evidence", "Given.JSON"]],
    ["a workflow", ["start", "--beside", "Third", "-w", "Given.JSON"]],
    ["a secret", ["secrets", "set", "TOKEN", "--file", "Given.JSON"]],
    ["an import", ["import-legacy", "Given.JSON"]],
  ] as const
) {
  test(`C13: a file of ${what} that is there in another case is named`, () =>
    inLab(async (lab) => {
      Deno.writeTextFileSync(`${lab.root}/given.json`, "{}");
      const { out } = await lab.orc(["next", "--full", "--session", lab.first]);
      const id = /"id": ?"(\w+)"/.exec(out)?.[1] ?? "";
      const words = args.map((word) => word === "ITEM" ? id : word);
      const named = words[0] === "complete" ? ["--session", lab.first] : [];
      const { err } = await lab.orc([...words, ...named], {
        env: { ORCHESTRATOR_PASSPHRASE: "only for this test" },
      });
      assertStringIncludes(err, "given.json does");
    }));
}
