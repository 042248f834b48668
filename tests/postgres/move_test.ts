/** Sessions go from files into a database and back, byte for byte, whoever is killed on the way. */
import { killIfRunning } from "../parallel/orc_process.ts";
import { APPROVING, type Repository, treeOf } from "../journey/orc.ts";
import { orcCommand } from "../orc_command.ts";
import { choosing, inDatabase, WORKFLOW } from "./chosen.ts";
import { programs } from "./database.ts";
import {
  assert,
  assertEquals,
  assertObjectMatch,
  assertStringIncludes,
} from "@std/assert";

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: programs === undefined, fn });
}

const IN_FILES = { ORCHESTRATOR_STORE: "file" };

type Ask = Parameters<Parameters<typeof inDatabase>[0]>[2];

/** What the database holds, in the form of files. */
async function kept(ask: Ask): Promise<Record<string, readonly string[]>> {
  const rows = await ask(
    `select s.id, s.state, s.log_bytes,
        (select string_agg(convert_from(line, 'UTF8') || chr(10), '' order by start_byte)
           from orc.log l where l.session = s.id) as log
       from orc.session s order by s.id`,
  );
  for (const { log, log_bytes } of rows) {
    assertEquals(
      Number(log_bytes),
      new TextEncoder().encode(String(log)).length,
    );
  }
  return Object.fromEntries(
    rows.map(({ id, state, log }) => [id, [String(state), String(log)]]),
  );
}

/** The same of files. */
async function filesOf(
  { directory }: Repository,
): Promise<Record<string, readonly string[]>> {
  const sessions = `${directory}/.orchestrator/sessions`;
  const found: Record<string, readonly string[]> = {};
  for await (const { name } of Deno.readDir(sessions)) {
    if (name.startsWith(".")) continue;
    // It may be removed meanwhile.
    const texts = await Promise.all(
      ["state.json", "log.jsonl"].map((file) =>
        Deno.readTextFile(`${sessions}/${name}/${file}`).catch(() => "")
      ),
    );
    if (!texts.includes("")) found[name] = texts;
  }
  return Object.fromEntries(Object.entries(found).sort());
}

const work = async ({ result, orc, write }: Repository): Promise<string> => {
  // A check that prints something, as long as it fails.
  await write("workflow.yaml", WORKFLOW.replace("test -e", "cat"));
  const { session } = await result(["start", "Add login"]);
  assertEquals((await orc(["complete", "idea"])).code, 3);
  await write("idea.txt", "");
  await result(["complete", "idea", "--notes", "ä \u{1f980}"]);
  await result(["approve-item", "look"], APPROVING);
  await result(["checkpoint", "-m", "here"]);
  await result(["feedback", "capture", "--auto"]);
  return session;
};

/** What a proof says of a session, but for the instant. */
async function proofOf({ orc }: Repository, session: string): Promise<unknown> {
  const { stdout } = await orc(["verify", "--full", "--session", session]);
  const { result } = JSON.parse(stdout);
  return { ...result, at: null };
}

test("what is moved is the same to the byte, and is proved the same, there and back", () =>
  inDatabase(async (inBase, _, ask) => {
    const inFiles = choosing(inBase, IN_FILES);
    const session = await work(inFiles);
    const before = await filesOf(inFiles);
    const proof = await proofOf(inFiles, session);
    const tree = await treeOf(inFiles.directory);
    const plan = await inFiles.result([
      "store",
      "move",
      "--to",
      "postgres",
      "--dry-run",
    ]);
    assertObjectMatch(plan, {
      dryRun: true,
      sessions: [{ comparison: "created" }],
    });
    assertEquals(await treeOf(inFiles.directory), tree);
    assertEquals(await kept(ask), {});

    const { code, stderr } = await inFiles.orc([
      "store",
      "move",
      "--to",
      "postgres",
    ]);
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, 'does not say "postgres" yet');
    assertEquals(await kept(ask), before);
    assertEquals(await proofOf(inBase, session), proof);
    const { checkpoints } = await inBase.result(["checkpoints"]);
    assertEquals(checkpoints.length, 1);
    assertEquals((await ask("select 1 from orc.feedback")).length, 1);
    assertEquals((await ask("select 1 from orc.output")).length, 1);
    // Both say which one counts.
    const left = await inFiles.orc(["status"]);
    assertStringIncludes(
      left.stderr + left.stdout,
      "counts elsewhere since it was moved",
    );
    const { findings } = await inFiles.result(["store", "status"]);
    assertEquals(findings.map(({ code }: { code: string }) => code), [
      "session_moved",
    ]);
    const there = await inBase.orc(["status"]);
    assert(!(there.stderr + there.stdout).includes("counts elsewhere"));

    const again = await inFiles.result(["store", "move", "--to", "postgres"]);
    assertEquals(again.sessions[0].comparison, "same");
    assertEquals((await ask("select 1 from orc.feedback")).length, 1);

    await inBase.result(["note", "Went on there"]);
    const back = await inBase.result(["store", "move", "--to", "file"]);
    assertEquals(back.sessions[0].comparison, "fast_forward");
    assertEquals(await filesOf(inFiles), await kept(ask));
    const here = await inFiles.orc(["status"]);
    assert(!(here.stderr + here.stdout).includes("counts elsewhere"));
    const away = await inBase.orc(["status"]);
    assertStringIncludes(away.stderr + away.stdout, "counts elsewhere");

    await inFiles.result(["note", "And on here"]);
    const last = await filesOf(inFiles);
    const moved = await inFiles.result([
      "store",
      "move",
      "--to",
      "postgres",
      "--remove",
    ]);
    assertEquals([moved.sessions[0].comparison, moved.sessions[0].removed], [
      "fast_forward",
      true,
    ]);
    assertEquals(await filesOf(inFiles), {});
    assertEquals(await kept(ask), last);
    await inBase.result(["store", "move", "--to", "file", "--remove"]);
    assertEquals(await filesOf(inFiles), last);
    assertEquals(await kept(ask), {});
    const lines = await Deno.readTextFile(
      `${inFiles.directory}/.orchestrator/sessions/${session}/feedback/tool.jsonl`,
    );
    assertEquals(lines.trim().split("\n").length, 1);
  }));

