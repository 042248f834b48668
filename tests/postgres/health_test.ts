/** What is wrong with a shared store is told by `store status` and by `doctor`, before it keeps somebody from working. */
import { type Repository, treeOf } from "../journey/orc.ts";
import { choosing, inDatabase } from "./chosen.ts";
import { programs } from "./database.ts";
import { freePort, OWNER } from "./server.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: programs === undefined, fn });
}

/** Codes and severities of what is said about the store. */
async function said(
  { orc }: Repository,
  command: string,
): Promise<readonly string[]> {
  const { stdout } = await orc([
    command,
    ...command === "store" ? ["status"] : [],
    "--json",
  ]);
  const { result } = JSON.parse(stdout);
  return (result.findings ?? [])
    .filter(({ code }: { code: string }) => /store/.test(code))
    .map(({ severity, code }: Record<string, string>) => `${severity} ${code}`);
}

test("a store that is well says what it is, and that a superuser is no role to work as", () =>
  inDatabase(async (at) => {
    await at.result(["start", "Add login"]);
    const { database, sessions } = await at.result(["store", "status"]);
    assertEquals(sessions, 1);
    assert(/^\d+\.\d+/.test(database.server), database.server);
    assertEquals(
      [database.encrypted, database.readOnly, database.superuser],
      [false, false, true],
    );
    assert(Math.abs(database.clockAheadMs) < 2_000);
    assert(database.connections > 0 && database.maxConnections === 300);
    for (const command of ["store", "doctor"]) {
      assertEquals(await said(at, command), ["info store_rights_wide"]);
    }
    const { stdout } = await at.orc(["store", "status", "--output", "text"]);
    assertStringIncludes(stdout, "not encrypted");
    assertStringIncludes(stdout, "may do anything at that server");
  }));

test("who holds a session and does nothing is named, with what ends it", () =>
  inDatabase(async (at, env, ask) => {
    await at.result(["start", "Add login"]);
    const { default: pg } = await import("pg");
    const { port, pathname } = new URL(env.ORCHESTRATOR_STORE_URL ?? "");
    const client = new pg.Client({
      ...{ host: "127.0.0.1", port: Number(port), user: OWNER, ssl: false },
      ...{ database: pathname.slice(1), password: "-" },
    });
    client.on("error", () => {});
    await client.connect();
    try {
      await client.query("begin; select 1 from orc.session for update");
      await new Promise((resolve) => setTimeout(resolve, 3_500));
      for (const command of ["store", "doctor"]) {
        assertEquals((await said(at, command)).toSorted(), [
          "info store_rights_wide",
          "warning store_held",
        ]);
      }
      const { findings } = await at.result(["store", "status"]);
      const [held] = findings;
      const [, act = ""] = held.remedy.split(": ");
      await ask(act);
      assertEquals(await said(at, "store"), ["info store_rights_wide"]);
    } finally {
      await client.end().catch(() => {});
    }
  }));

test("rights that are missing, or everybody's, are named", () =>
  inDatabase(async (at, env, ask) => {
    const user = `reader${freePort()}`;
    await ask(`create role ${user} login; grant usage on schema orc to ${user};
      grant select on all tables in schema orc to ${user}`);
    const url = (env.ORCHESTRATOR_STORE_URL ?? "")
      .replace(`//${OWNER}@`, `//${user}@`);
    const reader = choosing(at, { ...env, ORCHESTRATOR_STORE_URL: url });
    assertEquals(await said(reader, "doctor"), ["error store_rights_missing"]);
    const { findings } = await reader.result(["store", "status"]);
    assertStringIncludes(findings[0].message, "insert on orc.log");
    assertEquals((await reader.orc(["doctor"])).code, 3);
    await ask(`grant select on orc.log to public`);
    assertEquals(await said(reader, "store"), [
      "error store_rights_missing",
      "warning store_rights_wide",
    ]);
  }));

test("the roles of docs/teams.md work, or only look", () =>
  inDatabase(async (at, env, ask) => {
    const page = await Deno.readTextFile("docs/teams.md");
    const [, sql = ""] = /```sql\n(grant usage[^`]*)```/.exec(page) ?? [];
    assertStringIncludes(sql, "to agents");
    const suffix = `${freePort()}`;
    const roles = ["agents", "readers"].map((role) => role + suffix);
    for (const role of roles) await ask(`create role ${role} login`);
    await ask(sql.replaceAll(/\b(?:agents|readers)\b/g, `$&${suffix}`));
    const [agent, reader] = roles.map((role) =>
      choosing(at, {
        ...env,
        ORCHESTRATOR_STORE_URL: (env.ORCHESTRATOR_STORE_URL ?? "")
          .replace(`//${OWNER}@`, `//${role}@`),
      })
    );
    assert(agent !== undefined && reader !== undefined);
    await agent.result(["start", "Add login"]);
    await at.write("idea.txt", "");
    await agent.result(["complete", "idea", "--notes", "done"]);
    await agent.result(["checkpoint", "-m", "here"]);
    await agent.result(["feedback", "capture", "--auto"]);
    assertEquals(await said(agent, "store"), []);
    assertEquals((await reader.result(["status"])).progress.completed, 1);
    const refused = await reader.orc(["note", "Not mine"]);
    assertEquals(refused.code, 77);
    assertStringIncludes(refused.stderr, "may not do that");
    assertEquals((await agent.result(["status"])).serial, 2);
  }));

test("what keeps orc from asking a store is told by doctor, with all that it finds else", () =>
  inDatabase(async (at, env) => {
    const url = `postgres://ada@127.0.0.1:${freePort()}/orc`;
    const unreachable = choosing(at, { ...env, ORCHESTRATOR_STORE_URL: url });
    const before = await treeOf(at.directory);
    assertEquals(await said(unreachable, "doctor"), [
      "error store_unreachable",
    ]);
    assertEquals(await treeOf(at.directory), before);
    await Deno.remove(`${at.directory}/workflow.yaml`);
    const files = choosing(at, { ORCHESTRATOR_STORE: "file" });
    assertEquals(await said(files, "doctor"), []);
  }));
