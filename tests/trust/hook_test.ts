import { attestSession } from "../../src/trust/attest.ts";
import { changePushHook, verifyPush } from "../../src/trust/hook.ts";
import { orc } from "../commands/orc.ts";
import { codeOf, refusalOf } from "../work/fixtures.ts";
import {
  approvingHost,
  git,
  putOrcOnPath,
  withFinished,
  withRepository,
} from "./fixtures.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

const host = approvingHost();

Deno.test("changePushHook() installs, keeps, changes and removes one hook", () =>
  withRepository(async ({ root }) => {
    const path = `${root}/.git/hooks/pre-push`;
    const change = async (options = {}) => {
      const hooked = await changePushHook(host, { root, ...options });
      assertEquals(hooked.path.endsWith(".git/hooks/pre-push"), true);
      return [hooked.installed, hooked.changed];
    };
    assertEquals(await change({ remove: true }), [false, false]);
    assertEquals(await change(), [true, true]);
    assertEquals(await change(), [true, false]);
    assertEquals((Deno.statSync(path).mode ?? 0) & 0o777, 0o755);
    const require = ["main", "release/*"];
    assertEquals(await change({ require }), [true, true]);
    assertStringIncludes(
      Deno.readTextFileSync(path),
      "\nexec orc verify-push --require main --require 'release/*' >&2\n",
    );
    assertEquals(await change({ remove: true }), [false, true]);
    assertEquals(await change({ remove: true }), [false, false]);
    for (const name of ["-x", "a b", "$(x)", ""]) {
      const asked = () => change({ require: [name] });
      assertEquals(await codeOf(asked), "usage invalid_branch");
    }
  }));

Deno.test("changePushHook() leaves the hook of others alone, and says which line to add", () =>
  withRepository(async ({ root }) => {
    const path = `${root}/.git/hooks/pre-push`;
    Deno.mkdirSync(`${root}/.git/hooks`, { recursive: true });
    Deno.writeTextFileSync(path, "#!/bin/sh\necho mine\n");
    const install = () => changePushHook(host, { root, require: ["main"] });
    assertEquals(await codeOf(install), "conflict hook_not_ours");
    const line = "orc verify-push --require main >&2 || exit $?";
    assertStringIncludes((await refusalOf(install)).hint ?? "", line);
    assertEquals(
      (await changePushHook(host, { root, remove: true })).changed,
      false,
    );
    assertEquals(Deno.readTextFileSync(path), "#!/bin/sh\necho mine\n");
    Deno.writeTextFileSync(path, `#!/bin/sh\n${line}\necho mine\n`);
    const { installed, changed } = await install();
    assertEquals([installed, changed], [true, false]);
  }));

Deno.test("changePushHook() goes where git looks, in a linked worktree too, and not out of the repository", () =>
  withRepository(async ({ root, outside }) => {
    const linked = `${outside}/linked`;
    await git(root, "worktree", "add", "-q", linked, "-b", "side");
    const { path } = await changePushHook(host, { root: linked });
    assertEquals(path, Deno.realPathSync(`${root}/.git/hooks/pre-push`));
    await git(root, "config", "core.hooksPath", "tools/hooks");
    const own = await changePushHook(host, { root });
    assertEquals(own.path, `${Deno.realPathSync(root)}/tools/hooks/pre-push`);
    await git(root, "config", "core.hooksPath", outside);
    const out = () => changePushHook(host, { root });
    assertEquals(await codeOf(out), "conflict hook_not_ours");
  }));

Deno.test("verifyPush() judges what was attested, lets go what was not, and asks for what is required", () =>
  withFinished(async ({ root }) => {
    const id = async (name: string) =>
      (await git(root, "rev-parse", name)).trim();
    const first = await id("HEAD");
    await attestSession(host, { root, note: true });
    Deno.writeTextFileSync(`${root}/a`, "5");
    await git(root, "commit", "-qam", "Second");
    await git(root, "tag", "-am", "One", "v1", first);
    const [second, tag, none] = [
      await id("HEAD"),
      await id("v1"),
      "0".repeat(40),
    ];
    const blob = await id("HEAD:a");
    const push = async (
      ref: string,
      pushed: string,
      require: string[] = [],
    ) => {
      const refs = `refs/heads/x ${pushed} ${ref} ${none}\n`;
      const { passes, refs: judged } = await verifyPush(host, {
        root,
        refs,
        require,
      });
      return [passes, ...judged.map(({ verdict }) => verdict)];
    };
    const main = "refs/heads/main";
    assertEquals(await push(main, first, ["main"]), [true, "holds"]);
    assertEquals(await push("refs/tags/v1", tag), [true, "holds"]);
    assertEquals(await push(main, second), [true, "unattested"]);
    assertEquals(await push(main, second, ["main"]), [false, "unattested"]);
    assertEquals(await push(main, second, ["ma*"]), [false, "unattested"]);
    assertEquals(await push(main, second, ["m", "other"]), [
      true,
      "unattested",
    ]);
    assertEquals(await push(main, none, ["main"]), [true]);
    assertEquals(await push("refs/notes/x", blob), [true]);
    // A note that speaks for other files stops even what nobody requires.
    const note = await git(
      root,
      "notes",
      "--ref=orchestrator",
      "show",
      `${first}^{tree}`,
    );
    await git(
      root,
      "notes",
      "--ref=orchestrator",
      "add",
      "-m",
      note.trim(),
      `${second}^{tree}`,
    );
    assertEquals(await push("refs/heads/side", second), [false, "fails"]);
    const refs = `refs/heads/x ${second} ${main} ${none}\n`;
    const machine = { programs: "real", input: refs } as const;
    const { exitCode, out } = await orc(root, ["verify-push"], machine);
    assertEquals([exitCode, out], [
      3,
      `refs/heads/main does not hold: 1 finding
  The commit has other files than were attested: "a"
Try: finish the session, commit, then: orc attest --note; to push all the same: git push --no-verify
`,
    ]);
  }));

for (const shell of ["dash", "bash"]) {
  Deno.test(`git runs the hook with ${shell}: what holds is pushed, and nothing else`, () =>
    withFinished(async ({ root, outside }) => {
      const environment = putOrcOnPath(outside);
      const push = async (...args: readonly string[]) => {
        const { code, stderr } = await new Deno.Command("git", {
          args: ["push", "origin", ...args],
          cwd: root,
          env: environment,
        }).output();
        return [code, new TextDecoder().decode(stderr)] as const;
      };
      const { path } = await changePushHook(host, { root, require: ["main"] });
      const text = Deno.readTextFileSync(path);
      Deno.writeTextFileSync(
        path,
        text.replace("#!/bin/sh", `#!/usr/bin/env ${shell}`),
      );
      const [refused, said] = await push("main");
      assertEquals(refused, 1, said);
      assertStringIncludes(said, "orc attest --note");
      assertEquals((await push("main:side"))[0], 0);
      await attestSession(host, { root, note: true });
      const [code, error] = await push("main", "refs/notes/orchestrator");
      assertEquals(code, 0, error);
      const without = { ...environment, PATH: "/usr/bin:/bin" };
      Deno.writeTextFileSync(`${root}/a`, "5");
      await git(root, "commit", "-qam", "Second");
      const { code: missing, stderr } = await new Deno.Command("git", {
        args: ["push", "origin", "main:other"],
        cwd: root,
        env: without,
      }).output();
      assertEquals(missing, 1);
      assertStringIncludes(
        new TextDecoder().decode(stderr),
        "orc is not on PATH",
      );
    }));
}
