import { denoHost } from "../../src/host/deno_host.ts";
import { copySync } from "@std/fs/copy";
import { capture } from "../../src/persist/capture.ts";
import { importSnapshot } from "../../src/snapshot/import.ts";
import { noteOf } from "../session/fixtures.ts";
import { gitLayout } from "../../src/base/layout.ts";
import { foreignWorkflow } from "../../src/session/begun.ts";
import { openRepository } from "../../src/repository/open.ts";
import { listCheckpoints, saveCheckpoint } from "../../src/checkpoints/use.ts";
import { diagnoseRepository } from "../../src/doctor/use.ts";
import { analyzeSessions, readHistory } from "../../src/history/use.ts";
import { readSessionInfo } from "../../src/sessions/info.ts";
import { listSessions } from "../../src/sessions/list.ts";
import { packSessions, unpackSessions } from "../../src/sessions/packing.ts";
import { listRecoverable, recoverSession } from "../../src/sessions/recover.ts";
import { exportSnapshot } from "../../src/snapshot/export.ts";
import { verifySession } from "../../src/trust/use.ts";
import { addNote } from "../../src/work/item.ts";
import { abandonSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { readStatus } from "../../src/work/status.ts";
import { isRoot } from "../bad_inputs/lab.ts";
import { filesIn } from "../session/packed.ts";
import {
  codeOf,
  EASY_WORKFLOW,
  fixedHost,
  withRoot,
} from "../work/fixtures.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const host = denoHost();

interface Ended {
  readonly root: string;
  readonly id: string;
  readonly directory: string;
}

/** Runs a test with a closed session of a git repository. */
function withEnded(test: (ended: Ended) => Promise<void>): Promise<void> {
  return withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    await new Deno.Command("git", { args: ["init", "-q"], cwd: root }).output();
    const id = await end(root, "Add login");
    const directory = `${root}/.orchestrator/sessions/${id}`;
    await test({ root, id, directory });
  });
}

async function end(root: string, task: string): Promise<string> {
  const { place } = await startSession(host, { root, task });
  const session = place.session;
  await addNote(host, { root, session, text: "The old API stays" });
  await saveCheckpoint(host, { root, session });
  await abandonSession(host, { root, session, reason: "Nobody wants it now" });
  return session;
}

/** What people are told of a session, and of all together. */
async function toldOf({ root, id }: Ended): Promise<unknown> {
  const named = { root, session: id };
  const { at: _at, ...status } = await readStatus(host, named);
  const { at: _infoAt, ...info } = await readSessionInfo(host, named);
  return {
    status,
    info,
    history: await readHistory(host, named),
    verified: await verifySession(host, named),
    checkpoints: await listCheckpoints(host, named),
    list: await listSessions(host, { root }),
    analyzed: await analyzeSessions(host, { root }),
    doctor: (await diagnoseRepository(host, { root })).findings,
  };
}

Deno.test("a packed session is told of as before, and by doctor as sound", () =>
  withEnded(async (ended) => {
    const { root, id, directory } = ended;
    const before = await toldOf(ended);
    const files = filesIn(directory);
    const { sessions } = await packSessions(host, { root, ids: [id] });
    assertEquals(sessions.map(({ session }) => session), [id]);
    assertEquals(Object.keys(filesIn(directory)), ["session.pack"]);
    assertEquals(await toldOf(ended), before);
    await unpackSessions(host, { root, ids: [id] });
    assertEquals(filesIn(directory), files);
  }));

Deno.test("a snapshot of a packed session is the same to the byte", () =>
  withEnded(async ({ root, id }) => {
    const extras = ["checkpoints", "feedback"] as const;
    const at = fixedHost({ workingDirectory: root });
    const exported = async (path: string): Promise<Uint8Array> => {
      const options = { root, sessions: [id], plain: true };
      await exportSnapshot(at, { ...options, file: path, with: extras });
      return Deno.readFileSync(path);
    };
    const before = await exported(`${root}/before.orc`);
    await packSessions(host, { root, all: true });
    assertEquals(await exported(`${root}/after.orc`), before);
  }));

Deno.test("what leaves the machine of a packed session is the same", () =>
  withEnded(async ({ root, id }) => {
    const repository = openRepository(host, { root });
    const limits = { maxSessionBytes: 1_000_000, recipient: null };
    const left = () => capture(host, repository, id, limits);
    const before = await left();
    await packSessions(host, { root, all: true });
    assertEquals(await left(), before);
  }));

Deno.test("a copy that went on elsewhere comes to a packed session; the same one leaves it packed", () =>
  withEnded(async ({ root, id, directory }) => {
    const copied = `${root}/elsewhere`;
    Deno.mkdirSync(copied);
    copySync(`${root}/.orchestrator`, `${copied}/.orchestrator`);
    const file = `${root}/copy.orc`;
    const exported = () =>
      exportSnapshot(host, { root: copied, sessions: [id], file, plain: true });
    const imported = async () => {
      const options = { root, file, otherRepository: true };
      const { sessions } = await importSnapshot(host, options);
      return sessions.map(({ comparison }) => comparison);
    };
    await packSessions(host, { root, all: true });
    const packed = filesIn(directory);
    await exported();
    assertEquals(await imported(), ["same"]);
    assertEquals(filesIn(directory), packed);
    const there = openRepository(host, { root: copied });
    await there.store.update(id, noteOf("Gone on"));
    await exported();
    assertEquals(await imported(), ["fast_forward"]);
    assertEquals(Object.keys(filesIn(directory)).includes("log.jsonl"), true);
    const here = openRepository(host, { root });
    const [one, other] = await Promise.all(
      [here, there].map(({ store }) => store.read(id)),
    );
    assertEquals([one?.serial, one?.chain], [other?.serial, other?.chain]);
    const { findings } = await verifySession(host, { root, session: id });
    assertEquals(
      findings.filter(({ code }) => /log_|chain_/.test(code)),
      [],
    );
  }));

