/** Checkpoints that cannot be written: nothing is left behind, and the exit code says why. */
import { readTree } from "../files/temporary.ts";
import { canMount, execute, git, inLab, shellWithMounts, test } from "./lab.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

const DENIED = 77;
const EXTERNAL = 7;

for (const name of ["checkpoints", "."]) {
  test(`orc checkpoint leaves nothing where "${name}" is read-only`, () =>
    inLab(async (lab) => {
      Deno.mkdirSync(lab.at("checkpoints"));
      const before = readTree(lab.root);
      Deno.chmodSync(lab.at(name), 0o555);
      const args = ["checkpoint", "-m", "x", "--full"];
      const { code, out } = await lab.spawn(args, { unprivileged: true });
      Deno.chmodSync(lab.at(name), 0o755);
      assertEquals(code, DENIED, out);
      assertEquals(JSON.parse(out).error.code, "permission_denied");
      assertEquals(readTree(lab.root), before);
      const again = await lab.orc(["checkpoint"]);
      assertEquals(again.code, 0, again.err);
    }));
}

test({
  name: "orc checkpoint leaves nothing on a full disk",
  ignore: !canMount(),
  fn: () =>
    inLab(async (lab) => {
      const session = `.orchestrator/sessions/${lab.first}`;
      const line = `set -e
cp -r "$1/${session}" "$2/../copy"
mount -t tmpfs -o size=64k none "$1/${session}"
cp -r "$2/../copy/." "$1/${session}/"
dd if=/dev/zero of="$1/${session}/filler" bs=1k 2>/dev/null || true
# Room for the lock, and not for what is written under it.
truncate -s -4096 "$1/${session}/filler"
set +e
orc checkpoint -m x
echo "[$?]"
cd "$1/${session}"
ls -d * checkpoints/*`;
      const { out, err } = await shellWithMounts(lab, line);
      assertStringIncludes(out, `[${EXTERNAL}]`, err);
      assertStringIncludes(err, "disk full; nothing was changed");
      const names = out.split("\n").filter((name) => /^\w/.test(name));
      const expected = ["filler", "log.jsonl", "meta.json", "state.json"];
      assertEquals(names.filter((name) => name !== "checkpoints"), expected);
      assertEquals(out.includes("cp_"), false, out);
    }),
});

test("D20: orc checkpoint runs no program that the repository's git names", () =>
  inLab(async (lab) => {
    const marker = `${lab.root}/.git/ran`;
    const evil = `${lab.root}/.git/evil.sh`;
    const script = `#!/bin/sh\necho "$0 $*" >> "${marker}"\n`;
    Deno.writeTextFileSync(evil, script, { mode: 0o755 });
    Deno.writeTextFileSync(`${lab.root}/.gitattributes`, "* filter=a=b.c\n");
    Deno.writeTextFileSync(`${lab.root}/src/old.ts`, "old\n");
    Deno.writeTextFileSync(`${lab.root}/src/same.ts`, "same\n");
    await git(lab.root, "add", "src", ".gitattributes");
    await git(lab.root, "commit", "--quiet", "-m", "x");
    Deno.mkdirSync(`${lab.root}/.git/hooks`);
    for (const hook of ["post-index-change", "pre-auto-gc"]) {
      Deno.copyFileSync(evil, `${lab.root}/.git/hooks/${hook}`);
    }
    for (const key of KEYS) await git(lab.root, "config", key, evil);
    await git(lab.root, "config", "alias.ls-files", `!${evil}`);
    await git(lab.root, "config", "alias.config", `!${evil}`);
    await git(lab.root, "config", "filter.a=b.c.required", "true");
    // As long as before, so that git has to look at what is in them.
    Deno.writeTextFileSync(`${lab.root}/src/old.ts`, "new\n");
    Deno.utimeSync(`${lab.root}/src/old.ts`, 1e9, 1e9);
    Deno.utimeSync(`${lab.root}/src/same.ts`, 1e9, 1e9);
    Deno.writeTextFileSync(`${lab.root}/src/more.ts`, "more\n");
    await withoutRun(marker, async () => {
      const { code, out, err } = await lab.spawn(["checkpoint", "--full"]);
      assertEquals(code, 0, err + out);
      const { files } = JSON.parse(out).result;
      assertEquals(files, ["src/more.ts", "workflow.yaml", "src/old.ts"]);
    });
    // What is tried here would run it, if orc let git do as it likes.
    await execute("git", ["ls-files", "--modified"], { cwd: lab.root });
    assertEquals(isThere(marker), true);
  }));

/** Settings that name a program which git would run. */
const KEYS = [
  "core.fsmonitor",
  "core.sshCommand",
  "core.pager",
  "core.editor",
  "core.askPass",
  "pager.ls-files",
  "pager.config",
  "credential.helper",
  "diff.external",
  "filter.a=b.c.clean",
  "filter.a=b.c.process",
  "filter.a=b.c.smudge",
];

async function withoutRun(
  marker: string,
  run: () => Promise<void>,
): Promise<void> {
  assertEquals(isThere(marker), false, "before");
  await run();
  assertEquals(
    isThere(marker) ? Deno.readTextFileSync(marker) : "",
    "",
  );
}

function isThere(path: string): boolean {
  const directory = path.slice(0, path.lastIndexOf("/"));
  return [...Deno.readDirSync(directory)].some(({ name }) =>
    path === `${directory}/${name}`
  );
}
