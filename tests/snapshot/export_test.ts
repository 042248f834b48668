import { OrcError } from "../../src/base/error.ts";
import { newIdentity } from "../../src/vault/encryption.ts";
import { exportSnapshot, streamSnapshot } from "../../src/snapshot/export.ts";
import { importSnapshot } from "../../src/snapshot/import.ts";
import { inspectSnapshot } from "../../src/snapshot/inspect.ts";
import { saveCheckpoint } from "../../src/checkpoints/use.ts";
import { captureFeedback } from "../../src/feedback/use.ts";
import { addNote } from "../../src/work/item.ts";
import { startSession } from "../../src/work/start.ts";
import { codeOf, readTree } from "../files/temporary.ts";
import { type Clones, withClones } from "./fixtures.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { unpackTar } from "modern-tar";

/** Names and texts in a plain snapshot. */
async function contentOf(file: string): Promise<Map<string, string>> {
  const zipped = new Blob([Deno.readFileSync(file)]).stream();
  const entries = await unpackTar(
    zipped.pipeThrough(new DecompressionStream("gzip")),
    { strict: true },
  );
  return new Map(
    entries.map(({ header, data }) =>
      [header.name, new TextDecoder().decode(data)] as const
    ),
  );
}

function namesOf(content: ReadonlyMap<string, string>): readonly string[] {
  return Array.from(
    content.keys(),
    (name) => name.split("/").slice(2).join("/") || name,
  );
}

withClones(
  "a snapshot holds what says of itself first, the files of a session, and hashes last",
  async (clones) => {
    const { host, here, id, directory } = clones;
    const file = `${directory}/one.orc`;
    const answer = await exportSnapshot(host, {
      root: here,
      file,
      plain: true,
    });
    assertEquals(answer.warnings, []);
    assertEquals(answer.encrypted, false);
    assertEquals(answer.sessions.map((each) => each.id), [id]);
    const content = await contentOf(file);
    assertEquals(namesOf(content), [
      "snapshot.json",
      "log.jsonl",
      "meta.json",
      "state.json",
      "manifest.json",
    ]);
    const tree = readTree(`${here}/.orchestrator/sessions/${id}`);
    for (const name of ["log.jsonl", "state.json"]) {
      assertEquals(content.get(`sessions/${id}/${name}`), tree[name]);
    }
    const { repo_id: repoId, git_remote: remote } = JSON.parse(
      content.get("snapshot.json") ?? "",
    );
    assertEquals(remote, "https://example.org/o/shop.git");
    const meta = Deno.readTextFileSync(`${here}/.orchestrator/meta.json`);
    assertEquals(repoId, JSON.parse(meta).repo_id);
  },
);

withClones(
  "a snapshot never holds secrets, locks, bindings, current, or what is half written",
  async (clones) => {
    const { host, here, id } = clones;
    const state = `${here}/.orchestrator`;
    const session = `${state}/sessions/${id}`;
    Deno.mkdirSync(`${state}/secrets`);
    Deno.writeTextFileSync(`${state}/secrets/KEY.age`, "hush");
    Deno.mkdirSync(`${session}/outputs`);
    Deno.writeTextFileSync(`${session}/outputs/${"0a".repeat(16)}.txt`, "seen");
    Deno.writeTextFileSync(`${session}/outputs/${"0a".repeat(16)}.pending`, "");
    Deno.writeTextFileSync(`${session}/state.json.${"0".repeat(32)}.tmp`, "{");
    Deno.writeTextFileSync(`${session}/lock`, "{}");
    const meta = JSON.parse(Deno.readTextFileSync(`${session}/meta.json`));
    Deno.writeTextFileSync(
      `${session}/meta.json`,
      JSON.stringify({ ...meta, owner: "claude:7", name: "Login" }),
    );
    const { directory } = clones;
    const file = `${directory}/one.orc`;
    await exportSnapshot(host, { root: here, file, plain: true });
    const content = await contentOf(file);
    assertEquals(namesOf(content), [
      "snapshot.json",
      `outputs/${"0a".repeat(16)}.txt`,
      "log.jsonl",
      "meta.json",
      "state.json",
      "manifest.json",
    ]);
    const told = JSON.parse(content.get(`sessions/${id}/meta.json`) ?? "");
    assertEquals([told.name, told.owner, told.place], [
      "Login",
      undefined,
      undefined,
    ]);
  },
);

