import { attestSession } from "../../src/trust/attest.ts";
import { verifyAttestation } from "../../src/trust/attestation.ts";
import { verifySession } from "../../src/trust/use.ts";
import { completeItem } from "../../src/work/complete.ts";
import { abandonSession, finishSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { documentOf, orc } from "../commands/orc.ts";
import { codeOf, refusalOf } from "../work/fixtures.ts";
import {
  approvingHost,
  CHECKED,
  git,
  play,
  withFinished,
  withRepository,
} from "./fixtures.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const NOTE = { attestation: "note" } as const;

/** The findings in a directory, or that it holds. */
async function found(
  root: string,
  options: Partial<Parameters<typeof verifyAttestation>[1]> = {},
): Promise<readonly string[]> {
  const { holds, findings } = await verifyAttestation(approvingHost(), {
    root,
    ...NOTE,
    ...options,
  });
  assertEquals(holds, findings.length === 0);
  return findings.map(({ code, itemId }) =>
    itemId ? `${code} ${itemId}` : code
  );
}

Deno.test("a note of orc attest holds in a clone without any session, and through an amended message", () =>
  withFinished(async ({ root, clone }) => {
    const { note, text, tree } = await attestSession(approvingHost(), {
      root,
      note: true,
    });
    assertEquals(note, "refs/notes/orchestrator");
    assert(new TextEncoder().encode(text).length <= 1024, text);
    assertEquals(tree, (await git(root, "rev-parse", "HEAD^{tree}")).trim());
    const ci = await clone("ci");
    assertEquals(await found(ci), []);
    assertEquals(await found(ci, { base: "origin/main" }), []);
    const message = ["commit", "-q", "--amend", "-m", "Another"];
    await git(ci, ...message);
    assertEquals(await found(ci), []);
    const left = Array.from(Deno.readDirSync(ci), ({ name }) => name).sort();
    assertEquals(left, [".git", "a", "src", "workflow.yaml"]);
  }));

Deno.test("one changed byte is found, by its name, and no note speaks for it", () =>
  withFinished(async ({ root, clone, outside }) => {
    const host = approvingHost();
    const file = `${outside}/attestation.json`;
    await attestSession(host, { root, note: true });
    await attestSession(host, { root, file });
    const ci = await clone("ci");
    Deno.writeTextFileSync(`${ci}/src/b`, "22");
    // What is not committed is not what is judged.
    assertEquals(await found(ci, { attestation: file }), []);
    await git(ci, "commit", "-qam", "Second");
    const { findings } = await verifyAttestation(host, {
      root: ci,
      attestation: file,
    });
    assertEquals(findings.map(({ code, message }) => [code, message]), [[
      "tree_differs",
      'The commit has other files than were attested: "src/b"',
    ]]);
    assertEquals(await codeOf(() => found(ci)), "not_found no_attestation");
    assertEquals(await found(ci, { commit: "HEAD~" }), []);
  }));

Deno.test("an attestation that was edited is refused, whatever was edited", () =>
  withFinished(async ({ root, outside }) => {
    const file = `${outside}/attestation.json`;
    await attestSession(approvingHost(), { root, file });
    const text = Deno.readTextFileSync(file);
    const edits: readonly (readonly [string, string])[] = [
      ["Add login", "Add logout"],
      ['"exit": 0', '"exit": 1'],
      ['"serial": 5', '"serial": 50'],
      ['"format": 1', '"format": 2'],
      [", ", ","],
      ['"tree"', '"three"'],
    ];
    for (const [was, is] of edits) {
      assertStringIncludes(text, was);
      Deno.writeTextFileSync(file, text.replace(was, is));
      const code = await codeOf(() => found(root, { attestation: file }));
      assertEquals(code, "corrupt invalid_attestation", is);
    }
    Deno.writeTextFileSync(file, "{");
    const code = await codeOf(() => found(root, { attestation: file }));
    assertEquals(code, "corrupt invalid_json");
    Deno.removeSync(file);
    const gone = await codeOf(() => found(root, { attestation: file }));
    assertEquals(gone, "not_found no_such_file");
  }));

Deno.test("attestSession() refuses what does not hold, what is not committed, and what was abandoned", () =>
  withRepository(async ({ root }) => {
    const host = approvingHost();
    const attest = () => attestSession(host, { root, note: true });
    const reason = async () => (await refusalOf(attest)).message;
    await startSession(host, { root, task: "Add login" });
    assertStringIncludes(await reason(), "The session is not finished");
    await abandonSession(host, { root, reason: "It was dropped" });
    const { session } = await verifySession(host, {
      root,
      session: (await orcSessions(root))[0],
    }).then(({ place }) => place);
    const abandoned = () => attestSession(host, { root, session, note: true });
    assertStringIncludes(
      (await refusalOf(abandoned)).message,
      "The session was abandoned",
    );
    assertEquals(await codeOf(abandoned), "refused not_verified");
    await play(root);
    const [, second = ""] = await orcSessions(root);
    Deno.writeTextFileSync(`${root}/c`, "3");
    const changed = () => attestSession(host, { root, session: second });
    assertStringIncludes((await refusalOf(changed)).message, "saw other files");
    Deno.removeSync(`${root}/c`);
    await attestSession(host, { root, session: second });
    const notes = await git(root, "for-each-ref", "refs/notes");
    assertEquals(notes, "");
  }));

/** The ids of all sessions, the oldest first. */
function orcSessions(root: string): Promise<readonly string[]> {
  const directory = `${root}/.orchestrator/sessions`;
  const names = Array.from(Deno.readDirSync(directory), ({ name }) => name);
  return Promise.resolve(names.filter((name) => !name.startsWith(".")).sort());
}

Deno.test("attestSession() refuses files that checks saw and HEAD has not", () =>
  withRepository(async ({ root }) => {
    Deno.writeTextFileSync(`${root}/new`, "3");
    Deno.writeTextFileSync(`${root}/a`, "4");
    await play(root);
    const [session] = await orcSessions(root);
    const attest = () => attestSession(approvingHost(), { root, session });
    assertStringIncludes(
      (await refusalOf(attest)).message,
      '2 files are not as committed: "a", "new"',
    );
    await git(root, "add", ".");
    await git(root, "commit", "-qm", "Second");
    const { tree } = await attest();
    assertEquals(tree, (await git(root, "rev-parse", "HEAD^{tree}")).trim());
  }));

Deno.test("a filter of git does not keep files from being attested, and the checks saw what a checkout has", () =>
  withRepository(async ({ root, clone }) => {
    Deno.removeSync(`${root}/a`);
    await git(root, "checkout", "-q", "--", "a");
    assertEquals(Deno.readTextFileSync(`${root}/a`), "1\r\n");
    await play(root);
    const host = approvingHost();
    const [session] = await orcSessions(root);
    const { text } = await attestSession(host, { root, session, note: true });
    assertStringIncludes(text, '"files"');
    const ci = await clone("ci");
    assertEquals(await found(ci), []);
    // Who sees the files otherwise has seen others.
    Deno.writeTextFileSync(`${ci}/.git/info/attributes`, "a -text\n");
    assertEquals(Deno.readTextFileSync(`${ci}/a`), "1\r\n");
    assertEquals(await found(ci), []);
  }, { a: "1\n", ".gitattributes": "a text eol=crlf\n" }));

Deno.test("an attestation with another workflow than the one that was committed does not hold", () =>
  withRepository(async ({ root, clone }) => {
    const lax = CHECKED.replace("grep -q 2 src/b", "test -f src/b");
    Deno.writeTextFileSync(`${root}/workflow.yaml`, lax);
    await git(root, "commit", "-qam", "Lax");
    await play(root);
    const host = approvingHost();
    const [session] = await orcSessions(root);
    await attestSession(host, { root, session, note: true });
    const ci = await clone("ci");
    assertEquals(await found(ci), []);
    assertEquals(await found(ci, { base: "HEAD~" }), ["definition_differs"]);
    const local = await verifySession(host, { root, session, base: "HEAD~" });
    assertEquals(
      local.findings.map(({ code, message }) => [code, message]),
      [[
        "definition_differs",
        'The session followed another workflow than the workflow.yaml of "HEAD~"',
      ]],
    );
    const same = await verifySession(host, { root, session, base: "HEAD" });
    assertEquals(same.holds, true);
    for (const base of ["nowhere", "-x", "--all", "a\nb", "a\0b"]) {
      const code = await codeOf(() => found(ci, { base }));
      assertEquals(code, "not_found no_such_commit");
    }
  }));

Deno.test("a built-in workflow is compared with the one that orc has for the project", () =>
  withRepository(async ({ root }) => {
    await git(root, "rm", "-q", "workflow.yaml");
    await git(root, "commit", "-qm", "Without");
    const host = approvingHost();
    await startSession(host, { root, task: "Add login" });
    const codes = async (base: string) => {
      const { findings } = await verifySession(host, { root, base });
      return findings.map(({ code }) => code);
    };
    assertEquals(await codes("HEAD"), ["session_open"]);
    assertEquals(await codes("HEAD~"), ["session_open", "definition_differs"]);
  }));

Deno.test("each directory of a repository has its own line in the note", () =>
  withRepository(async ({ root }) => {
    const host = approvingHost();
    const part = `${root}/parts/one`;
    Deno.mkdirSync(`${part}/src`, { recursive: true });
    for (const name of ["workflow.yaml", "a", "src/b"]) {
      Deno.copyFileSync(`${root}/${name}`, `${part}/${name}`);
    }
    await git(root, "add", ".");
    await git(root, "commit", "-qm", "Second");
    for (const place of [part, root]) {
      await play(place);
      const [session] = await orcSessions(place);
      await attestSession(host, { root: place, session, note: true });
      await attestSession(host, { root: place, session, note: true });
    }
    const show = ["notes", "--ref=orchestrator", "show", "HEAD^{tree}"];
    assertEquals((await git(root, ...show)).trim().split("\n").length, 2);
    assertEquals([await found(root), await found(part)], [[], []]);
    Deno.writeTextFileSync(
      `${root}/one.json`,
      (await attestSession(host, {
        root: part,
        session: (await orcSessions(part))[0],
      })).text,
    );
    const other = await found(root, { attestation: `${root}/one.json` });
    assertEquals(other[0], "tree_differs");
  }));

Deno.test("attestSession() replaces no file of others", () =>
  withFinished(async ({ root, outside }) => {
    const [session] = await orcSessions(root);
    const file = `${outside}/mine`;
    Deno.writeTextFileSync(file, "mine");
    const attest = () =>
      attestSession(approvingHost(), { root, session, file });
    assertEquals(await codeOf(attest), "refused file_exists");
    assertEquals(Deno.readTextFileSync(file), "mine");
    Deno.removeSync(file);
    await attest();
    assertEquals((await attest()).path, file);
  }));

Deno.test("a signature has to be by a key that the base allows", () =>
  withRepository(async ({ root, outside, clone }) => {
    const keys = ["one", "two"].map((name) => `${outside}/${name}`);
    for (const key of keys) {
      const made = await new Deno.Command("ssh-keygen", {
        args: ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key],
      }).output();
      assertEquals(made.success, true);
    }
    const lines = keys.map((key, index) =>
      `signer${index}@example.org ${Deno.readTextFileSync(`${key}.pub`)}`
    );
    Deno.writeTextFileSync(`${root}/signers`, lines[0] ?? "");
    await git(root, "add", ".");
    await git(root, "commit", "-qm", "Second");
    await play(root);
    const [session] = await orcSessions(root);
    const signed = (key: string | undefined) =>
      attestSession(
        approvingHost({
          env: (name) =>
            name === "ORCHESTRATOR_ATTESTATION_KEY" ? key : Deno.env.get(name),
        }),
        { root, session, note: true },
      );
    const allowed = { allowedSigners: "signers" };
    await signed(undefined);
    assertEquals(await found(root, allowed), ["signature_missing"]);
    await signed(keys[1]);
    assertEquals(await found(root, allowed), ["signature_invalid"]);
    await signed(keys[0]);
    const ci = await clone("ci");
    const { signedBy } = await verifyAttestation(approvingHost(), {
      root: ci,
      ...NOTE,
      ...allowed,
    });
    assertEquals(signedBy, "signer0@example.org");
    // Who may change files cannot allow a key by that.
    Deno.writeTextFileSync(`${ci}/signers`, lines[1] ?? "");
    assertEquals(await found(ci, allowed), []);
    assertEquals(
      await codeOf(() => found(ci, { ...allowed, base: "HEAD~" })),
      "not_found no_such_file",
    );
    assertEquals(
      await codeOf(() => signed(`${outside}/no`)),
      "external signing_failed",
    );
  }));

