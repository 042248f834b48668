/** A store of the user's own: the one of docs/backends.md, in a file of SQLite. */
import { sqliteDocuments } from "../../docs/backend.ts";
import {
  documentFixture,
  documentsContract,
} from "../../src/contract/documents.ts";
import {
  APPROVING,
  inRepository,
  type Repository,
  repositoryAt,
  runtimeCaches,
  treeOf,
} from "../journey/orc.ts";
import { SCENES } from "../journey/scenes.ts";
import { orcCommand } from "../orc_command.ts";
import { choosing, WORKFLOW } from "../postgres/chosen.ts";
import { testStore } from "../store/contract.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";

const BACKEND = new URL("../../docs/backend.ts", import.meta.url);

async function inSqlite(run: (file: URL) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ dir: "tests/.tmp" });
  try {
    await run(new URL(`file://${await Deno.realPath(directory)}/orc.db`));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

testStore("the store of docs/backends.md", (test) =>
  inSqlite(async (file) => {
    const documents = sqliteDocuments(file);
    await test(documentFixture(documents));
    await documents.close?.();
  }));

for (const { name, run } of documentsContract) {
  Deno.test(`the documents of docs/backends.md: ${name}`, () =>
    inSqlite(async (file) => {
      const documents = sqliteDocuments(file);
      await run(documents);
      await documents.close?.();
    }));
}

/** Runs a test in a repository whose sessions a module of the user's home keeps. */
async function byModule(
  run: (
    at: Repository,
    env: Readonly<Record<string, string>>,
  ) => Promise<void>,
  name = "./backend.ts",
): Promise<void> {
  await inRepository(async (repository) => {
    const home = `${repository.directory}-home`;
    await Deno.mkdir(`${home}/.orchestrator`, { recursive: true });
    const env = {
      ...runtimeCaches(),
      HOME: home,
      ORCHESTRATOR_STORE: name,
      ORCHESTRATOR_STORE_URL: `file://${home}/orc.db`,
    };
    await Deno.copyFile(BACKEND, `${home}/.orchestrator/backend.ts`);
    try {
      await run(choosing(repository, env), env);
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  });
}

for (const [name, play] of Object.entries(SCENES)) {
  Deno.test(`by a module, ${name}`, () =>
    byModule((repository, env) =>
      play(repository, (directory) => choosing(repositoryAt(directory), env))
    ));
}

Deno.test("what docs/backends.md shows is typed, and works", () =>
  byModule(async ({ directory, orc, result }, env) => {
    const page = await Deno.readTextFile("docs/backends.md");
    const typed = [...page.matchAll(/^\$ orc (.*)$/gm)].map(([, line = ""]) =>
      [...line.replace("/home/ada", env.HOME ?? "").matchAll(/"(.*?)"|\S+/g)]
        .map(([word, quoted]) => quoted ?? word)
    );
    assert(typed.length >= 6, "they are not found");
    const plain = repositoryAt(directory);
    const { HOME = "" } = env;
    const options = { env: { ...runtimeCaches(), HOME } };
    for (const args of typed) {
      const { code, stderr } = await plain.orc(args, options);
      assertEquals(code, 0, `${args.join(" ")}: ${stderr}`);
    }
    const { sessions } = await plain.result(["session", "list"], options);
    assertEquals(sessions.length, 1);
    assertEquals((await orc(["status"])).code, 4);
    assertEquals((await result(["session", "list"])).sessions, []);
  }));

Deno.test("24 processes on one session of a module are all stored, one after the other", () =>
  byModule(async ({ directory, result, orc }, env) => {
    await result(["start", "Add login"]);
    const at = choosing(repositoryAt(directory), env);
    const numbers = Array.from({ length: 24 }, (_, index) => `Note ${index}`);
    const ended = await Promise.all(
      numbers.map((text) => at.orc(["note", text])),
    );
    assertEquals(ended.filter(({ code }) => code !== 0), []);
    const { events } = await result(["history"]);
    const notes = events.map(({ message }: { message: string }) => message)
      .filter((message: string) => message.includes("Note "));
    assertEquals(notes.length, 24);
    const { stdout } = await orc(["verify", "--full"]);
    const { findings } = JSON.parse(stdout).result;
    const codes = findings.map(({ code }: { code: string }) => code);
    assertEquals(codes.filter((code: string) => /chain|log_/.test(code)), []);
    const own = Object.keys(await treeOf(`${directory}/.orchestrator`));
    assertEquals(own.filter((path) => path.startsWith("sessions/")), [
      "sessions/",
    ]);
  }));

Deno.test("what is moved to a module is proved the same there, and back in files", () =>
  byModule(async (there, env) => {
    const here = choosing(there, { ORCHESTRATOR_STORE: "file" });
    await here.write("workflow.yaml", WORKFLOW.replace("test -e", "cat"));
    const { session } = await here.result(["start", "Add login"]);
    assertEquals((await here.orc(["complete", "idea"])).code, 3);
    await here.write("idea.txt", "");
    await here.result(["complete", "idea", "--notes", "ä \u{1f980}"]);
    await here.result(["approve-item", "look"], APPROVING);
    for (let number = 0; number < 20; number++) {
      await here.result(["note", `${number} ${"x".repeat(1_800)}`]);
    }
    await here.result(["checkpoint", "-m", "here"]);
    await here.result(["feedback", "capture", "--auto"]);
    const directory = `${here.directory}/.orchestrator/sessions/${session}`;
    const texts = () =>
      Promise.all(
        ["state.json", "log.jsonl"].map((name) =>
          Deno.readTextFile(`${directory}/${name}`)
        ),
      );
    const before = await texts();
    const proofOf = async ({ orc }: Repository) => {
      const { stdout } = await orc([
        ...["verify", "--full", "--session", session],
      ]);
      return { ...JSON.parse(stdout).result, at: null };
    };
    const proof = await proofOf(here);
    const to = env.ORCHESTRATOR_STORE ?? "";
    const moved = await here.result(["store", "move", "--to", to, "--remove"]);
    assertEquals(moved.sessions[0].removed, true);
    assertEquals(await proofOf(there), proof);
    const { checkpoints } = await there.result(["checkpoints"]);
    assertEquals(checkpoints.length, 1);
    await there.result(["store", "move", "--to", "file"]);
    assertEquals(await texts(), before);
    const left = await there.orc(["status"]);
    assertStringIncludes(left.stderr + left.stdout, "counts elsewhere");
    await there.result(["note", "Went on there"]);
    const again = await there.result([
      ...["store", "move", "--to", "file", "--remove"],
    ]);
    assertEquals(again.sessions[0].comparison, "fast_forward");
    assertEquals((await there.result(["session", "list"])).sessions, []);
    const status = await here.result(["store", "status"]);
    assertEquals(status.sessions, 1);
    const shared = await there.result(["store", "status"]);
    assertMatch(shared.address, /^SQLite file/);
  }));

Deno.test("what is kept beside a session while it is moved away is not removed with it", () =>
  byModule(async (there, env) => {
    const here = choosing(there, { ORCHESTRATOR_STORE: "file" });
    const { session } = await here.result(["start", "Add login"]);
    await here.result(["note", "Before"]);
    const [program, ...first] = orcCommand();
    const args = JSON.stringify([...first, "checkpoint", "-m", "just now"]);
    // Somebody else keeps a checkpoint when the session is there already, and not yet gone here.
    await Deno.writeTextFile(
      `${env.HOME}/.orchestrator/slow.ts`,
      `import open from "./backend.ts";
let isFirst = true;
export default async (request) => {
  const all = await open(request);
  return { ...all, async keys(prefix) {
    if (prefix.includes("/feedback/") && isFirst) {
      isFirst = false;
      const env = { ORCHESTRATOR_STORE: "file" };
      const { success } = await new Deno.Command(${JSON.stringify(program)},
        { args: ${args}, env, stdout: "null" }).output();
      if (!success) throw new Error("no checkpoint");
    }
    return await all.keys(prefix);
  } };
};
`,
    );
    const move = (to: string) => ["store", "move", "--to", to, "--remove"];
    const { code, stderr } = await here.orc(move("./slow.ts"));
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, `"${session}" went on where it was`);
    assertEquals((await here.result(["checkpoints"])).checkpoints.length, 1);
    const again = await here.result(move("./backend.ts"));
    assertEquals(again.sessions[0].removed, true);
    assertEquals((await there.result(["checkpoints"])).checkpoints.length, 1);
  }));

Deno.test("a module that keeps no sessions is named, and nothing is written in its place", async () => {
  const wrong = {
    "./backend.ts": "export const x = 1;",
    "./missing.ts": "",
    "./throws.ts": "throw new Error('no luck');",
    "./empty.ts": "export default () => ({ get() {} });",
    "./nameless.ts":
      "export default () => ({ get() {}, put() {}, delete() {}, keys() {} });",
    "./refuses.ts": "export default () => { throw new Error('no key'); };",
  };
  for (const [name, text] of Object.entries(wrong)) {
    await byModule(async ({ directory, orc }, env) => {
      if (text !== "") {
        const path = `${env.HOME}/.orchestrator/${name.slice(2)}`;
        await Deno.writeTextFile(path, text);
      }
      for (const args of [["status"], ["start", "Add login"]]) {
        const { code, stderr } = await orc(args);
        assertEquals([name, code], [name, 78], stderr);
        assertStringIncludes(stderr, `by "${name}", which store names`);
      }
      const tree = Object.keys(await treeOf(directory));
      assertEquals(tree.filter((path) => /sessions\/./.test(path)), []);
      const { stdout } = await orc(["doctor"]);
      assertStringIncludes(stdout, `by "${name}", which store names`);
    }, name);
  }
});

Deno.test("a repository names no module: what it says is left out", () =>
  inRepository(async (repository) => {
    const home = `${repository.directory}/.git/home`;
    await Deno.mkdir(home);
    const at = choosing(repository, { ...runtimeCaches(), HOME: home });
    await repository.write(
      "evil.ts",
      "Deno.writeTextFileSync('ran', '');\nexport default () => ({});\n",
    );
    for (const name of [`${repository.directory}/evil.ts`, "npm:evil@1.0.0"]) {
      await repository.write(".orchestrator/config.yaml", `store: ${name}\n`);
      await at.orc(["status"]);
      await at.orc(["start", "Add login"]);
      assert(!("ran" in await treeOf(repository.directory)));
    }
  }));
