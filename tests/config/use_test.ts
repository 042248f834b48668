import {
  type ConfigChange,
  getSetting,
  setSetting,
  unsetSetting,
} from "../../src/config/use.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import {
  agent,
  codeOf,
  codeWithoutTrace,
  type FixedHost,
  fixedHost,
  type Machine,
  refusalOf,
  refusalWithoutTrace,
  withoutTrace,
  withRoot,
} from "../work/fixtures.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

/** A machine whose user's directory is `home` beside the repository `shop`. */
function hostAt(top: string, machine: Machine = {}): FixedHost {
  return fixedHost({ home: `${top}/home`, ...machine });
}

/** Runs a test at that machine. */
function withShop(
  files: Readonly<Record<string, string>>,
  test: (top: string) => Promise<void>,
): Promise<void> {
  return withRoot({ "home/": "", "shop/.git/": "", ...files }, test);
}

type Change = Omit<ConfigChange, "root" | "value">;

function set(
  top: string,
  change: Change & Pick<ConfigChange, "value">,
  machine: Machine = {},
): ReturnType<typeof setSetting> {
  return setSetting(hostAt(top, machine), { root: `${top}/shop`, ...change });
}

function unset(
  top: string,
  change: Change,
  machine: Machine = {},
): ReturnType<typeof unsetSetting> {
  return unsetSetting(hostAt(top, machine), { root: `${top}/shop`, ...change });
}

const OWN = "home/.orchestrator/config.yaml";
const SHOP = "shop/.orchestrator/config.yaml";

Deno.test("setSetting() makes the file of the repository, and that of the user", () =>
  withShop({}, async (top) => {
    const ours = await set(top, { name: "notice", value: "no" });
    assertEquals([ours.value, ours.path, ours.changed], [
      false,
      `${top}/${SHOP}`,
      true,
    ]);
    await set(top, { name: "approvals", value: "any", global: true });
    const tree = readTree(top);
    assertEquals(tree[SHOP], "notice: false\n");
    assertEquals(tree["shop/.orchestrator/.gitignore"], "*\n");
    assertEquals(tree[OWN], "approvals: any\n");
    if (Deno.build.os === "windows") return;
    assertEquals((Deno.statSync(`${top}/${OWN}`).mode ?? 0) & 0o777, 0o600);
  }));

Deno.test("setSetting() keeps the byte order mark of a file", () =>
  withShop({ [SHOP]: "\ufeffcolor: never\n" }, async (top) => {
    await set(top, { name: "color", value: "always" });
    assertEquals(readTree(top)[SHOP], "\ufeffcolor: always\n");
    await unset(top, { name: "color" });
    assertEquals(readTree(top)[SHOP], "\ufeff");
  }));

Deno.test({
  name: "setSetting() and unsetSetting() do not replace a read-only file",
  ignore: Deno.build.os === "windows",
  fn: () => {
    const text = "color: never\n";
    return withShop({ [SHOP]: text, [OWN]: text }, async (top) => {
      for (const [global, path] of [[false, SHOP], [true, OWN]] as const) {
        Deno.chmodSync(`${top}/${path}`, 0o444);
        const color = { name: "color", global };
        const attempts = [
          () => set(top, { ...color, value: "always" }),
          () => unset(top, color),
        ];
        for (const attempt of attempts) {
          const error = await refusalOf(attempt);
          assertEquals([error.kind, error.code, error.message, error.hint], [
            "denied",
            "permission_denied",
            `Cannot write "${top}/${path}": it is read-only`,
            `chmod u+w ${top}/${path}`,
          ]);
          assertEquals(readTree(top)[path], text);
        }
        // What it says already need not be written.
        const same = await set(top, { ...color, value: "never" });
        assertEquals(same.changed, false);
      }
    });
  },
});

Deno.test("setSetting() takes names of secrets with commas, also from an agent", () =>
  withShop({}, async (top) => {
    const change = { name: "secrets", value: "API_KEY, OTHER_KEY" };
    const { value } = await set(top, change, { environment: agent("1") });
    assertEquals(value, ["API_KEY", "OTHER_KEY"]);
    assertEquals(readTree(top)[SHOP], "secrets: [API_KEY, OTHER_KEY]\n");
  }));

Deno.test("setSetting() leaves a file as it is that says so already", () =>
  withShop({}, async (top) => {
    await set(top, { name: "color", value: "never" });
    const again = await withoutTrace(
      top,
      () => set(top, { name: "color", value: "never" }),
    );
    assertEquals(again.changed, false);
  }));

const BROKEN: Readonly<Record<string, string>> = {
  "a: [1\n": "2:1: ",
  "a: 1\na: 2\n": "2:1: Duplicate key",
  "a: 1\n\tb: 2\n": "2:1: The line is indented with a tab",
  "- color\n": "1:1: Expected settings",
  "a: \x07\n": "1:4: The character U+0007",
  "a: *x\n": "1:4: ",
};

for (const [text, place] of Object.entries(BROKEN)) {
  Deno.test(`setSetting() never touches a broken file: ${JSON.stringify(text)}`, () =>
    withShop({ [SHOP]: text, [OWN]: text }, async (top) => {
      for (const [global, path] of [[false, SHOP], [true, OWN]] as const) {
        const error = await refusalWithoutTrace(
          top,
          () => set(top, { name: "color", value: "never", global }),
        );
        assertEquals(error.kind, "config");
        assertStringIncludes(error.message, `${top}/${path}:${place}`);
        assert(error.hint?.includes("orc config path"));
      }
    }));
}

