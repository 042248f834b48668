/** What is wrong with a shared store is told by `store status` and by `doctor`, before it keeps somebody from working. */
import { APPROVING, type Repository, treeOf } from "../journey/orc.ts";
import { type Ask, type Choice, choosing, inDatabase } from "./chosen.ts";
import { programs, query } from "./database.ts";
import { freePort, OWNER } from "./server.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";

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

/** Repositories of people with the roles of docs/teams.md. */
async function withRoles(
  { at, env, ask }: {
    readonly at: Repository;
    readonly env: Choice;
    readonly ask: Ask;
  },
): Promise<Readonly<Record<"people" | "agents" | "readers", Repository>>> {
  const page = await Deno.readTextFile("docs/teams.md");
  const [, sql = ""] = /```sql\n(grant usage[^`]*)```/.exec(page) ?? [];
  assertStringIncludes(sql, "create policy");
  const suffix = `${freePort()}`;
  const made = async (role: string) => {
    await ask(`create role ${role}${suffix} login`);
    return choosing(at, {
      ...env,
      ORCHESTRATOR_STORE_URL: (env["ORCHESTRATOR_STORE_URL"] ?? "")
        .replace(`//${OWNER}@`, `//${role}${suffix}@`),
    });
  };
  const [people, agents, readers] = [
    await made("people"),
    await made("agents"),
    await made("readers"),
  ];
  const roles = /(?<=\bto .*)\b(?:people|agents|readers)\b/g;
  await ask(sql.replaceAll(roles, `$&${suffix}`));
  return { people, agents, readers };
}

test("the roles of docs/teams.md work, or only look", () =>
  inDatabase(async (at, env, ask) => {
    const { agents, readers } = await withRoles({ at, env, ask });
    await agents.result(["start", "Add login"]);
    await at.write("idea.txt", "");
    await agents.result(["complete", "idea", "--notes", "done"]);
    await agents.result(["checkpoint", "-m", "here"]);
    await agents.result(["feedback", "capture", "--auto"]);
    assertEquals(await said(agents, "store"), []);
    assertEquals((await readers.result(["status"])).progress.completed, 1);
    const refused = await readers.orc(["note", "Not mine"]);
    assertEquals(refused.code, 77);
    assertStringIncludes(refused.stderr, "may not");
    assertEquals((await agents.result(["status"])).serial, 2);
  }));

test("the role of agents neither approves, nor changes what has ended, nor what is logged", () =>
  inDatabase(async (at, env, ask) => {
    const { people, agents } = await withRoles({ at, env, ask });
    const { session } = await agents.result(["start", "Add login"]);
    await at.write("idea.txt", "");
    await agents.result(["complete", "idea", "--notes", "done"]);
    // A setting that lets all approvals pass is no way either.
    const asHuman = await agents.orc(["approve-item", "look"], APPROVING);
    assertEquals(asHuman.code, 77, asHuman.stderr);
    assertStringIncludes(asHuman.stderr, "may neither approve");
    assertEquals((await agents.result(["status"])).serial, 2);
    await people.result(["approve-item", "look"], APPROVING);
    await agents.result(["skip", "sketch", "--reason", "it is clear enough"]);
    await agents.result(["advance"]);
    await agents.result(["complete", "work", "--notes", "done"]);
    await agents.result(["finish"]);
    const ended = await agents.result(["session", "info", session]);
    assertEquals(ended.status, "completed");
    const rename = ["session", "rename", session, "Mine"];
    const renamed = await agents.orc(rename);
    assertEquals(renamed.code, 77, renamed.stderr);
    assertStringIncludes(renamed.stderr, "may not change session");
    await people.result(rename);
    // Whoever goes past orc gets no further.
    const url = new URL(env["ORCHESTRATOR_STORE_URL"] ?? "");
    const [{ current = "" } = {}] = await ask(
      "select rolname as current from pg_roles where rolname like 'agents%' order by oid desc limit 1",
    );
    const past = (text: string) =>
      query(
        Number(url.port),
        `set role "${current}"; ${text}`,
        [],
        url.pathname.slice(1),
      );
    for (
      const [text, why] of [
        ["delete from orc.log", "permission denied"],
        ["update orc.log set line = ''", "permission denied"],
        ["delete from orc.session", "permission denied"],
        ["drop table orc.log", "must be owner"],
      ] as const
    ) await assertRejects(() => past(text), Error, why);
    // Nothing that has ended is found.
    await past("update orc.session set status = 'active'");
    const [{ status } = {}] = await ask("select status from orc.session");
    assertEquals(status, "completed");
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