Deno.test("git's directory keeps the pack of a packed session, and brings it back", () =>
  withEnded(async (ended) => {
    const { root, id, directory } = ended;
    const files = filesIn(directory);
    const kept = `${root}/.git/orchestrator/sessions/${id}`;
    await packSessions(host, { root, all: true });
    const names = Object.keys(filesIn(kept));
    assert(names.includes("session.pack") && !names.includes("log.jsonl"));
    const packed = filesIn(directory);
    Deno.removeSync(`${root}/.orchestrator`, { recursive: true });
    const { sessions } = await listRecoverable(host, { root });
    assertEquals(sessions.map(({ session }) => session), [id]);
    await recoverSession(host, { root });
    assertEquals(filesIn(directory), packed);
    await unpackSessions(host, { root, all: true });
    assertEquals(filesIn(directory), files);
    const after = Object.keys(filesIn(kept));
    assert(after.includes("log.jsonl") && !after.includes("session.pack"));
  }));

Deno.test("an older copy in the place of a packed session is put aside", () =>
  withEnded(async ({ root, directory }) => {
    const files = filesIn(directory);
    await packSessions(host, { root, all: true });
    Deno.removeSync(`${directory}/session.pack`);
    Deno.writeTextFileSync(`${directory}/session.pack`, "something else");
    const { aside } = await recoverSession(host, { root });
    assertEquals(aside.length, 1);
    assertStringIncludes(aside[0] ?? "", "session.pack.corrupt-");
    Deno.removeSync(aside[0] ?? "");
    await unpackSessions(host, { root, all: true });
    assertEquals(filesIn(directory), files);
  }));

Deno.test("a pack that git tracks came from elsewhere, also once it is unpacked", () =>
  withEnded(async ({ root, id, directory }) => {
    const { layout, store } = openRepository(host, { root });
    await packSessions(host, { root, all: true });
    const { trusted } = gitLayout(`${root}/.git`);
    Deno.removeSync(trusted, { recursive: true });
    const foreign = async () =>
      await foreignWorkflow(layout.root, undefined, await store.read(id));
    assertEquals(await foreign(), undefined);
    const args = ["add", "-f", `${directory}/session.pack`];
    await new Deno.Command("git", { args, cwd: root }).output();
    assert(await foreign() !== undefined);
    await unpackSessions(host, { root, all: true });
    assert(await foreign() !== undefined);
  }));

Deno.test("packSessions() takes all closed ones, or those that rested so long, and no open one", () =>
  withEnded(async ({ root, id }) => {
    const other = await end(root, "Add logout");
    const open = await startSession(host, { root, task: "Add more" });
    const old = await packSessions(host, { root, olderThan: "1" });
    assertEquals(old.sessions, []);
    const all = await packSessions(host, { root, all: true });
    assertEquals(all.sessions.map(({ session }) => session), [id, other]);
    assertEquals(all.kept, []);
    assertEquals((await packSessions(host, { root, all: true })).sessions, []);
    const ids = [open.place.session, id];
    const named = await packSessions(host, { root, ids });
    assertEquals(named.unchanged, [id]);
    assertEquals(named.kept.map(({ session }) => session), [
      open.place.session,
    ]);
    const alone = { root, ids: [open.place.session] };
    assertEquals(
      await codeOf(() => packSessions(host, alone)),
      "refused cannot_pack",
    );
  }));

Deno.test("packSessions() and unpackSessions() want to know which", () =>
  withEnded(async ({ root, id }) => {
    for (const act of [packSessions, unpackSessions]) {
      const code = await codeOf(() => act(host, { root }));
      assertEquals(code, "usage missing_argument");
      const both = { root, all: true, ids: [id] };
      assertEquals(
        await codeOf(() => act(host, both)),
        "usage conflicting_flags",
      );
      const none = { root, ids: ["nobody"] };
      assertEquals(
        await codeOf(() => act(host, none)),
        "not_found no_such_session",
      );
    }
  }));

Deno.test("a damaged pack hides no other session, and doctor names it", () =>
  withEnded(async ({ root, id, directory }) => {
    const other = await end(root, "Add logout");
    await packSessions(host, { root, all: true });
    const path = `${directory}/session.pack`;
    Deno.truncateSync(path, 100);
    const { sessions } = await listSessions(host, { root });
    const problems = sessions.map(({ id, problem }) => [id, problem !== null]);
    assertEquals(
      new Map(problems as [string, boolean][]),
      new Map([
        [id, true],
        [other, false],
      ]),
    );
    const { findings } = await diagnoseRepository(host, { root });
    const found = findings.find(({ session }) => session === id);
    assertStringIncludes(found?.message ?? "", path);
    const unpacked = await unpackSessions(host, { root, all: true });
    assertEquals(unpacked.sessions.map(({ session }) => session), [other]);
    assertEquals(unpacked.kept.map(({ session }) => session), [id]);
  }));

Deno.test({
  name: "a file that cannot be read keeps a session from being packed",
  ignore: isRoot,
  fn: () =>
    withEnded(async ({ root, id, directory }) => {
      Deno.chmodSync(`${directory}/log.jsonl`, 0);
      const code = await codeOf(() => packSessions(host, { root, ids: [id] }));
      assertEquals(code, "denied permission_denied");
      assertEquals([...Deno.readDirSync(directory)].length, 4);
    }),
});
