/** What is written for hosts of agents can be taken away again, to the byte. */
import {
  type AgentFile,
  installAgents,
  uninstallAgents,
} from "../../src/agents/install.ts";
import { MARKDOWN, withBlock } from "../../src/agents/block_rules.ts";
import { HOSTS } from "../../src/agents/host_rules.ts";
import { readAgents } from "../../src/agents/status.ts";
import {
  hookEntries,
  INSTRUCTIONS,
  OPENCODE_PLUGIN,
} from "../../src/agents/text_rules.ts";
import { orc } from "../commands/orc.ts";
import { writeTree } from "../files/temporary.ts";
import { fixedHost, refusalOf, withRoot } from "../work/fixtures.ts";
import recorded from "../testdata/codex_trust.json" with { type: "json" };
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const OTHERS = '{"hooks":[{"type":"command","command":"./lint.sh"}]}';

/** Files as people leave them, each where orc adds something. */
const ODD: Readonly<Record<string, string>> = {
  "empty": "",
  "a final blank": " \n",
  "an empty object": "{}",
  "an object of several lines": "{\n}\n",
  "one line": '{"model":"opus","env":{"A":"1"}}',
  "no final newline": '{\n  "model": "opus"\n}',
  "four blanks": '{\n    "model": "opus"\n}\n',
  "tabs": '{\n\t"model": "opus"\n}\n',
  "CRLF": '{\r\n  "model": "opus"\r\n}\r\n',
  "a byte order mark": '\ufeff{\n  "model": "opus"\n}\n',
  "comments": '// Mine\n{\n  /* and */ "model": "opus", // this\n}\n// end',
  "a trailing comma": '{\n  "permissions": {"allow": ["Bash(ls:*)",],},\n}\n',
  "no hooks in hooks": '{"hooks": {}}\n',
  "an empty list of hooks": '{"hooks": {"Stop": [], "stop": []}}\n',
  "hooks of others":
    `{\n  "hooks": {\n    "Stop": [${OTHERS}],\n    "PreToolUse": [ ${OTHERS} ]\n  },\n  "z": 1\n}\n`,
  "other scripts": '{"ключ": "значение 🙂"}\n',
  "an older version": '{"version": 1, "hooks": {"sessionStart": []}}',
};

const TEXTS: Readonly<Record<string, string>> = {
  "empty": "",
  "no final newline": "# Mine",
  "a final newline": "# Mine\n",
  "blank lines at the end": "# Mine\n\n\n",
  "CRLF": "# Mine\r\n\r\n- x\r\n",
  "a byte order mark": "\ufeff# Mine\n",
  "blanks alone": "  \n\t\n",
};

const JSON_FILES = HOSTS.flatMap(({ files }) =>
  [files.hooks, files.mcp?.[0] ?? ""].filter((path) => path.endsWith(".json"))
);

const host = () => fixedHost({ number: 1 });

/** Everything in a directory but what orc keeps for itself, and git's own. */
function contentOf(
  root: string,
  below = "",
): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (
    const { name, isDirectory, isSymlink } of Deno.readDirSync(root + below)
  ) {
    const path = `${below}/${name}`;
    if (name === ".orchestrator") continue;
    if (isSymlink) found[path] = `-> ${Deno.readLinkSync(root + path)}`;
    else if (isDirectory) {
      Object.assign(
        found,
        { [path]: "/" },
        contentOf(root, path),
      );
    } else found[path] = Array.from(Deno.readFileSync(root + path)).join();
  }
  return found;
}

