import { denoHost } from "../../src/host/deno_host.ts";
import type { Host } from "../../src/host/host.ts";
import { completeItem } from "../../src/work/complete.ts";
import { approveItem } from "../../src/work/item.ts";
import { finishSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { orcCommand } from "../orc_command.ts";
import { assertEquals } from "@std/assert";

/** A check of all files, one of some, and a human's yes. */
export const CHECKED = `name: Checked
phases:
  - id: DO
    name: Do
    items:
      - {id: all, name: All, verification: {type: command, command: test -f a}}
      - {id: own, name: Own, inputs: [src/**], verification: {type: command, command: grep -q 2 src/b}}
      - {id: consent, name: Somebody agrees, verification: {type: manual_gate}}
`;

/** This machine, where a human says yes to all that is asked. */
export function approvingHost(more: Partial<Host> = {}): Host {
  const host = denoHost();
  return {
    ...host,
    caller: () => ({ agent: null, approval: null }),
    approve: () => Promise.resolve({ approved: true }),
    ...more,
  };
}

/** Runs git in a directory, and returns what it printed. */
export async function git(
  cwd: string,
  ...args: readonly string[]
): Promise<string> {
  const own = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  const author = ["user.name=A", "user.email=a@example.org"];
  const command = new Deno.Command("git", {
    args: [...author.flatMap((one) => ["-c", one]), ...args],
    cwd,
    env: own,
  });
  const { success, stdout, stderr } = await command.output();
  const [out, said] = [stdout, stderr].map((each) =>
    new TextDecoder().decode(each)
  );
  assertEquals(success, true, said);
  return out ?? "";
}

/** Where a session is, and where others see what it leaves. */
export interface Places {
  /** The repository of the session. */
  readonly root: string;
  /** A clone of what was pushed, notes and all, in which orc was never used. */
  clone(name: string): Promise<string>;
  /** A directory outside of both. */
  readonly outside: string;
}

/** Runs a test in a repository whose session is finished, beside a bare one. */
export function withFinished(
  test: (places: Places) => Promise<void>,
  files: Readonly<Record<string, string>> = {},
): Promise<void> {
  return withRepository(async (places) => {
    await play(places.root);
    await test(places);
  }, files);
}

/** Goes through the workflow, from its start to its end. */
export async function play(root: string): Promise<void> {
  const host = approvingHost();
  await startSession(host, { root, task: "Add login" });
  await completeItem(host, { root, itemId: "all" });
  await completeItem(host, { root, itemId: "own" });
  await approveItem(host, { root, itemId: "consent" });
  await finishSession(host, { root });
}

/** Runs a test in a repository with one commit. */
export function withRepository(
  test: (places: Places) => Promise<void>,
  files: Readonly<Record<string, string>> = {},
): Promise<void> {
  return withTemporaryDirectory(async (outside) => {
    const [root, bare] = [`${outside}/own`, `${outside}/bare.git`];
    writeTree(root, {
      "workflow.yaml": CHECKED,
      a: "1",
      "src/b": "2",
      ...files,
    });
    await git(outside, "init", "-q", "--bare", bare);
    await git(root, "init", "-q", "-b", "main");
    await git(root, "config", "user.name", "A");
    await git(root, "config", "user.email", "a@example.org");
    await git(root, "remote", "add", "origin", bare);
    await git(root, "add", ".");
    await git(root, "commit", "-qm", "First");
    await test({
      root,
      outside,
      async clone(name) {
        const notes = "refs/notes/*:refs/notes/*";
        await git(root, "push", "-q", "origin", "HEAD:main", notes);
        await git(outside, "clone", "-q", "-b", "main", bare, name);
        await git(`${outside}/${name}`, "fetch", "-q", "origin", notes);
        return `${outside}/${name}`;
      },
    });
  });
}

/** Makes `orc` a program of this directory, and returns an environment in which it is found first. */
export function putOrcOnPath(directory: string): Record<string, string> {
  const bin = `${directory}/bin`;
  Deno.mkdirSync(bin);
  const words = orcCommand().map((word) => `'${word}'`).join(" ");
  const text = `#!/bin/sh\nexec ${words} "$@"\n`;
  Deno.writeTextFileSync(`${bin}/orc`, text, { mode: 0o755 });
  return {
    ...Deno.env.toObject(),
    PATH: `${bin}:${Deno.env.get("PATH")}`,
    GIT_CONFIG_GLOBAL: "/dev/null",
  };
}