Deno.test("verifySession() runs the checks again on a clean checkout, and leaves nothing behind", () =>
  withRepository(async ({ root, outside }) => {
    const host = approvingHost();
    const workflow = `name: Loose
phases:
  - id: DO
    name: Do
    items:
      - {id: out, name: Out, verification: {type: command, command: test -f ignored/tool}}
      - {id: git, name: Git, verification: {type: command, command: "test -z \\"$(git status --porcelain)\\" && test \\"$(git rev-parse HEAD)\\" = \\"$(cat ignored/head)\\""}}
`;
    Deno.writeTextFileSync(`${root}/workflow.yaml`, workflow);
    Deno.writeTextFileSync(`${root}/.gitignore`, "/ignored/\n");
    await git(root, "add", ".");
    await git(root, "commit", "-qm", "Second");
    Deno.mkdirSync(`${root}/ignored`);
    Deno.writeTextFileSync(`${root}/ignored/tool`, "1");
    const head = await git(root, "rev-parse", "HEAD");
    Deno.writeTextFileSync(`${root}/ignored/head`, head);
    await startSession(host, { root, task: "Add login" });
    await completeItem(host, { root, itemId: "out" });
    await completeItem(host, { root, itemId: "git" });
    await finishSession(host, { root });
    const before = await git(root, "status", "--porcelain", "--branch");
    const [session] = await orcSessions(root);
    const again = async (setup?: string) => {
      const verified = await verifySession(host, {
        root,
        session,
        rerun: true,
        ...setup === undefined ? {} : { setup },
      });
      return [
        verified.rerun,
        ...verified.findings.map(({ code, itemId }) => `${code} ${itemId}`),
      ];
    };
    assertEquals(await again(), [
      2,
      "rerun_failed out",
      "rerun_failed git",
    ]);
    assertEquals(await again(`cp -R "${root}/ignored" .`), [2]);
    assertEquals(await again("false"), [0, "rerun_failed null"]);
    Deno.writeTextFileSync(`${root}/a`, "5");
    const dirty = await again(`cp -R "${root}/ignored" .`);
    assert(dirty.includes("uncommitted null"), String(dirty));
    assert(!dirty.includes("rerun_failed out"), String(dirty));
    Deno.writeTextFileSync(`${root}/a`, "1");
    assertEquals(await git(root, "status", "--porcelain", "--branch"), before);
    const cache = `${root}/.orchestrator/cache`;
    const kept = Array.from(Deno.readDirSync(cache), ({ name }) => name);
    assertEquals(kept.includes("scratch"), false);
    assertEquals(Array.from(Deno.readDirSync(outside)).length, 2);
  }));