test("what a crash tore of a log is whole where it is moved to", () =>
  inDatabase(async (inBase, _, ask) => {
    const inFiles = choosing(inBase, IN_FILES);
    const { session } = await inFiles.result(["start", "Add login"]);
    await inFiles.result(["note", "Before the crash"]);
    const before = await filesOf(inFiles);
    const log =
      `${inFiles.directory}/.orchestrator/sessions/${session}/log.jsonl`;
    const whole = await Deno.readTextFile(log);
    for (const length of [whole.length - 20, whole.indexOf("\n") + 1]) {
      await Deno.writeTextFile(log, whole.slice(0, length));
      await inFiles.result(["store", "move", "--to", "postgres"]);
      assertEquals((await kept(ask))[session]?.[1], before[session]?.[1]);
      await ask("delete from orc.session");
    }
  }));

test("what went on at both places is refused and named, and the others are moved", () =>
  inDatabase(async (inBase, _, ask) => {
    const inFiles = choosing(inBase, IN_FILES);
    const { session } = await inFiles.result(["start", "Add login"]);
    await inFiles.result(["store", "move", "--to", "postgres"]);
    await inFiles.result(["note", "Here", "--session", session]);
    await inBase.result(["note", "There", "--session", session]);
    const { session: other } = await inFiles.result([
      "start",
      "--beside",
      "Add logout",
    ]);
    const [here, there] = [await filesOf(inFiles), await kept(ask)];
    const refused = await inFiles.orc([
      "store",
      "move",
      "--to",
      "postgres",
      "--remove",
    ]);
    assertEquals(refused.code, 5);
    assertStringIncludes(refused.stderr, `"${session}" went on in two places`);
    assertStringIncludes(refused.stderr, "here at update 2");
    assertStringIncludes(refused.stderr, "there at update 2");
    const now = await kept(ask);
    assertEquals(now, { ...there, [other]: here[other] });
    assertEquals(await filesOf(inFiles), { [session]: here[session] });
  }));

test("a move that is killed at any moment is taken up by the next, and loses nothing", () =>
  inDatabase(async (inBase, env, ask) => {
    const inFiles = choosing(inBase, IN_FILES);
    for (const task of ["One", "Two", "Three", "Four", "Five", "Six"]) {
      await inFiles.result(["start", "--beside", task]);
    }
    const all = await filesOf(inFiles);
    const [program, ...first] = orcCommand();
    for (const to of ["postgres", "file"]) {
      const arrived = async () =>
        Object.keys(to === "file" ? await filesOf(inFiles) : await kept(ask))
          .length;
      let halves = 0;
      // Killed as soon as so many have come, wherever it is with the next one then.
      for (let count = 0; count < 6; count++) {
        const child = new Deno.Command(program, {
          args: [...first, "store", "move", "--to", to, "--remove"],
          cwd: inFiles.directory,
          env: { ...env, ...to === "file" ? {} : IN_FILES },
          ...{ stdin: "null", stdout: "null", stderr: "null" },
        }).spawn();
        let isOver = false;
        const ended = child.status.finally(() => isOver = true);
        while (!isOver && await arrived() <= count);
        if (!isOver) killIfRunning(child);
        await ended;
        // Each lies somewhere, whole, and the same.
        const found = { ...await kept(ask), ...await filesOf(inFiles) };
        assertEquals(found, all);
        if (await arrived() < 6) halves++;
      }
      assert(halves > 0, "no move was cut short");
      const at = to === "file" ? inBase : inFiles;
      await at.result(["store", "move", "--to", to, "--remove"]);
      assertEquals(await kept(ask), to === "file" ? {} : all);
      assertEquals(await filesOf(inFiles), to === "file" ? all : {});
    }
  }));
