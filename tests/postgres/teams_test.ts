/** What docs/teams.md shows is played, with a server of its own. */
import { inRepository, runtimeCaches, treeOf } from "../journey/orc.ts";
import { orcCommand } from "../orc_command.ts";
import { choosing, inDatabase, test } from "./chosen.ts";
import { programs } from "./database.ts";
import { asUser, freePort, OWNER, startServer } from "./server.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const PAGE = "docs/teams.md";

/** The blocks of a section that are in a language. */
async function blocksIn(
  section: string,
  language: string,
): Promise<readonly string[]> {
  const page = await Deno.readTextFile(PAGE);
  const [, text = ""] = new RegExp(`## ${section}\n(.*?)\n## `, "s")
    .exec(page) ?? [];
  const blocks = text.matchAll(
    new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "gs"),
  );
  return [...blocks].map(([, block = ""]) => block);
}

/** The commands of the console blocks of a section, in order. */
async function commandsIn(section: string): Promise<readonly string[]> {
  const blocks = await blocksIn(section, "console");
  return blocks.flatMap((block) =>
    block.split("\n").filter((line) => line.startsWith("$ "))
      .map((line) => line.slice(2))
  );
}

test("a server to try orc with is started, used and taken away as the page says", () =>
  inRepository(async ({ directory }) => {
    const user = Deno.makeTempDirSync({ dir: "/tmp", prefix: "orc-try-" });
    if (Deno.uid() === 0) Deno.chownSync(user, 65534, 65534);
    const port = String(freePort());
    const commands = await commandsIn("Try it");
    assert(commands.length >= 11, "they are not found");
    try {
      for (const command of commands) {
        const [program = "", ...words] = orcCommand();
        const isOrc = command.startsWith("orc ");
        const text = command.replaceAll("~", user).replaceAll("5433", port);
        const env = { ...runtimeCaches(), HOME: user };
        const ended = isOrc
          ? await new Deno.Command(program, {
            args: [...words, ...wordsOf(text).slice(1)],
            ...{ cwd: directory, env, stdin: "null" },
          }).output()
          : await asUser(["sh", "-c", `PATH="${programs}:$PATH" ${text}`])
            .output();
        const problem = new TextDecoder().decode(ended.stderr);
        assert(ended.success, `${command}: ${problem}`);
        if (command !== "orc store status") continue;
        const shown = new TextDecoder().decode(ended.stdout);
        assertStringIncludes(shown, `127.0.0.1:${port}`);
      }
    } finally {
      await asUser([
        ...["sh", "-c"],
        `${programs}/pg_ctl -D ${user}/orc-db -m immediate stop`,
      ]).output();
      Deno.removeSync(user, { recursive: true });
    }
  }));

function wordsOf(text: string): readonly string[] {
  return [...text.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) =>
    quoted ?? word
  );
}

test("a read replica shows what has come to it, and nothing is changed there", async () => {
  const server = await startServer();
  const standby = `${server.directory}/standby`;
  const port = freePort();
  const from = ["-h", "127.0.0.1", "-p", String(server.port), "-U", OWNER];
  let child: Deno.ChildProcess | undefined;
  try {
    await inDatabase(async (at, env) => {
      const { session } = await at.result(["start", "Add login"]);
      const copied = await asUser([
        ...[`${programs}/pg_basebackup`, "-D", standby, "-R", "-X", "stream"],
        ...["--checkpoint=fast", ...from],
      ]).output();
      assert(copied.success, new TextDecoder().decode(copied.stderr));
      child = asUser(
        [`${programs}/postgres`, "-D", standby, "-c", `port=${port}`],
        "log",
      ).spawn();
      const reader = choosing(at, {
        ...env,
        ORCHESTRATOR_STORE_URL: (env["ORCHESTRATOR_STORE_URL"] ?? "")
          .replace(`:${server.port}/`, `:${port}/`),
      });
      await at.result(["note", "Come along"]);
      for (let tries = 0;; tries++) {
        const { code, stdout } = await reader.orc(["status", "--full"]);
        const notes = code === 0 ? JSON.parse(stdout).result.notes : [];
        if (notes.length === 1) break;
        assert(tries < 40, stdout);
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
      const before = await treeOf(at.directory);
      const { code, stderr } = await reader.orc(["note", "Here"]);
      assertEquals(code, 3, stderr);
      assertStringIncludes(stderr, "can only be read");
      assertEquals(await treeOf(at.directory), before);
      assertEquals((await at.result(["status"])).session, session);
    }, server);
  } finally {
    try {
      child?.kill("SIGQUIT");
    } catch {
      // It ended by itself.
    }
    await child?.status;
    await server.stop();
  }
});

test("a log that is split as the page says is written, read and removed as before", () =>
  inDatabase(async (at, _, ask) => {
    const { session } = await at.result(["start", "Add login"]);
    await at.result(["note", "Before"]);
    const [statements = ""] = await blocksIn("A log in partitions", "sql");
    await ask(statements);
    for (let number = 0; number < 8; number++) {
      await at.result(["start", "--beside", `Task ${number}`]);
    }
    await at.result(["note", "After", "--session", session]);
    const { events } = await at.result(["history", "--session", session]);
    const messages = events.map(({ message }: { message: string }) => message);
    const [before, after] = ["Before", "After"].map((text) =>
      messages.findIndex((message: string) => message.includes(text))
    );
    assertEquals([before, after].toSorted(), [before, after]);
    assert(before !== -1);
    const verified = await at.orc(["verify", "--full", "--session", session]);
    assert(!/chain_|log_/.test(verified.stdout), verified.stdout);
    const counts = await ask(
      "select tableoid, count(*) from orc.log group by tableoid",
    );
    assert(counts.length > 1, "all lines lie in one part");
    await at.result([
      "finish",
      "--abandon",
      "--reason",
      "tried",
      "--session",
      session,
    ]);
    await at.result(["session", "cleanup", "--older-than", "0", "--yes"]);
    const left = await ask(
      `select 1 from orc.log where session = '${session}'`,
    );
    assertEquals(left, []);
    await at.result(["store", "upgrade"]);
  }));
