/** Checks that run again see what was committed, whatever the clone and its user have git make of it. */
import { fileKind } from "../../src/files/read.ts";
import type { Host, ProgramRequest } from "../../src/host/host.ts";
import { attestSession } from "../../src/trust/attest.ts";
import { verifySession } from "../../src/trust/use.ts";
import { completeItem } from "../../src/work/complete.ts";
import { finishSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { writeTree } from "../files/temporary.ts";
import { approvingHost, git, withRepository } from "../trust/fixtures.ts";
import { codeOf } from "../work/fixtures.ts";
import { assertEquals } from "@std/assert";

/** A check that is red on what was committed. */
const WORKFLOW = `name: Shop
phases:
  - id: BUILD
    name: Build
    items:
      - {id: good, name: Good, verification: {type: command, command: grep -q good a}}
`;

/** This machine with settings of git that its user has. */
function hostWith(settings: string): Host {
  const host = approvingHost();
  return {
    ...host,
    runProgram: (request: ProgramRequest) =>
      host.runProgram({
        ...request,
        variables: { GIT_CONFIG_GLOBAL: settings, ...request.variables },
      }),
  };
}

interface Places {
  readonly root: string;
  readonly outside: string;
  /** A file with these settings of git. */
  user(settings: string): Host;
}

/** A session that is finished; its check saw files that are then put aside. */
function finished(
  name: string,
  files: Readonly<Record<string, string>>,
  test: (places: Places) => Promise<void>,
  seen = "good\n",
): void {
  Deno.test(name, () =>
    withRepository(async ({ root, outside }) => {
      const host = approvingHost();
      const committed = Deno.readFileSync(`${root}/a`);
      Deno.writeTextFileSync(`${root}/a`, seen);
      await startSession(host, { root, task: "Add login" });
      await completeItem(host, { root, itemId: "good" });
      await finishSession(host, { root });
      if (seen === "good\n") Deno.writeFileSync(`${root}/a`, committed);
      await test({
        root,
        outside,
        user(settings) {
          Deno.writeTextFileSync(`${outside}/settings`, settings);
          return hostWith(`${outside}/settings`);
        },
      });
    }, { "workflow.yaml": WORKFLOW, ...files }));
}

/** What is found when the checks run again, but for files that changed since they did. */
async function again(root: string, host: Host): Promise<readonly string[]> {
  const [entry] = Array.from(
    Deno.readDirSync(`${root}/.orchestrator/sessions`),
  );
  const session = entry?.name ?? "";
  const { findings } = await verifySession(host, {
    root,
    session,
    rerun: true,
  });
  return findings.map(({ code }) => code).filter((code) => code !== "stale");
}

/** Settings by which a filter answers with something else. */
const filter = (smudge: string, attributes = ""): string =>
  `[filter "x"]\n\tsmudge = ${smudge}\n\tclean = cat\n${
    attributes && `[core]\n\tattributesFile = ${attributes}\n`
  }`;

finished(
  "nothing that the clone's own settings name runs for a checkout",
  { a: "bad\n", ".gitattributes": "a filter=x\n" },
  async ({ root, outside }) => {
    const program = `${outside}/program`;
    const text = `#!/bin/sh\ntouch '${outside}/ran'\necho good\n`;
    Deno.writeTextFileSync(program, text, { mode: 0o755 });
    for (const name of ["post-checkout", "post-index-change"]) {
      Deno.copyFileSync(program, `${root}/.git/hooks/${name}`);
    }
    const own: Record<string, string> = {
      "filter.x.smudge": program,
      "filter.x.process": program,
      "core.fsmonitor": program,
      "core.hooksPath": `${root}/.git/hooks`,
      "core.attributesFile": `${outside}/attributes`,
    };
    for (const [name, value] of Object.entries(own)) {
      await git(root, "config", name, value);
    }
    writeTree(root, { ".git/info/attributes": "* filter=x\n" });
    writeTree(outside, { attributes: "* filter=x\n" });
    assertEquals(await again(root, approvingHost()), ["rerun_failed"]);
    assertEquals(fileKind(`${outside}/ran`), "absent");
  },
);

finished(
  "what a filter of the user makes of a file is found",
  { a: "bad\n" },
  async ({ root, outside, user }) => {
    writeTree(outside, { attributes: "a filter=x\n" });
    const host = user(filter("sed s/bad/good/", `${outside}/attributes`));
    assertEquals(await again(root, host), ["checkout_differs"]);
    // Nor is it taken for what a clean checkout has.
    Deno.writeTextFileSync(`${root}/a`, "good\n");
    assertEquals(await again(root, host), ["uncommitted", "checkout_differs"]);
    assertEquals(
      await codeOf(() => attestSession(host, { root })),
      "refused not_verified",
    );
  },
);

finished(
  "an object that is not what its id says is found",
  { a: "bad\n" },
  async ({ root }) => {
    await forge(root, "HEAD:a", "blob", "good\n");
    assertEquals(await again(root, approvingHost()), ["checkout_differs"]);
  },
);

finished(
  "a directory that is not what its id says is found",
  { "a": "bad\n", "b/a": "1" },
  async ({ root }) => {
    Deno.writeTextFileSync(`${root}/b/a`, "2");
    const tree = await git(root, "rev-parse", "HEAD:b");
    await git(root, "add", "b");
    const whole = (await git(root, "write-tree")).trim();
    const other = await git(root, "rev-parse", `${whole}:b`);
    await git(root, "reset", "-q", "--hard");
    const [from, to] = [other, tree].map((id) => looseFile(root, id.trim()));
    Deno.removeSync(to ?? "");
    Deno.copyFileSync(from ?? "", to ?? "");
    assertEquals(
      await codeOf(() => again(root, approvingHost())),
      "external git_failed",
    );
  },
);

const CONTENT = "good and large\n";

async function pointer(): Promise<string> {
  const bytes = new TextEncoder().encode(CONTENT);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  const hex = Array.from(
    new Uint8Array(digest),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
  return `version https://git-lfs.github.com/spec/v1\noid sha256:${hex}\nsize ${bytes.length}\n`;
}

const LARGE = { a: await pointer(), ".gitattributes": "a filter=x\n" };

finished(
  "the file that a pointer of LFS names is what was committed",
  LARGE,
  async (
    { root, user },
  ) => {
    assertEquals(await again(root, user(filter("echo good and large"))), []);
  },
  CONTENT,
);

finished(
  "another file than a pointer of LFS names is found",
  LARGE,
  async ({ root, user }) => {
    assertEquals(await again(root, user(filter("echo good and lavish"))), [
      "uncommitted",
      "checkout_differs",
    ]);
  },
  CONTENT,
);

finished(
  "other ends of lines are what was committed",
  { a: "good\ngood\n" },
  async (
    { root, user },
  ) => {
    assertEquals(await again(root, user("[core]\n\tautocrlf = true\n")), []);
  },
);

finished(
  "what committed attributes alone make of a file is what was committed",
  { a: "good $Id$\n", ".gitattributes": "a ident\n" },
  async ({ root, user }) => {
    assertEquals(await again(root, user("")), []);
  },
);

function looseFile(root: string, id: string): string {
  return `${root}/.git/objects/${id.slice(0, 2)}/${id.slice(2)}`;
}

/** Puts another content under the id of an object. */
async function forge(
  root: string,
  name: string,
  type: string,
  content: string,
): Promise<void> {
  const id = (await git(root, "rev-parse", name)).trim();
  Deno.writeTextFileSync(`${root}/forged`, content);
  const args = ["hash-object", "-w", "-t", type, "forged"];
  const other = (await git(root, ...args)).trim();
  Deno.removeSync(`${root}/forged`);
  Deno.removeSync(looseFile(root, id));
  Deno.copyFileSync(looseFile(root, other), looseFile(root, id));
}