withClones(
  "checkpoints and feedback are taken along only where somebody asks for them",
  async (clones) => {
    const { host, here, directory } = clones;
    await saveCheckpoint(host, { root: here, message: "here" });
    await captureFeedback(host, { root: here, auto: true });
    const plain = await contentOf(await exportedWith(clones, []));
    assertEquals(namesOf(plain).length, 5);
    const all = await contentOf(
      await exportedWith(clones, ["checkpoints,feedback"]),
    );
    assert(namesOf(all).some((name) => name.startsWith("checkpoints/cp_")));
    assert(namesOf(all).includes("feedback/process.jsonl"));
    const request = { root: here, file: `${directory}/x`, with: ["secrets"] };
    assertEquals(
      await codeOf(() => exportSnapshot(host, request)),
      "usage invalid_value",
    );
  },
);

async function exportedWith(
  { host, here, directory }: Clones,
  extras: readonly string[],
): Promise<string> {
  const file = `${directory}/with.orc`;
  await exportSnapshot(host, { root: here, file, plain: true, with: extras });
  return file;
}

withClones(
  "an encrypted snapshot is opened by its key, and by no other",
  async (clones) => {
    const { host, here, directory } = clones;
    const { identity, recipient } = await newIdentity();
    const file = `${directory}/one.orc`;
    const answer = await exportSnapshot(host, {
      root: here,
      file,
      recipients: [recipient],
    });
    assertEquals([answer.encrypted, answer.warnings], [true, []]);
    const inspect = () => inspectSnapshot(host, { file });
    assertEquals(await codeOf(inspect), "corrupt snapshot_unreadable");
    Deno.mkdirSync(`${directory}/.orchestrator`);
    const keys = `${directory}/.orchestrator/identity.txt`;
    Deno.writeTextFileSync(keys, `${(await newIdentity()).identity}\n`);
    assertEquals(await codeOf(inspect), "corrupt snapshot_unreadable");
    Deno.writeTextFileSync(keys, `${identity}\n`);
    assertEquals((await inspect()).encrypted, true);
  },
);

withClones(
  "a passphrase opens what was encrypted with it, on the way back too",
  async (clones) => {
    const { host, here, there, id, directory } = clones;
    Deno.writeTextFileSync(`${directory}/pass`, "open sesame\n");
    const file = `${directory}/one.orc`;
    const passphraseFile = "pass";
    await exportSnapshot(host, { root: here, file, passphraseFile });
    const request = { root: there, file };
    assertEquals(
      await codeOf(() => importSnapshot(host, request)),
      "denied no_passphrase",
    );
    const wrong = { ...request, passphrase: "open barley" };
    assertEquals(
      await codeOf(() => importSnapshot(host, wrong)),
      "corrupt snapshot_unreadable",
    );
    const { sessions } = await importSnapshot(host, {
      ...request,
      passphraseFile,
    });
    assertEquals(sessions.map(({ session }) => session), [id]);
  },
);

withClones(
  "a snapshot is encrypted to the recipients of the user's settings, and a plain one is said to be",
  async (clones) => {
    const { host, here, directory } = clones;
    const file = `${directory}/one.orc`;
    const plain = await exportSnapshot(host, { root: here, file });
    assertEquals(plain.encrypted, false);
    assertStringIncludes(plain.warnings.join(), "not encrypted");
    const { recipient } = await newIdentity();
    Deno.mkdirSync(`${directory}/.orchestrator`);
    const config = `${directory}/.orchestrator/config.yaml`;
    Deno.writeTextFileSync(config, `snapshot_recipients: ${recipient}\n`);
    const answer = await exportSnapshot(host, { root: here, file });
    assertEquals([answer.encrypted, answer.warnings], [true, []]);
    const open = await exportSnapshot(host, { root: here, file, plain: true });
    assertEquals(open.encrypted, false);
  },
);

