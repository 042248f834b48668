/** The commands, as people and agents call them, on sessions that lie in a database. */
import {
  APPROVING,
  commit,
  inRepository,
  repositoryAt,
  runtimeCaches,
  treeOf,
} from "../journey/orc.ts";
import { nameOf } from "../../src/base/path.ts";
import { orcCommand } from "../orc_command.ts";
import { SCENES } from "../journey/scenes.ts";
import {
  choosing,
  inDatabase,
  inDatabaseAlone,
  test,
  WORKFLOW,
} from "./chosen.ts";
import { freePort, OWNER, startServer } from "./server.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";

for (const [name, play] of Object.entries(SCENES)) {
  test(`in a database, ${name}`, () =>
    inDatabaseAlone((repository, env) =>
      play(repository, (directory) => choosing(repositoryAt(directory), env))
    ));
}

const ID = /^01[0-9a-z]{24}$/;

test("a session is led from its start to its end in a database, and no file of it is there", () =>
  inDatabase(async ({ directory, orc, result, write }, _, ask) => {
    assertEquals((await orc(["status"])).code, 4);
    const { session } = await result(["start", "Add login"]);
    assertMatch(session, ID);
    assertEquals((await result(["next"])).next.item.id, "idea");
    assertEquals((await orc(["complete", "idea"])).code, 3);
    await write("idea.txt", "");
    await result(["complete", "idea", "--notes", "as Ada does"]);
    await result(["skip", "sketch", "--reason", "the idea is clear enough"]);
    await result(["note", "Mind the cookies"]);
    const { approvals } = await result(["approvals"]);
    assertEquals(approvals.length, 1);
    const waiting = result(["wait", "look", "--timeout", "20s"]);
    await result(["approve-item", "look"], APPROVING);
    await waiting;
    const { id: checkpoint } = await result(["checkpoint", "-m", "here"]);
    await result(["advance"]);
    await result(["complete", "work", "--notes", "done"]);
    await result(["undo"]);
    assertEquals((await result(["status"])).progress.completed, 2);
    await result(["resume", checkpoint, "--yes"]);
    assertEquals((await result(["next"])).next.command, "orc advance");
    await result(["advance"]);
    await result(["complete", "work", "--notes", "done"]);
    await result(["session", "rename", session, "Login"]);
    const { sessions } = await result(["session", "list"]);
    assertEquals(
      sessions.map(({ id, name }: Record<string, string>) => [id, name]),
      [[session, "Login"]],
    );
    await result(["finish"]);
    const { events } = await result(["history"]);
    const [row] = await ask(
      `select s.serial, s.status, s.log_bytes,
          (select count(*) from orc.log) as lines,
          (select sum(octet_length(line) + 1) from orc.log) as bytes
         from orc.session s`,
    );
    assertEquals([row?.status, Number(row?.lines)], [
      "completed",
      events.length,
    ]);
    assertEquals(row?.bytes, row?.log_bytes);
    // Nobody was asked, which is all that speaks against it.
    const verified = JSON.parse((await orc(["verify", "--full"])).stdout);
    assertEquals(verified.result.findings.length, 1, verified);
    await result(["feedback", "capture", "--auto"]);
    const own = Object.keys(await treeOf(`${directory}/.orchestrator`));
    assertEquals(own.filter((path) => path.startsWith("sessions/")), [
      "sessions/",
    ]);
    await result(["session", "cleanup", "--older-than", "0", "--yes"]);
    assertEquals((await ask("select 1 from orc.log")).length, 0);
  }));

