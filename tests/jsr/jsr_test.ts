/** What is published on JSR, as those meet it who run, install and import it. */
import { run } from "../../scripts/npm/program.ts";
import { runSuites } from "../../scripts/npm/proofs.ts";
import { writeJson } from "../../scripts/npm/stage.ts";
import { injectBug, openClone } from "../install/clone.ts";
import { type Machine, openMachine } from "./machine.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";

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

Deno.test("the journey can be made with jsr:@orc/cli/cli", async () => {
  const { JSR_URL, DENO_DIR } = machine.env;
  // As a repository is that has no deno.json: the one of this project is above all tests.
  const deno = `${Deno.execPath()} run -Aq --no-config --no-lock`;
  const program = `${deno} jsr:@orc/cli/cli`;
  const command = `env JSR_URL=${JSR_URL} DENO_DIR=${DENO_DIR} ${program}`;
  await runSuites(Deno.cwd(), ["journey"], [command]);
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

Deno.test("library and program need only to read the root and to write .orchestrator, also to read YAML", async () => {
  const root = await makeRepository("narrow");
  await Deno.writeTextFile(`${root}/workflow.yaml`, WORKFLOW);
  const project = `${machine.directory}/narrow-project`;
  await Deno.mkdir(project);
  await writeJson(`${project}/deno.json`, {});
  await machine.deno(project, "add", "jsr:@orc/cli");
  await Deno.writeTextFile(`${project}/start.ts`, STARTING);
  await machine.deno(project, "check", "start.ts");
  const narrow = [
    ...["run", "--no-prompt", `--allow-read=${root}`],
    `--allow-write=${root}/.orchestrator`,
  ];
  const said = await machine.deno(project, ...narrow, "start.ts", root);
  assertEquals(JSON.parse(said), ["Narrow", "Add login", 900]);
  const program = [...narrow, "jsr:@orc/cli/cli", "--root", root];
  const beside = ["start", "--beside", "Add logout"];
  assertStringIncludes(
    await machine.deno(root, ...program, ...beside),
    "Session ",
  );
});

const WORKFLOW = `name: Narrow
phases: [{id: DO, name: Do, items: [{id: it, name: It}]}]
`;

/** Reads the workflow and a file of settings, and changes that. */
const STARTING = `import { openRepository } from "@orc/cli";
const repository = await openRepository({ root: Deno.args[0] ?? "" });
const { name } = await repository.validate();
const session = await repository.start("Add login");
await repository.config.set("check_timeout_seconds", "9");
await repository.config.set("check_timeout_seconds", "900");
const { value } = await repository.config.get("check_timeout_seconds");
const { task } = await session.status();
console.log(JSON.stringify([name, task, value]));
`;

Deno.test("the stack of a bug in jsr:@orc/cli/cli names lines of the sources", async () => {
  const clone = await openClone();
  try {
    const file = "src/sessions/list.ts";
    const place = await injectBug(clone.root, file, "listSessions");
    await Deno.mkdir(`${clone.root}/tests/.tmp`, { recursive: true });
    const { deno, directory, close } = await openMachine(clone.root);
    const command = ["jsr:@orc/cli/cli", "session", "list", "--verbose"];
    const error = await assertRejects(
      () => deno(directory, "run", "-A", ...command),
      Error,
      "This is a bug in orc: injected",
    );
    assertStringIncludes(error.message, place);
    await close();
  } finally {
    await clone.remove();
  }
});