Deno.test("an aborted run of the checks leaves nothing behind", () =>
  withFinished(async ({ root, clone }) => {
    await attestSession(approvingHost(), { root, note: true });
    const ci = await clone("ci");
    const aborter = new AbortController();
    const reason = new Error("enough");
    const run = verifyAttestation(approvingHost(), {
      root: ci,
      ...NOTE,
      rerun: true,
      setup: "echo begun; sleep 60",
      onProgress: () => aborter.abort(reason),
      signal: aborter.signal,
    });
    assertEquals(await run.catch((error) => error), reason);
    const left = Array.from(Deno.readDirSync(ci), ({ name }) => name);
    assertEquals(left.includes(".orchestrator"), false);
  }));

Deno.test("orc attest and orc verify --attestation answer people and programs", () =>
  withFinished(async ({ root, outside, clone }) => {
    const machine = {
      programs: "real",
      environment: Deno.env.toObject(),
    } as const;
    const [session = ""] = await orcSessions(root);
    const printed = await orc(root, ["attest", session], machine);
    assertEquals(JSON.parse(printed.out).session, session);
    assertEquals(printed.out.split("\n").length, 2);
    documentOf(await orc(root, ["attest", session, "--full"], machine));
    const noted = await orc(root, ["attest", session, "--note"], machine);
    assertStringIncludes(noted.out, "git push origin refs/notes/orchestrator");
    const ci = await clone("ci");
    const verify = ["verify", "--attestation", "note"];
    assertEquals(await orc(ci, verify, machine), {
      exitCode: 0,
      out: "Holds, 5 updates\n",
      err: "",
    });
    const rerun = await orc(ci, [...verify, "--rerun"], machine);
    assertEquals(rerun.out, "Holds, 5 updates, 2 checks run again\n");
    await git(root, "notes", "--ref=orchestrator", "show", "HEAD^{tree}")
      .then((text) => Deno.writeTextFileSync(`${outside}/note`, text));
    Deno.writeTextFileSync(`${ci}/a`, "11");
    await git(ci, "commit", "-qam", "Second");
    const differs = ["verify", "--attestation", `${outside}/note`];
    const text = await orc(ci, differs, machine);
    assertEquals([text.exitCode, text.out], [
      3,
      `Does not hold: 1 finding
  The commit has other files than were attested: "a"
`,
    ]);
    const json = await orc(ci, [...differs, "--full"], machine);
    assertStringIncludes(JSON.stringify(documentOf(json)), "tree_differs");
    assertEquals(json.exitCode, 3);
  }));
