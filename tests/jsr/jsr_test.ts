/** What is published on JSR, as those meet it who run, install and import it. */
import { run } from "../../scripts/npm/program.ts";
import { writeJson } from "../../scripts/npm/stage.ts";
import { type Machine, openMachine } from "./machine.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

let machine: Machine;

Deno.test.beforeAll(async () => {
  machine = await openMachine(Deno.cwd());
});

Deno.test.afterAll(() => machine.close());

/** The permissions that help names for a command, for one repository. */
async function documentedFlags(
  command: string,
  root: string,
): Promise<readonly string[]> {
  const { deno, directory } = machine;
  const help = await deno(directory, "run", "jsr:@orc/cli", "help", command);
  const flags = help.match(/^ +--allow-\S+/gm) ?? [];
  assert(flags.length >= 3, help);
  return flags.map((flag) => flag.trim().replace("ROOT", root));
}

async function makeRepository(name: string): Promise<string> {
  const root = `${machine.directory}/${name}`;
  await Deno.mkdir(`${root}/.git`, { recursive: true });
  return root;
}

Deno.test("deno run jsr:@orc/cli leads a session with the permissions that help names", async () => {
  const root = await makeRepository("shop");
  const flags = await documentedFlags("start", root);
  const orc = (...args: readonly string[]) =>
    machine.deno(root, "run", "--no-prompt", ...flags, "jsr:@orc/cli", ...args);
  assertStringIncludes(await orc("start", "Add login"), "Session ");
  assertStringIncludes(await orc("status"), "Add login");
  await orc("note", "Mind the cookies");
  const { result } = JSON.parse(await orc("status", "--json"));
  assertEquals([result.task, result.serial], ["Add login", 2]);
  const names = Array.from(Deno.readDirSync(root), ({ name }) => name);
  assertEquals(names.toSorted(), [".git", ".orchestrator"]);
});

Deno.test("deno install --global makes a command of it, with the same permissions", async () => {
  const root = await makeRepository("library");
  const flags = await documentedFlags("start", root);
  const home = `${machine.directory}/home`;
  await machine.deno(
    machine.directory,
    ...["install", "--global", "--no-prompt"],
    ...["--root", home, "--name", "orc"],
    ...flags,
    "jsr:@orc/cli/cli",
  );
  const programs = Deno.execPath().replace(/\/[^/]+$/, "");
  const PATH = `${home}/bin:${programs}:/usr/bin:/bin`;
  const orc = (line: string) =>
    run(["sh", "-c", `orc ${line}`], {
      cwd: root,
      env: { ...machine.env, PATH },
    });
  await orc('start "Add login"');
  assertStringIncludes(await orc("status"), "Add login");
});

Deno.test("deno add gives a strict project its types and its functions", async () => {
  const project = `${machine.directory}/project`;
  const temporary = `${project}/tmp`;
  await Deno.mkdir(temporary, { recursive: true });
  await writeJson(`${project}/deno.json`, {
    compilerOptions: {
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      strict: true,
    },
  });
  await machine.deno(project, "add", "jsr:@orc/cli");
  await Deno.copyFile("tests/npm/consumer.ts", `${project}/consumer.ts`);
  await machine.deno(project, "check", "consumer.ts");
  const flags = [
    "--no-prompt",
    `--allow-read=${temporary}`,
    `--allow-write=${temporary}`,
    "--allow-env",
  ];
  await run([Deno.execPath(), "run", ...flags, "consumer.ts"], {
    cwd: project,
    env: { ...machine.env, TMPDIR: temporary },
  });
});
