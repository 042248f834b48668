import { listSessions } from "../../src/sessions/list.ts";
import { renameSession } from "../../src/sessions/rename_session.ts";
import { abandonSession } from "../../src/work/finish_session.ts";
import { readStatus } from "../../src/work/status.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import {
  fixedHost,
  idOf,
  refusalWithoutTrace,
  stateOf,
  withSession,
} from "../work/fixtures.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

const ID = idOf(0, 0);
const META = `.orchestrator/sessions/${ID}/meta.json`;

Deno.test("renameSession() gives a session a name, and changes nothing else", () =>
  withSession(async (root) => {
    const before = readTree(root);
    const renamed = await renameSession(fixedHost({ number: 1 }), {
      root,
      id: "01kk",
      name: " Second try ",
    });
    assertEquals([renamed.session, renamed.name], [ID, "Second try"]);
    const after = readTree(root);
    const { name, ...meta } = JSON.parse(after[META] ?? "");
    assertEquals(name, "Second try");
    assertEquals(meta, JSON.parse(before[META] ?? ""));
    assertEquals({ ...after, [META]: before[META] }, before);
  }));

Deno.test("renameSession() names a closed session too, and names it anew", () =>
  withSession(async (root) => {
    await abandonSession(fixedHost({ number: 1 }), { root, reason: "Dropped" });
    for (const name of ["First", "Second"]) {
      await renameSession(fixedHost({ number: 2 }), { root, id: ID, name });
      const { sessions } = await listSessions(fixedHost(), { root });
      assertEquals(sessions[0]?.name, name);
      assertEquals((await readStatus(fixedHost(), { root })).name, name);
    }
    assertEquals(stateOf(root).status, "abandoned");
  }));

Deno.test("renameSession() makes a meta.json with the start of the session", () =>
  withSession(async (root) => {
    Deno.removeSync(`${root}/${META}`);
    const host = {
      ...fixedHost({ number: 1, at: "2026-03-02T10:00:00Z" }),
      localNow: () => "2026-03-02T12:00:00.000000",
    };
    await renameSession(host, { root, id: ID, name: "Found" });
    const { created_at } = JSON.parse(Deno.readTextFileSync(`${root}/${META}`));
    assertEquals(created_at, "2026-03-01T12:00:00");
  }));

Deno.test("renameSession() refuses names and ids that are none", () =>
  withSession(async (root) => {
    const host = fixedHost({ number: 1 });
    const code = async (id: string, name: string) =>
      (await refusalWithoutTrace(
        root,
        () => renameSession(host, { root, id, name }),
      )).code;
    assertEquals(await code(ID, " "), "invalid_name");
    assertEquals(await code("zzz", "Name"), "no_such_session");
    assertEquals(await code("../x", "Name"), "invalid_session_id");
  }));

Deno.test("a damaged meta.json hides neither the session nor its state", () =>
  withSession(async (root) => {
    writeTree(root, { [META]: "{" });
    const status = await readStatus(fixedHost(), { root });
    assertEquals([status.name, status.task], [null, "Add login"]);
    assertStringIncludes(status.warnings.join(), "meta.json");
    const { sessions, warnings } = await listSessions(fixedHost(), { root });
    assertEquals(sessions[0]?.problem, null);
    assertStringIncludes(warnings.join(), "meta.json");
  }));
