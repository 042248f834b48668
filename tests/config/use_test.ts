import {
  type ConfigChange,
  getSetting,
  setSetting,
  unsetSetting,
} from "../../src/config/use.ts";
import type { Host } from "../../src/host/host.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import {
  agent,
  fixedHost,
  type Machine,
  refusalOf,
  refusalWithoutTrace,
  withoutTrace,
  withRoot,
} from "../work/fixtures.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

/** A machine whose user's directory is `home` beside the repository `shop`. */
function hostAt(top: string, machine: Machine = {}): Host {
  return { ...fixedHost(machine), homeDirectory: () => `${top}/home` };
}

function withShop(
  files: Readonly<Record<string, string>>,
  test: (top: string) => Promise<void>,
): Promise<void> {
  return withRoot({ "home/": "", "shop/.git/": "", ...files }, test);
}

function set(
  top: string,
  change: Omit<ConfigChange, "root">,
  machine: Machine = {},
): ReturnType<typeof setSetting> {
  return setSetting(hostAt(top, machine), { root: `${top}/shop`, ...change });
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

Deno.test("setSetting() changes one line of a file with comments", () => {
  const before = "# ours\n\ncolor: never   # why\n# end\n";
  return withShop({ [SHOP]: before }, async (top) => {
    await set(top, { name: "color", value: "always" });
    assertEquals(
      readTree(top)[SHOP],
      "# ours\n\ncolor: always   # why\n# end\n",
    );
  });
});

Deno.test("setSetting() keeps the byte order mark of a file", () =>
  withShop({ [SHOP]: "\ufeffcolor: never\n" }, async (top) => {
    await set(top, { name: "color", value: "always" });
    assertEquals(readTree(top)[SHOP], "\ufeffcolor: always\n");
    await unsetSetting(hostAt(top), { root: `${top}/shop`, name: "color" });
    assertEquals(readTree(top)[SHOP], "\ufeff");
  }));

Deno.test({
  name: "setSetting() and unsetSetting() do not replace a read-only file",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withShop(
      { [SHOP]: "color: never\n", [OWN]: "color: never\n" },
      async (top) => {
        for (const [global, path] of [[false, SHOP], [true, OWN]] as const) {
          Deno.chmodSync(`${top}/${path}`, 0o444);
          const options = { root: `${top}/shop`, name: "color", global };
          const attempts = [
            () => set(top, { name: "color", value: "always", global }),
            () => unsetSetting(hostAt(top), options),
          ];
          for (const attempt of attempts) {
            const error = await refusalOf(attempt);
            assertEquals([error.kind, error.code, error.message, error.hint], [
              "denied",
              "permission_denied",
              `Cannot write "${top}/${path}": it is read-only`,
              `chmod u+w ${top}/${path}`,
            ]);
            assertEquals(readTree(top)[path], "color: never\n");
          }
          // What it says already need not be written.
          const same = await set(top, {
            name: "color",
            value: "never",
            global,
          });
          assertEquals(same.changed, false);
        }
      },
    ),
});

Deno.test("setSetting() takes names of secrets with commas, and refuses what is none", () =>
  withShop({}, async (top) => {
    const environment = agent("1");
    const change = { name: "secrets", value: "API_KEY, OTHER_KEY" };
    const { value } = await set(top, change, { environment });
    assertEquals(value, ["API_KEY", "OTHER_KEY"]);
    assertEquals(readTree(top)[SHOP], "secrets: [API_KEY, OTHER_KEY]\n");
    const error = await refusalWithoutTrace(
      top,
      () => set(top, { name: "secrets", value: "API_KEY,../x" }),
    );
    assertEquals([error.kind, error.code], ["usage", "invalid_setting"]);
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

Deno.test("setSetting() says what is meant by a name that is nearly one", () =>
  withShop({}, async (top) => {
    const near = await refusalWithoutTrace(
      top,
      () => set(top, { name: "aprovals", value: "any" }),
    );
    assertEquals(
      [near.kind, near.code, near.message, near.hint],
      [
        "usage",
        "unknown_setting",
        'Unknown setting "aprovals"',
        "use approvals",
      ],
    );
    for (const name of ["nonsense", "a-b", "__proto__"]) {
      const far = await refusalWithoutTrace(
        top,
        () => set(top, { name, value: "1", global: true }),
      );
      assertEquals([far.code, far.hint], [
        "unknown_setting",
        "orc config list",
      ]);
    }
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
    const got = await getSetting(hostAt(top), {
      root: `${top}/shop`,
      name: "team",
    });
    assertEquals(got.value, "007");
  }));

Deno.test("setSetting() refuses a wrong value", () =>
  withShop({}, async (top) => {
    const error = await refusalWithoutTrace(
      top,
      () => set(top, { name: "lock_timeout_seconds", value: "ten" }),
    );
    assertEquals(
      [error.kind, error.code, error.message],
      [
        "usage",
        "invalid_setting",
        'Cannot set "lock_timeout_seconds" to "ten": expected a number of seconds from 0 to 86400',
      ],
    );
  }));

Deno.test("setSetting() does not write to a repository what would not count there", () =>
  withShop({}, async (top) => {
    for (
      const [name, value] of [
        ["agent_program", "codex"],
        ["claude_binary", "happy"],
        ["approvals", "any"],
        ["supervision_mode", "zero_human"],
        ["feedback", "true"],
      ] as const
    ) {
      const error = await refusalWithoutTrace(
        top,
        () => set(top, { name, value }),
      );
      assertEquals([error.kind, error.code], ["usage", "user_setting"]);
      assert(error.hint?.endsWith("--global"));
    }
    await set(top, { name: "approvals", value: "terminal" });
  }));

Deno.test("setSetting() and unsetSetting() let no agent make anything looser", () =>
  withShop({ [OWN]: "feedback: false\n" }, async (top) => {
    const environment = agent("1");
    const machine = { environment };
    const loose = { name: "approvals", value: "any", global: true };
    const tries = [
      () => set(top, loose, machine),
      () => set(top, { ...loose, name: "agent_program" }, machine),
      () =>
        unsetSetting(hostAt(top, machine), {
          root: `${top}/shop`,
          name: "feedback",
          global: true,
        }),
    ];
    for (const attempt of tries) {
      const error = await refusalWithoutTrace(top, attempt);
      assertEquals([error.kind, error.code], ["denied", "approval_required"]);
    }
    const strict = { name: "approvals", value: "terminal", global: true };
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
    const options = { root: `${top}/shop`, name: "color" };
    const { changed, value } = await unsetSetting(hostAt(top), options);
    assertEquals([changed, value], [true, null]);
    assertEquals(readTree(top)[SHOP], "# a\nnotice: true\n");
    const again = await unsetSetting(hostAt(top), options);
    assertEquals(again.changed, false);
  }));

Deno.test("setSetting() needs a home for the user's file", () =>
  withRoot({}, async (root) => {
    const error = await refusalOf(() =>
      setSetting(fixedHost(), {
        root,
        name: "color",
        value: "never",
        global: true,
      })
    );
    assertEquals([error.kind, error.code], ["not_found", "no_home"]);
  }));

Deno.test("setSetting() makes nothing where the home is none", () =>
  withRoot({ "shop/": "", "file": "" }, async (top) => {
    for (const home of [`${top}/missing`, `${top}/file`]) {
      const host = { ...fixedHost(), homeDirectory: () => home };
      await refusalWithoutTrace(top, () =>
        setSetting(host, {
          root: `${top}/shop`,
          name: "color",
          value: "never",
          global: true,
        }));
    }
  }));

Deno.test("setSetting() waits no longer for the user's lock than it is told to", () =>
  withShop({}, async (top) => {
    const change = { name: "color", value: "never", global: true };
    await set(top, change);
    const lock = JSON.stringify({ no: "record" });
    writeTree(top, { "home/.orchestrator/lock": lock });
    const error = await refusalOf(() =>
      set(top, { ...change, value: "auto", lockTimeout: "0" })
    );
    assertEquals(error.kind, "conflict");
    assertEquals(readTree(top)[OWN], "color: never\n");
  }));