async function roundTrip(
  files: Readonly<Record<string, string>>,
  name: string,
): Promise<void> {
  await withRoot(files, async (root) => {
    const before = contentOf(root);
    const options = { root, hosts: ["all"], mcp: true };
    const { files: made } = await installAgents(host(), options);
    assertEquals(made.filter(({ action }) => action === "left"), [], name);
    assert(JSON.stringify(contentOf(root)) !== JSON.stringify(before));
    const again = await installAgents(host(), { root, hosts: ["all"] });
    assertEquals(
      again.files.filter(({ action }) => action !== "unchanged"),
      [],
    );
    await uninstallAgents(host(), { root, hosts: ["all"] });
    assertEquals(contentOf(root), before, name);
    const nothing = await uninstallAgents(host(), { root, hosts: ["all"] });
    assertEquals(nothing.files, [], name);
    assert(!exists(`${root}/.orchestrator/agents.json`));
  });
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

for (const [name, text] of Object.entries(ODD)) {
  Deno.test(`uninstallAgents() puts back every byte of a JSON file with ${name}`, () =>
    roundTrip(
      Object.fromEntries(JSON_FILES.map((path) => [path, text])),
      name,
    ));
}

for (const [name, text] of Object.entries(TEXTS)) {
  Deno.test(`uninstallAgents() puts back every byte of a text with ${name}`, () =>
    roundTrip(
      { "AGENTS.md": text, "CLAUDE.md": text, ".codex/config.toml": text },
      name,
    ));
}

Deno.test("uninstallAgents() removes files and directories that were not there", () =>
  roundTrip({ "src/a.ts": "", ".claude/agents/own.md": "" }, "nothing"));

Deno.test("a file changed since loses orc's part alone", () =>
  withRoot({ ".claude/settings.json": ODD["comments"] ?? "" }, async (root) => {
    await installAgents(host(), { root, hosts: ["claude", "cursor"] });
    const edited = (path: string, from: string, to: string) => {
      const text = Deno.readTextFileSync(`${root}/${path}`);
      assertStringIncludes(text, from);
      Deno.writeTextFileSync(`${root}/${path}`, text.replace(from, to));
    };
    edited(".claude/settings.json", '"opus"', '"haiku"');
    edited("AGENTS.md", "<!-- orc:begin", "# Mine\n\n<!-- orc:begin");
    edited(".cursor/hooks.json", '"stop": [', '"stop": [{"command": "./own"},');
    const { files } = await uninstallAgents(host(), { root, hosts: ["all"] });
    assertEquals(actionOf(files, ".claude/settings.json"), "changed");
    assertEquals(
      Deno.readTextFileSync(`${root}/.claude/settings.json`),
      (ODD["comments"] ?? "").replace("opus", "haiku"),
    );
    assertEquals(Deno.readTextFileSync(`${root}/AGENTS.md`), "# Mine\n\n");
    assertEquals(
      JSON.parse(Deno.readTextFileSync(`${root}/.cursor/hooks.json`)),
      {
        version: 1,
        hooks: { stop: [{ command: "./own" }] },
      },
    );
  }));

Deno.test("uninstallAgents() does without its record, as in a clone of what another one set up", () =>
  withRoot(
    { ".claude/settings.json": ODD["hooks of others"] ?? "" },
    async (root) => {
      const options = { root, hosts: ["all"], mcp: true };
      await installAgents(host(), options);
      Deno.removeSync(`${root}/.orchestrator/agents.json`);
      await uninstallAgents(host(), { root, hosts: ["all"] });
      const left = Object.keys(contentOf(root))
        .filter((path) => contentOf(root)[path] !== "/");
      assertEquals(left, ["/.claude/settings.json"]);
      assertEquals(
        JSON.parse(Deno.readTextFileSync(`${root}/.claude/settings.json`)),
        JSON.parse(ODD["hooks of others"] ?? ""),
      );
    },
  ));

Deno.test("uninstallAgents() removes no directory but those of its own files, whatever its record names", () =>
  withRoot({ "real/keep": "" }, async (root) => {
    const path = ".claude/skills/orc/SKILL.md";
    await installAgents(host(), { root, hosts: ["claude"] });
    const record = `${root}/.orchestrator/agents.json`;
    const { files, ...rest } = JSON.parse(Deno.readTextFileSync(record));
    const forged = ["own", "real/empty", "../beside", ".claude/../own", "/own"];
    for (const name of ["own", "real/empty", "../beside"]) {
      Deno.mkdirSync(`${root}/${name}`);
    }
    for (const entry of Object.values<{ directories: string[] }>(files)) {
      entry.directories = [...entry.directories, ...forged];
    }
    Deno.writeTextFileSync(record, JSON.stringify({ ...rest, files }));
    // What was made for the skill is a link by now.
    Deno.renameSync(`${root}/.claude/skills`, `${root}/real/skills`);
    Deno.symlinkSync("../real/skills", `${root}/.claude/skills`);
    await uninstallAgents(host(), { root, hosts: ["claude"] });
    assert(!exists(`${root}/${path}`));
    for (const name of ["own", "real/empty", "../beside", "real/skills/orc"]) {
      assert(exists(`${root}/${name}`), name);
    }
    Deno.removeSync(`${root}/../beside`);
  }));

const BLOCK = withBlock("", INSTRUCTIONS, MARKDOWN);

/** Files in which somebody wrote about marks, between them, or twice; and what is theirs. */
const MARKED: Readonly<Record<string, readonly [text: string, own: string]>> = {
  "marks in prose": [
    "Between `<!-- orc:begin -->` and\nsome text\nmy `<!-- orc:end -->` it stands.\n",
    "Between `<!-- orc:begin -->` and\nsome text\nmy `<!-- orc:end -->` it stands.\n",
  ],
  "two blocks": [`# Mine\n\n${BLOCK}\nMore\n\n${BLOCK}`, "# Mine\n\nMore\n"],
  "three blocks in a row": [BLOCK + BLOCK + BLOCK, ""],
  "lines of one's own in a block": [
    `# Mine\n\n${
      BLOCK.replace("\n<!-- orc:end", "\n\nMy rule\n\n- two\n<!-- orc:end")
    }`,
    "# Mine\n\n\nMy rule\n\n- two\n",
  ],
  "lines of one's own above": [
    BLOCK.replace("\n## ", "\nMy rule\n## ").replaceAll("\n", "\r\n"),
    "My rule\r\n",
  ],
};

for (const [name, [text, own]] of Object.entries(MARKED)) {
  Deno.test(`agents' lines are orc's block alone, with ${name}`, () =>
    withRoot({ "AGENTS.md": text }, async (root) => {
      const path = `${root}/AGENTS.md`;
      const options = { root, hosts: ["cursor"] };
      for (const _ of ["first", "again"]) {
        await installAgents(host(), options);
        const now = Deno.readTextFileSync(path);
        assertEquals(now.split(/^<!-- orc:begin.* -->\r?$/m).length, 2);
        assert(now.startsWith(own));
      }
      const left = () => exists(path) ? Deno.readTextFileSync(path) : "";
      await uninstallAgents(host(), options);
      assertEquals(left(), own);
      // Without a record, as in a clone.
      Deno.writeTextFileSync(path, text);
      await uninstallAgents(host(), options);
      assertEquals(left(), own);
    }));
}

function actionOf(files: readonly AgentFile[], path: string): string {
  return files.find((file) => file.path === path)?.action ?? "none";
}

const CLAUDE = ["--host", "claude"];

Deno.test("installAgents() leaves and names what it cannot edit", () =>
  withRoot({
    ".claude/settings.json": "{ broken",
    ".codex/hooks.json": "[1]",
    ".cursor/hooks.json": '{"hooks": {"stop": "x"}}',
    ".gemini/settings.json": '{"hooks": []}',
    "AGENTS.md": "# Mine\n<!-- orc:begin -->\nlines\n",
    ".agents/skills/orc/SKILL.md": "of somebody else",
  }, async (root) => {
    Deno.writeFileSync(`${root}/CLAUDE.md`, new Uint8Array([0xff, 0xfe, 0x00]));
    const before = contentOf(root);
    const hosts = ["claude", "codex", "cursor", "gemini"];
    const { files } = await installAgents(host(), { root, hosts });
    const left = files.filter(({ action }) => action === "left");
    assertEquals(
      left.map(({ path }) => path).sort(),
      Object.keys(before)
        .filter((path) => before[path] !== "/").map((path) => path.slice(1))
        .sort(),
    );
    for (const { reason } of left) {
      assert(reason !== null && reason.length > 10);
    }
    const { warnings } = await readAgents(host(), { root, hosts });
    assertEquals(warnings, left.map(({ reason }) => reason ?? ""));
    for (
      const [command, ended] of [["install", 3], ["uninstall", 3]] as const
    ) {
      const { exitCode, out } = await orc(root, ["agents", command, ...CLAUDE]);
      assertEquals(exitCode, ended, command);
      assertStringIncludes(out, "left .claude/settings.json: ");
      assertStringIncludes(out, "Not done: mend ");
    }
    const trial = ["agents", "install", ...CLAUDE, "--dry-run"];
    assertEquals((await orc(root, trial)).exitCode, 0);
    const told = await orc(root, ["agents", "status", ...CLAUDE]);
    assertEquals(told.exitCode, 0);
    assertStringIncludes(told.err, "settings.json");
    const now = contentOf(root);
    for (const [path, text] of Object.entries(before)) {
      assertEquals(now[path], text);
    }
  }));

Deno.test("installAgents() follows no link out of the root, and a link within it to where it leads", () =>
  withRoot(
    { "repo/docs/agents.md": "# Mine\n", "out/settings.json": "{}" },
    async (top) => {
      const root = `${top}/repo`;
      Deno.symlinkSync("../out", `${root}/.claude`);
      Deno.symlinkSync("docs/agents.md", `${root}/AGENTS.md`);
      Deno.symlinkSync("AGENTS.md", `${root}/CLAUDE.md`);
      const { files } = await installAgents(host(), {
        root,
        hosts: ["claude"],
      });
      assertEquals(actionOf(files, ".claude/settings.json"), "left");
      assertEquals(Deno.readTextFileSync(`${top}/out/settings.json`), "{}");
      assertStringIncludes(
        Deno.readTextFileSync(`${root}/docs/agents.md`),
        "orc next",
      );
      assertEquals(Deno.readLinkSync(`${root}/AGENTS.md`), "docs/agents.md");
      const text = Deno.readTextFileSync(`${root}/docs/agents.md`);
      assertEquals(text.split("orc:begin").length, 2);
      await uninstallAgents(host(), { root, hosts: ["claude"] });
      assertEquals(Deno.readTextFileSync(`${root}/docs/agents.md`), "# Mine\n");
    },
  ));

Deno.test("installAgents() points Claude Code to AGENTS.md only where it does not read it", async () => {
  const written = async (text: string): Promise<string> => {
    let now = "";
    await withRoot({ "CLAUDE.md": text }, async (root) => {
      await installAgents(host(), { root, hosts: ["claude"] });
      now = Deno.readTextFileSync(`${root}/CLAUDE.md`);
    });
    return now;
  };
  assertEquals(await written("See @AGENTS.md\n"), "See @AGENTS.md\n");
  assertStringIncludes(await written("See @AGENTS.md.bak\n"), "\n@AGENTS.md\n");
  assertStringIncludes(await written("# Mine\n"), "\n@AGENTS.md\n");
});

Deno.test("installAgents() takes the hosts of the repository, else of the machine, and says so", async () => {
  await withRoot({ ".cursor/rules": "", "GEMINI.md": "" }, async (root) => {
    const { hosts, chosen } = await installAgents(host(), { root });
    assertEquals([hosts, chosen], [["cursor", "gemini"], "repository"]);
  });
  await withRoot(
    { "home/.codex/x": "", "bin/opencode": "", "repo/a": "" },
    async (top) => {
      const machine = fixedHost({
        home: `${top}/home`,
        environment: { PATH: `${top}/bin` },
      });
      const root = `${top}/repo`;
      const { hosts, chosen } = await installAgents(machine, { root });
      assertEquals([hosts, chosen], [["codex", "opencode"], "machine"]);
    },
  );
  await withRoot({}, async (root) => {
    const none = await refusalOf(() => installAgents(host(), { root }));
    assertEquals(none.code, "no_host");
    const hosts = ["emacs"];
    const unknown = await refusalOf(() =>
      installAgents(host(), { root, hosts })
    );
    assertEquals(unknown.code, "unknown_host");
  });
});

Deno.test("installAgents() --dry-run says what it would do and does nothing", () =>
  withRoot({ "AGENTS.md": "# Mine\n" }, async (root) => {
    const before = contentOf(root);
    const options = { root, hosts: ["claude"], dryRun: true };
    const { files } = await installAgents(host(), options);
    assertEquals(actionOf(files, "AGENTS.md"), "changed");
    assertEquals(actionOf(files, ".claude/settings.json"), "made");
    assertEquals(contentOf(root), before);
    assert(!exists(`${root}/.orchestrator`));
  }));

Deno.test("uninstallAgents() of one host leaves what another one needs", () =>
  withRoot({}, async (root) => {
    await installAgents(host(), { root, hosts: ["claude", "codex"] });
    await uninstallAgents(host(), { root, hosts: ["claude"] });
    assertStringIncludes(
      Deno.readTextFileSync(`${root}/AGENTS.md`),
      "orc next",
    );
    assert(!exists(`${root}/.claude`));
    assert(exists(`${root}/.agents/skills/orc/SKILL.md`));
    await uninstallAgents(host(), { root, hosts: ["codex"] });
    assertEquals(contentOf(root), {});
  }));

Deno.test("installAgents() --global sets a user up, whose projects need no orc", () =>
  withRoot(
    { "home/.claude/settings.json": "{}\n", "repo/a": "" },
    async (top) => {
      const machine = fixedHost({ home: `${top}/home` });
      const before = contentOf(`${top}/home`);
      const options = { root: `${top}/repo`, global: true };
      await installAgents(machine, { ...options, hosts: ["claude"] });
      const text = Deno.readTextFileSync(`${top}/home/.claude/settings.json`);
      assertStringIncludes(text, "orc hook claude PreToolUse");
      assert(!text.includes("exit 2"));
      assertEquals([...Deno.readDirSync(`${top}/repo`)].length, 1);
      await uninstallAgents(machine, { ...options, hosts: ["claude"] });
      assertEquals(contentOf(`${top}/home`), before);
    },
  ));

Deno.test("a hook at the end gets the time that its host gives to one that asks", () => {
  const limits = HOSTS.flatMap((kind) =>
    kind.shape !== "groups" ? [] : [[
      kind.name,
      ...hookEntries(kind, false).map(([, { hooks }]) =>
        (hooks as { readonly timeout?: number }[])[0]?.timeout
      ),
    ]]
  );
  const others = Array(4).fill(undefined);
  assertEquals(limits, [
    ["claude", ...others, 30],
    ["codex", ...others, 3],
    // It counts milliseconds, and waits a minute.
    ["gemini", ...others],
  ]);
});

Deno.test("the plugin of opencode is short enough to be read", () => {
  assert(OPENCODE_PLUGIN.split("\n").length <= 40);
});

Deno.test("readAgents() tells what is set up, what is behind, and what never fired", () =>
  withRoot({ ".claude/settings.json": "{}" }, async (root) => {
    const read = async () => (await readAgents(host(), { root })).agents[0];
    assertEquals((await read())?.installed, false);
    await installAgents(host(), { root });
    const now = await read();
    assertEquals([now?.installed, now?.behind], [true, []]);
    assertEquals(now?.hooks.map(({ firedAt }) => firedAt), [
      null,
      null,
      null,
      null,
      null,
    ]);
    writeTree(root, { "AGENTS.md": "" });
    assertEquals((await read())?.behind, ["AGENTS.md"]);
  }));

Deno.test("readAgents() says of each hook whether Codex runs it, as far as Codex' own file says", () =>
  withRoot(
    { "repo/.git/HEAD": "ref: x", "home/a": "", "own/a": "" },
    async (top) => {
      const root = `${top}/repo`;
      await installAgents(host(), { root, hosts: ["codex"] });
      const hooks = `${Deno.realPathSync(root)}/.codex/hooks.json`;
      const settings = recorded.settings
        .replaceAll(recorded.path, hooks)
        .replace('"/tmp/shop"', JSON.stringify(Deno.realPathSync(root)));
      const read = async (environment: Record<string, string> = {}) => {
        const machine = fixedHost({ home: `${top}/home`, environment });
        const { agents } = await readAgents(machine, {
          root,
          hosts: ["codex", "claude"],
        });
        const [codex, claude] = agents;
        assertEquals(claude?.hooks.some(({ trust }) => trust !== null), false);
        return [codex?.hooks.map(({ trust }) => trust).join(), codex?.note];
      };
      const untrusted = Array(5).fill("untrusted").join();
      const [none, why] = await read();
      assertEquals(none, untrusted);
      assertStringIncludes(why ?? "", "does not trust this directory");
      writeTree(`${top}/home`, { ".codex/config.toml": settings });
      const trusted = Array(5).fill("trusted").join();
      assertEquals(await read(), [trusted, null]);
      const said = await orc(root, ["agents", "status"], {
        home: `${top}/home`,
      });
      assertStringIncludes(said.out, "Stop: has not fired; trusted\n");
      // Where Codex keeps its files elsewhere, they count.
      assertEquals((await read({ CODEX_HOME: `${top}/own` }))[0], untrusted);
      writeTree(`${top}/own`, {
        "config.toml": settings.slice(0, settings.lastIndexOf("[")),
      });
      const [stopless, skipped] = await read({ CODEX_HOME: `${top}/own` });
      assertEquals(stopless, "trusted,trusted,untrusted,trusted,trusted");
      assertStringIncludes(skipped ?? "", "(Stop): in Codex, look at /hooks");
    },
  ));