test("whoever follows hears of each update, in the order of their making", () =>
  inDatabase(async ({ directory, result }, env) => {
    await result(["start", "Add login"]);
    const [program, ...first] = orcCommand();
    const child = new Deno.Command(program, {
      args: [...first, "history", "--follow", "--output", "jsonl"],
      cwd: directory,
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    try {
      const lines = child.stdout.pipeThrough(new TextDecoderStream());
      const texts = ["one", "two", "three"];
      let seen = "";
      for await (const text of lines) {
        seen += text;
        const next = texts[0];
        if (next === undefined) {
          if (seen.includes("three")) break;
          continue;
        }
        if (seen.includes("Started phase") || seen !== "") {
          texts.shift();
          await result(["note", next]);
        }
      }
      const places = ["one", "two", "three"].map((text) => seen.indexOf(text));
      assertEquals(places, places.toSorted((a, b) => a - b));
      assert(!places.includes(-1), seen);
    } finally {
      child.kill("SIGKILL");
      await child.status;
    }
  }));

test("another clone has the same sessions, and runs nothing of them before a human said so", () =>
  inDatabase(async (one, env) => {
    await one.run("git", "remote", "add", "origin", "https://git.example/a/b");
    await one.run("git", "add", "workflow.yaml");
    await commit(one, "Workflow");
    const { session } = await one.result(["start", "Add login"]);
    await inRepository(async (other) => {
      await other.run(
        "git",
        "remote",
        "add",
        "origin",
        "https://git.example/a/b",
      );
      const home = `${other.directory}/.git/home`;
      await Deno.mkdir(home);
      const there = choosing(other, { ...env, HOME: home });
      const { sessions } = await there.result(["session", "list"]);
      assertEquals(sessions.length, 1);
      await other.write("idea.txt", "");
      const named = ["--session", session];
      await there.result(["note", "Seen from elsewhere", ...named]);
      const refused = await there.orc(["complete", "idea", ...named]);
      assertEquals(refused.code, 77);
      assertStringIncludes(refused.stderr, "was not begun here");
      await there.result(["trust", session], APPROVING);
      await there.result(["complete", "idea", "--notes", "done", ...named]);
    });
    const { progress } = await one.result(["status"]);
    assertEquals(progress.completed, 1);
    await inRepository(async (stranger) => {
      const { sessions } = await choosing(stranger, env)
        .result(["session", "list"]);
      assertEquals(sessions, []);
    });
  }));

test("the sessions of all repositories in a database are listed, and none is taken for one of here", () =>
  inDatabase(async (one, env) => {
    const own = await one.result(["start", "Add login"]);
    await inRepository(async ({ directory }) => {
      const other = choosing(repositoryAt(directory), env);
      await other.write("workflow.yaml", WORKFLOW);
      const agent = { env: { CLAUDECODE: "1", CLAUDE_CODE_SESSION_ID: "7" } };
      const theirs = await other.result(["start", "Mend search"], agent);
      const { sessions } = await one.result(["session", "list"]);
      assertEquals(sessions.map(({ id }: { id: string }) => id), [own.session]);
      const { sessions: all } = await one.result([
        ...["session", "list", "--all-repositories"],
      ]);
      const hostname = Deno.hostname();
      assertEquals(
        all.map((line: Record<string, unknown>) => [
          ...[line.id, line.current, line.repository, line.host, line.owner],
        ]),
        [
          ...[
            [
              theirs.session,
              false,
              nameOf(directory),
              hostname,
              "claude-code:7",
            ],
            [own.session, true, nameOf(one.directory), hostname, null],
          ],
        ],
      );
      const { stdout } = await one.orc([
        ...["session", "list", "--all-repositories", "--output", "text"],
      ]);
      assertMatch(
        stdout,
        new RegExp(`^${nameOf(directory)} \\([0-9a-f]+\\)\n`),
      );
      assertStringIncludes(stdout, `Mend search  (${hostname}, claude-code:7)`);
      const info = await other.result(["session", "info"], agent);
      assertEquals([info.host, info.owner], [hostname, "claude-code:7"]);
      // What is of another repository is no session of this one.
      const far = await one.orc(["status", "--session", theirs.session]);
      assertEquals(far.code, 4);
    });
  }));

test("a repository may demand a database, and its user alone says which", () =>
  inRepository(async (repository) => {
    const home = `${repository.directory}/.git/home`;
    await Deno.mkdir(home);
    const at = choosing(repository, { ...runtimeCaches(), HOME: home });
    await repository.write("workflow.yaml", WORKFLOW);
    const config = ".orchestrator/config.yaml";
    await repository.write(config, "store: postgres\n");
    const before = await treeOf(repository.directory);
    const demanded = await at.orc(["start", "Add login"]);
    assertEquals(demanded.code, 78);
    assertStringIncludes(demanded.stderr, "which database keeps sessions");
    assertStringIncludes(demanded.stderr, "--global");
    await repository.write(
      config,
      "store: postgres\nstore_url: postgres://ada@db.example/orc\n",
    );
    assertEquals((await at.orc(["start", "Add login"])).code, 78);
    await repository.write(config, "store: postgres\n");
    const tree = await treeOf(repository.directory);
    const sessions = Object.keys(tree).filter((path) =>
      !(path in before) && path.startsWith(".orchestrator/sessions/")
    );
    assertEquals(
      sessions,
      [".orchestrator/sessions/"].filter((path) => path in tree),
    );
    // Files are a way out for who asks for them, and no repository does.
    await repository.write(config, "store: file\n");
    const port = freePort();
    const chosen = choosing(at, {
      ORCHESTRATOR_STORE: "postgres",
      ORCHESTRATOR_STORE_URL: `postgres://ada@127.0.0.1:${port}/orc`,
    });
    const unreachable = await chosen.orc(["status"]);
    assertEquals(unreachable.code, 7);
    assertStringIncludes(unreachable.stderr, `"orc" at 127.0.0.1:${port}`);
    await Deno.mkdir(`${home}/.orchestrator`);
    await Deno.writeTextFile(
      `${home}/.orchestrator/config.yaml`,
      `store: postgres\nstore_url: postgres://ada@127.0.0.1:${port}/orc\n`,
    );
    assertEquals((await at.orc(["status"])).code, 7);
    const inUrl = {
      ORCHESTRATOR_STORE_URL: "postgres://ada:tell@db.example/o",
    };
    const refused = await choosing(chosen, inUrl).orc(["status"]);
    assertEquals(refused.code, 2);
    assert(!refused.stderr.includes("tell"), refused.stderr);
  }));

test("the password is a secret, which nothing shows", async () => {
  const access = [
    "host all all 127.0.0.1/32 scram-sha-256",
    "local all all trust",
  ];
  const server = await startServer({ access });
  try {
    const { default: pg } = await import("pg");
    const { directory: host, port } = server;
    const admin = new pg.Client({
      host,
      port,
      user: OWNER,
      database: "postgres",
    });
    await admin.connect();
    await admin.query(`alter user ${OWNER} password 'open sesame 123'`);
    await inRepository(async (repository) => {
      const home = `${repository.directory}/.git/home`;
      await Deno.mkdir(home);
      const at = choosing(repository, {
        ...runtimeCaches(),
        HOME: home,
        ORCHESTRATOR_STORE: "postgres",
        ORCHESTRATOR_STORE_URL:
          `postgres://${OWNER}@127.0.0.1:${port}/postgres`,
      });
      const without = await at.orc(["store", "upgrade"]);
      assertEquals(without.code, 77);
      assertStringIncludes(
        without.stderr,
        "orc secrets set ORCHESTRATOR_STORE_PASSWORD --global",
      );
      const wrong = { ORCHESTRATOR_STORE_PASSWORD: "close sesame 123" };
      const { code, stderr } = await choosing(at, wrong)
        .orc(["store", "upgrade"]);
      assertEquals(code, 77);
      assert(!stderr.includes("close sesame"), stderr);
      const right = choosing(at, {
        ORCHESTRATOR_STORE_PASSWORD: "open sesame 123",
      });
      await right.result(["store", "upgrade"]);
      await repository.write(
        "workflow.yaml",
        WORKFLOW.replace("test -e idea.txt", "env; exit 1"),
      );
      await right.result(["start", "Say open sesame 123 to nobody"]);
      const failed = await right.orc(["complete", "idea"]);
      assertEquals(failed.code, 3);
      assert(!failed.stdout.includes("sesame 123"), failed.stdout);
      const { rows } = await admin.query(
        `select state from orc.session
           union all select convert_from(line, 'UTF8') from orc.log`,
      );
      const kept = JSON.stringify(rows);
      assert(kept.includes("to nobody"));
      assert(!kept.includes("sesame 123"), kept);
    });
    await admin.end();
  } finally {
    await server.stop();
  }
});

test("what works on files says so, and what is done instead", () =>
  inDatabase(async ({ orc, result, write }) => {
    await result(["start", "Add login"]);
    await write("old/.workflow_state.json", "{}");
    for (
      const args of [
        ["snapshot", "export", "--plain", "-o", "x.orc"],
        ["migrate"],
        ["import-legacy", "old"],
        ["recover"],
        ["persist", "push"],
      ]
    ) {
      const { code, stderr } = await orc(args);
      assertEquals([args[0], code], [args[0], 3], stderr);
      assertStringIncludes(stderr, "are not kept in files");
      assertMatch(stderr, /Try: /);
    }
    const { findings } = await result(["doctor"]);
    assertEquals(
      findings.filter(({ code }: { code: string }) => /current/.test(code)),
      [],
    );
  }));

test("a process of its own for each update stores them all", () =>
  inDatabase(async ({ directory, result, orc }, env, ask) => {
    await result(["start", "Add login"]);
    const at = choosing(repositoryAt(directory), env);
    const numbers = Array.from({ length: 24 }, (_, index) => index);
    const ended = await Promise.all(
      numbers.map((number) => at.orc(["note", `Note ${number}`])),
    );
    assertEquals(ended.filter(({ code }) => code !== 0), []);
    const [row] = await ask(
      "select serial, (select count(*) from orc.log) as lines from orc.session",
    );
    assertEquals([Number(row?.serial), Number(row?.lines)], [25, 26]);
    assertEquals((await orc(["history"])).code, 0);
  }));