withClones(
  "exportSnapshot() refuses what contradicts itself, and writes nothing then",
  async ({ host, here, directory }) => {
    const file = `${directory}/one.orc`;
    const root = here;
    const cases = {
      "usage conflicting_flags": { plain: true, passphrase: "x" },
      "usage invalid_recipient": { recipients: ["age1nobody"] },
      "usage invalid_value": { maxSize: "large" },
      "refused snapshot_too_large": { maxSize: "1KB", plain: true },
      "not_found no_such_session": { sessions: ["zzzz"], plain: true },
    };
    for (const [code, options] of Object.entries(cases)) {
      const run = () => exportSnapshot(host, { root, file, ...options });
      assertEquals(await codeOf(run), code);
    }
    const both = { all: true, sessions: ["0"], plain: true };
    assertEquals(
      await codeOf(() => exportSnapshot(host, { root, file, ...both })),
      "usage conflicting_flags",
    );
    Deno.writeTextFileSync(file, "mine");
    assertEquals(
      await codeOf(() => exportSnapshot(host, { root, file, plain: true })),
      "refused file_exists",
    );
    assertEquals(readTree(directory)["one.orc"], "mine");
  },
);

withClones(
  "a damaged session is left out of all of them with a warning, and refused by its name",
  async (clones) => {
    const { host, here, id, directory } = clones;
    const second = await startSession(host, {
      root: here,
      task: "Second",
      beside: true,
    });
    const state = `${here}/.orchestrator/sessions/${id}/state.json`;
    const text = Deno.readTextFileSync(state);
    Deno.writeTextFileSync(state, text.replace("Add login", "Add logout"));
    const file = `${directory}/all.orc`;
    const options = { root: here, file, plain: true };
    const answer = await exportSnapshot(host, { ...options, all: true });
    assertEquals(answer.sessions.map((each) => each.id), [
      second.place.session,
    ]);
    assertStringIncludes(answer.warnings.join(), "was changed outside orc");
    const named = () => exportSnapshot(host, { ...options, sessions: [id] });
    assertEquals(await codeOf(named), "corrupt changed_outside");
  },
);

withClones(
  "a log that grows while it is packed is in the snapshot as it was at one update",
  async (clones) => {
    const { host, here, there, id, directory } = clones;
    const options = { root: here, plain: true };
    const { pieces } = await streamSnapshot(host, options);
    await addNote(host, { root: here, text: "meanwhile" });
    const file = `${directory}/pipe.orc`;
    Deno.writeFileSync(
      file,
      new Uint8Array(
        await new Blob(
          await Array.fromAsync(pieces, (piece) => new Uint8Array(piece)),
        ).arrayBuffer(),
      ),
    );
    const { sessions: [session] } = await inspectSnapshot(host, { file });
    assertEquals([session?.id, session?.serial], [id, 2]);
    const content = await contentOf(file);
    const log = content.get(`sessions/${id}/log.jsonl`) ?? "";
    assert(!log.includes("meanwhile") && log.endsWith("}\n"), log);
    await importSnapshot(host, { root: there, file });
  },
);

withClones(
  "a log that is replaced while it is packed is an error, and no half of a snapshot",
  async (clones) => {
    const { host, here, id } = clones;
    const { pieces } = await streamSnapshot(host, { root: here, plain: true });
    const log = `${here}/.orchestrator/sessions/${id}/log.jsonl`;
    Deno.copyFileSync(log, `${log}.new`);
    Deno.renameSync(`${log}.new`, log);
    const error = await assertRejects(() => Array.fromAsync(pieces), OrcError);
    assertEquals(error.kind, "conflict");
  },
);