Deno.test("setSetting() refuses names and values that are none, and what would not count in a repository", () =>
  withShop({}, async (top) => {
    const list = "orc config list";
    const own = (setting: string) => `orc config set ${setting} --global`;
    const cases = [
      ["aprovals", "any", false, "unknown_setting", "use approvals"],
      ["a-b", "1", false, "unknown_setting", list],
      ["nonsense", "1", true, "unknown_setting", list],
      ["__proto__", "1", true, "unknown_setting", list],
      ["lock_timeout_seconds", "ten", false, "invalid_setting", list],
      ["secrets", "API_KEY,../x", false, "invalid_setting", list],
      ["approvals", "any", false, "user_setting", own('approvals "any"')],
      ["feedback", "true", false, "user_setting", own("feedback true")],
      ["agent_program", "a", false, "user_setting", own('agent_program "a"')],
      [
        "claude_binary",
        "a",
        false,
        "user_setting",
        own('agent_program "a --print"'),
      ],
      [
        "supervision_mode",
        "hybrid",
        false,
        "user_setting",
        own('supervision_mode "hybrid"'),
      ],
    ] as const;
    for (const [name, value, global, code, hint] of cases) {
      const error = await refusalWithoutTrace(
        top,
        () => set(top, { name, value, global }),
      );
      assertEquals([error.kind, error.code, error.hint], ["usage", code, hint]);
    }
    const ten = { name: "lock_timeout_seconds", value: "ten" };
    assertEquals(
      (await refusalOf(() => set(top, ten))).message,
      'Cannot set "lock_timeout_seconds" to "ten": expected a number of seconds from 0 to 86400',
    );
    await set(top, { name: "approvals", value: "terminal" });
  }));

Deno.test("setSetting() keeps a value for workflows in the repository, and says so", () =>
  withShop({}, async (top) => {
    const test = { name: "test_command", value: "make test" };
    assertEquals((await set(top, test)).warnings, []);
    const { warnings } = await set(top, { name: "team", value: "007" });
    assertEquals(warnings, [
      '"team" is no setting of orc; new sessions take it as a value for {{team}}',
    ]);
    assertEquals(
      readTree(top)[SHOP],
      'test_command: make test\nteam: "007"\n',
    );
    const options = { root: `${top}/shop`, name: "team" };
    assertEquals((await getSetting(hostAt(top), options)).value, "007");
  }));

Deno.test("setSetting() and unsetSetting() let no agent make anything looser", () =>
  withShop({ [OWN]: "feedback: false\n" }, async (top) => {
    const machine = { environment: agent("1") };
    const loose = { name: "approvals", value: "any", global: true };
    const feedback = { name: "feedback", global: true };
    const tries = [
      () => set(top, loose, machine),
      () => set(top, { ...loose, name: "agent_program" }, machine),
      () => unset(top, feedback, machine),
    ];
    for (const attempt of tries) {
      const code = await codeWithoutTrace(top, attempt);
      assertEquals(code, "denied approval_required");
    }
    // No hint leads an agent from one refusal to the next.
    for (const global of [false, true]) {
      const { code, hint } = await refusalOf(() =>
        set(top, { ...loose, global }, machine)
      );
      assertEquals([code, hint], [
        "approval_required",
        'ask a human to run orc config set approvals "any" --global',
      ]);
    }
    const strict = { ...loose, value: "terminal" };
    assertEquals((await set(top, strict, machine)).changed, true);
  }));

Deno.test("setSetting() takes the Python tool's name, and replaces its entry", () =>
  withShop({ [OWN]: "claude_binary: old\ncolor: auto\n" }, async (top) => {
    await set(top, { name: "claude_binary", value: "happy", global: true });
    assertEquals(
      readTree(top)[OWN],
      "color: auto\nagent_program: happy --print\n",
    );
  }));

Deno.test("unsetSetting() takes out the line, and nothing where there is none", () =>
  withShop({ [SHOP]: "# a\ncolor: never # b\nnotice: true\n" }, async (top) => {
    const { changed, value } = await unset(top, { name: "color" });
    assertEquals([changed, value], [true, null]);
    assertEquals(readTree(top)[SHOP], "# a\nnotice: true\n");
    assertEquals((await unset(top, { name: "color" })).changed, false);
  }));

Deno.test("setSetting() needs a home for the user's file, and makes none", () =>
  withShop({ "file": "" }, async (top) => {
    const change = { name: "color", value: "never", global: true };
    const homes = [
      [undefined, "not_found no_home"],
      [`${top}/missing`, "not_found path_not_found"],
      [`${top}/file`, "config not_a_directory"],
    ] as const;
    for (const [home, code] of homes) {
      const refused = await codeWithoutTrace(
        top,
        () => set(top, change, { home }),
      );
      assertEquals(refused, code);
    }
  }));

Deno.test("setSetting() waits no longer for the user's lock than it is told to", () =>
  withShop({}, async (top) => {
    const change = { name: "color", value: "never", global: true };
    await set(top, change);
    const lock = JSON.stringify({ no: "record" });
    writeTree(top, { "home/.orchestrator/lock": lock });
    const code = await codeOf(() =>
      set(top, { ...change, value: "auto", lockTimeout: "0" })
    );
    assertEquals(code, "conflict lock_unreadable");
    assertEquals(readTree(top)[OWN], "color: never\n");
  }));
