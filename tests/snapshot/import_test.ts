import { importSnapshot } from "../../src/snapshot/import.ts";
import { sessionCommands } from "../../src/work/foreign.ts";
import { verifySession } from "../../src/trust/use.ts";
import { completeItem } from "../../src/work/complete.ts";
import { addNote } from "../../src/work/item.ts";
import { readStatus } from "../../src/work/status.ts";
import { startSession } from "../../src/work/start.ts";
import { cleanupSessions } from "../../src/sessions/cleanup.ts";
import { abandonSession } from "../../src/work/phase.ts";
import { readTree, refusalOf, withoutTrace } from "../files/temporary.ts";
import { type Clones, exported, hostIn, withClones } from "./fixtures.ts";
import {
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";

/** What verify has to say of a session, without that it is not finished. */
async function codesIn(
  { host }: Clones,
  root: string,
  session: string,
): Promise<readonly string[]> {
  const { findings } = await verifySession(host, { root, session });
  return findings.map(({ code }) => code).filter((code) =>
    code !== "session_open"
  );
}

/** Brings all of one clone into another; what became of each session. */
async function bring(
  clones: Clones,
  from: string,
  to: string,
): Promise<readonly (readonly [string, string | null])[]> {
  const file = await exported(clones, from, `${crypto.randomUUID()}.orc`);
  const { sessions } = await importSnapshot(clones.host, { root: to, file });
  return sessions.map(({ comparison, storedAs }) => [comparison, storedAs]);
}

withClones(
  "a session goes to another clone, goes on there, and comes back",
  async (clones) => {
    const { host, here, there, id } = clones;
    assertEquals(await bring(clones, here, there), [["created", id]]);
    const [own, theirs] = [here, there].map((root) =>
      readTree(`${root}/.orchestrator/sessions/${id}`)
    );
    for (const name of ["log.jsonl", "state.json"]) {
      assertEquals(theirs?.[name], own?.[name]);
    }
    assertEquals(await bring(clones, here, there), [["same", null]]);
    await completeItem(host, { root: there, itemId: "a", notes: "done" });
    await addNote(host, { root: there, text: "second" });
    assertEquals(await bring(clones, here, there), [["older", null]]);
    assertEquals(await bring(clones, there, here), [["fast_forward", id]]);
    assertEquals(await bring(clones, there, here), [["same", null]]);
    for (const root of [here, there]) {
      assertEquals((await readStatus(host, { root })).serial, 4);
      assertEquals(await codesIn(clones, root, id), []);
    }
    await addNote(host, { root: here, text: "third" });
    assertEquals(await codesIn(clones, here, id), []);
    assertEquals(await bring(clones, here, there), [["fast_forward", id]]);
    const files = readTree(`${there}/.orchestrator/sessions/${id}`);
    assertEquals(Object.keys(files).sort(), [
      "log.jsonl",
      "meta.json",
      "state.json",
    ]);
  },
);

withClones(
  "where a session went on in both clones nothing is brought in",
  async (clones) => {
    const { host, here, there, id } = clones;
    await startSession(host, { root: here, task: "Other", beside: true });
    await bring(clones, here, there);
    await addNote(host, { root: here, session: id, text: "here" });
    await addNote(host, { root: there, session: id, text: "there" });
    const third = await startSession(host, {
      root: there,
      task: "Third",
      beside: true,
    });
    const file = await exported(clones, there);
    const refusal = await withoutTrace(
      `${here}/.orchestrator`,
      () => refusalOf(() => importSnapshot(host, { root: here, file })),
    );
    assertEquals([refusal.kind, refusal.code], [
      "conflict",
      "session_diverged",
    ]);
    assertStringIncludes(refusal.message, "here at update 3");
    assertStringIncludes(refusal.message, "there at update 3");
    assertStringIncludes(refusal.hint ?? "", "--keep-both");
    // What is named can be had without it.
    const sessions = [third.place.session];
    const named = await importSnapshot(host, { root: here, file, sessions });
    assertEquals(
      named.sessions.map(({ comparison }) => comparison),
      ["created"],
    );
  },
);

withClones(
  "a session that is kept beside its other half is whole, and says where it is from",
  async (clones) => {
    const { host, here, there, id } = clones;
    await bring(clones, here, there);
    await addNote(host, { root: here, session: id, text: "here" });
    await addNote(host, { root: there, session: id, text: "there" });
    const file = await exported(clones, there);
    const before = readTree(`${here}/.orchestrator/sessions/${id}`);
    const { sessions: [kept] } = await importSnapshot(host, {
      root: here,
      file,
      keepBoth: true,
    });
    const newId = kept?.storedAs ?? "";
    assertNotEquals(newId, id);
    assertEquals(readTree(`${here}/.orchestrator/sessions/${id}`), before);
    const status = await readStatus(host, { root: here, session: newId });
    assertEquals([status.task, status.serial], ["Add login", 3]);
    const meta = JSON.parse(
      readTree(`${here}/.orchestrator/sessions/${newId}`)["meta.json"] ?? "",
    );
    assertEquals(meta.origin.session, id);
    assertEquals(meta.origin.git_remote, "https://example.org/o/shop.git");
    assertEquals(await codesIn(clones, here, newId), ["chain_missing"]);
    await addNote(host, { root: here, session: newId, text: "on" });
    assertEquals(await codesIn(clones, here, newId), []);
  },
);

withClones(
  "another session under the same id is refused, and kept under a new one if asked for",
  async (clones) => {
    const { host, here, there, id, directory } = clones;
    const other = hostIn(directory);
    await startSession(
      { ...other, idSource: () => Promise.resolve(() => id) },
      { root: there, task: "Something else" },
    );
    const file = await exported(clones, there);
    const refusal = await refusalOf(() =>
      importSnapshot(host, { root: here, file })
    );
    assertEquals([refusal.kind, refusal.code], ["conflict", "other_lineage"]);
    const { sessions: [kept] } = await importSnapshot(host, {
      root: here,
      file,
      keepBoth: true,
    });
    const session = kept?.storedAs ?? "";
    assertEquals(
      (await readStatus(host, { root: here, session })).task,
      "Something else",
    );
  },
);

withClones(
  "a snapshot of another repository is refused by both their names",
  async (clones) => {
    const { host, here, there, id } = clones;
    const file = await exported(clones, here);
    const config = `${there}/.git/config`;
    Deno.writeTextFileSync(
      config,
      '[remote "origin"]\n\turl = https://u:p@example.org/o/other.git\n',
    );
    const refusal = await withoutTrace(
      there,
      () => refusalOf(() => importSnapshot(host, { root: there, file })),
    );
    assertEquals([refusal.kind, refusal.code], [
      "conflict",
      "other_repository",
    ]);
    assertStringIncludes(refusal.message, "https://example.org/o/shop.git");
    assertStringIncludes(refusal.message, "https://example.org/o/other.git");
    const { sessions } = await importSnapshot(host, {
      root: there,
      file,
      otherRepository: true,
    });
    assertEquals(
      sessions.map(({ storedAs }) => storedAs),
      [id],
    );
  },
);

withClones("a dry run tells all and changes nothing", async (clones) => {
  const { host, here, there } = clones;
  const dry = (root: string, file: string) =>
    withoutTrace(root, async () => {
      const { sessions } = await importSnapshot(host, {
        root,
        file,
        dryRun: true,
      });
      return sessions.map(({ comparison, storedAs }) => [comparison, storedAs]);
    });
  const first = await exported(clones, here);
  assertEquals(await dry(there, first), [["created", null]]);
  await importSnapshot(host, { root: there, file: first });
  assertEquals(await dry(there, first), [["same", null]]);
  await addNote(host, { root: here, text: "on" });
  const second = await exported(clones, here);
  assertEquals(await dry(there, second), [["fast_forward", null]]);
});

withClones(
  "a session that was brought in runs no command before a human says so, outside of git too",
  async (clones) => {
    const { host, here, there, directory } = clones;
    await bring(clones, here, there);
    assertEquals((await sessionCommands(host, { root: there })).trusted, false);
    assertEquals((await sessionCommands(host, { root: here })).trusted, true);
    const outside = `${directory}/outside`;
    Deno.mkdirSync(outside);
    const file = await exported(clones, here);
    await importSnapshot(host, { root: outside, file, otherRepository: true });
    assertEquals(
      (await sessionCommands(host, { root: outside })).trusted,
      false,
    );
    // What comes back is what went out.
    await addNote(host, { root: there, text: "on" });
    await bring(clones, there, here);
    assertEquals((await sessionCommands(host, { root: here })).trusted, true);
  },
);

withClones(
  "what a removed session had reached stays to be brought back",
  async (clones) => {
    const { host, here, id } = clones;
    const file = await exported(clones, here);
    await addNote(host, { root: here, text: "later" });
    Deno.removeSync(`${here}/.orchestrator/sessions/${id}`, {
      recursive: true,
    });
    const { warnings } = await importSnapshot(host, { root: here, file });
    assertStringIncludes(warnings.join(), `orc recover ${id}`);
  },
);

withClones(
  "a session that was cleaned up comes back as a whole",
  async (clones) => {
    const { host, here, id } = clones;
    await abandonSession(host, { root: here, reason: "It is over" });
    const file = await exported(clones, here);
    await cleanupSessions(host, { root: here, olderThan: "0", yes: true });
    const { sessions } = await importSnapshot(host, { root: here, file });
    assertEquals(sessions.map(({ storedAs }) => storedAs), [id]);
    assertEquals(await codesIn(clones, here, id), ["session_abandoned"]);
  },
);

for (const moved of [[], ["log.jsonl"], ["log.jsonl", "state.json"]]) {
  withClones(
    `a newer copy that counts is put in place by the next update, where ${
      moved.join(" and ") || "nothing"
    } was moved before`,
    async (clones) => {
      const { host, here, there, id } = clones;
      await bring(clones, here, there);
      await addNote(host, { root: there, text: "there" });
      const [own, theirs] = [here, there].map((root) =>
        `${root}/.orchestrator/sessions/${id}`
      );
      Deno.mkdirSync(`${own}/arriving`);
      for (const name of ["log.jsonl", "state.json", "meta.json"]) {
        const to = moved.includes(name) ? own : `${own}/arriving`;
        Deno.copyFileSync(`${theirs}/${name}`, `${to}/${name}`);
      }
      const { serial } = await addNote(host, { root: here, text: "here" })
        .then(() => readStatus(host, { root: here }));
      assertEquals(serial, 4);
      assertEquals(await codesIn(clones, here, id), []);
      const files = Object.keys(readTree(own ?? ""));
      assertEquals(files.sort(), ["log.jsonl", "meta.json", "state.json"]);
      const meta = JSON.parse(readTree(own ?? "")["meta.json"] ?? "");
      // What says that it is of here is of here.
      assertEquals(meta.origin, undefined);
    },
  );
}
