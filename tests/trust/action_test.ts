/** The action for GitHub, played on this machine: its steps run in clones of a bare repository. */
import { attestSession } from "../../src/trust/attest.ts";
import {
  encodeAttestation,
  parseAttestation,
} from "../../src/trust/attestation_rules.ts";
import { completeItem } from "../../src/work/complete.ts";
import { finishSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { readWorkflowText } from "../../src/workflow/yaml.ts";
import { writeTree } from "../files/temporary.ts";
import {
  approvingHost,
  git,
  putOrcOnPath,
  withFinished,
  withRepository,
} from "./fixtures.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

interface Step {
  readonly name: string;
  readonly shell: string;
  readonly run: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Action {
  readonly inputs: Readonly<
    Record<string, { readonly description: string; readonly default: string }>
  >;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

/** What YAML says, as plain data. */
function yamlOf<Data>(text: string, source: string): Data {
  return plain(readWorkflowText(text, source).value) as Data;
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof Map)) return value;
  return Object.fromEntries(
    Array.from(value, ([key, member]) => [key, plain(member)]),
  );
}

const ACTION = yamlOf<Action>(
  Deno.readTextFileSync("action.yml"),
  "action.yml",
);

/** What GitHub says of a pull request. */
interface Event {
  readonly base: string;
  readonly head: string;
}

/** Fills `${{ … }}` as GitHub does; an expression that nobody expects fails the test. */
function filled(
  text: string,
  known: Readonly<Record<string, string>>,
): string {
  return text.replaceAll(/\$\{\{ (.*?) \}\}/g, (_, expression) => {
    const value = known[expression];
    assert(value !== undefined, expression);
    return value;
  });
}

/** Runs the steps one after the other, until one fails. */
async function play(
  cwd: string,
  environment: Readonly<Record<string, string>>,
  { base, head }: Event,
  given: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number; readonly said: string }> {
  const github = {
    "github.base_ref": base,
    "github.event.pull_request.head.sha || github.sha": head,
  };
  const inputs = Object.entries(ACTION.inputs).map(([name, input]) =>
    [`inputs.${name}`, given[name] ?? filled(input.default, github)] as const
  );
  let said = "";
  for (const { shell, run, env = {} } of ACTION.runs.steps) {
    assertEquals(shell, "bash");
    // Values reach the shell as variables only: in its text they would be commands.
    assert(!run.includes("${{"), run);
    const own = Object.entries(env).map(([name, text]) => [
      name,
      filled(text, Object.fromEntries(inputs)),
    ]);
    const { code, stdout, stderr } = await new Deno.Command("bash", {
      args: ["--noprofile", "--norc", "-eo", "pipefail", "-c", run],
      cwd,
      env: { ...environment, ...Object.fromEntries(own) },
    }).output();
    for (const each of [stdout, stderr]) said += new TextDecoder().decode(each);
    if (code !== 0) return { code, said };
  }
  return { code: 0, said };
}

Deno.test("the action passes what was attested, and fails what was changed, abandoned or never attested", () =>
  withFinished(async ({ root, outside, clone }) => {
    const environment = putOrcOnPath(outside);
    await git(root, "push", "-q", "origin", "main:main");
    await attestSession(approvingHost(), { root, note: true });
    const ci = await clone("ci");
    const head = async () => (await git(ci, "rev-parse", "HEAD")).trim();
    // A fresh checkout of CI knows neither notes nor other branches.
    await git(ci, "update-ref", "-d", "refs/notes/orchestrator");
    const judge = async (given = {}) =>
      await play(ci, environment, { base: "main", head: await head() }, given);
    const good = await judge();
    assertEquals([good.code, good.said], [0, "Holds, 5 updates\n"]);
    const rerun = { rerun: "true", setup: "test -f workflow.yaml" };
    assertStringIncludes((await judge(rerun)).said, "2 checks run again");
    const first = await git(
      ci,
      "notes",
      "--ref=orchestrator",
      "show",
      "HEAD^{tree}",
    );

    // One byte.
    Deno.writeTextFileSync(`${ci}/a`, "2");
    await git(ci, "commit", "-qam", "Second");
    const none = await judge();
    assertEquals(none.code, 4);
    assertStringIncludes(none.said, "orc attest --note");
    const note = async (text: string) => {
      const args = ["notes", "--ref=orchestrator", "add", "-f", "-m", text];
      await git(root, "fetch", "-q", ci, "HEAD");
      await git(root, ...args, "FETCH_HEAD^{tree}");
      await git(root, "push", "-qf", "origin", "refs/notes/orchestrator");
    };
    await note(first.trim());
    const changed = await judge();
    assertEquals(changed.code, 3, changed.said);
    assertStringIncludes(changed.said, 'other files than were attested: "a"');

    // An abandoned session has no attestation but one that somebody made up.
    const tree = (await git(ci, "rev-parse", "HEAD^{tree}")).trim();
    const attestation = parseAttestation(first, "the note");
    const made = { ...attestation, tree, files: tree };
    await note(encodeAttestation({ ...made, status: "abandoned" }).trim());
    const abandoned = await judge();
    assertEquals(abandoned.code, 3, abandoned.said);
    assertStringIncludes(abandoned.said, "The session was abandoned");

    // One that says what is right nobody can tell from a true one, but by running the checks.
    Deno.writeTextFileSync(`${ci}/src/b`, "3");
    await git(ci, "commit", "-qam", "Third");
    const forged = (await git(ci, "rev-parse", "HEAD^{tree}")).trim();
    const receipts = attestation.receipts.map((receipt) => ({
      ...receipt,
      tree: forged,
      inputs: [],
    }));
    await note(
      encodeAttestation({ ...made, tree: forged, files: forged, receipts })
        .trim(),
    );
    assertEquals((await judge()).code, 0);
    const caught = await judge({ rerun: "true" });
    assertEquals(caught.code, 3);
    assertStringIncludes(caught.said, 'check of item "own" failed');
    const signed = await judge({ "allowed-signers": "workflow.yaml" });
    assertEquals(signed.code, 3);
    assertStringIncludes(signed.said, "Nobody signed");
  }));

Deno.test("the action works in a shallow clone, and holds a branch to the rules of its base", () =>
  withRepository(async ({ root, outside, clone }) => {
    const environment = putOrcOnPath(outside);
    await git(root, "push", "-q", "origin", "main:stable");
    const text = Deno.readTextFileSync(`${root}/workflow.yaml`);
    const lax = text.replace("grep -q 2 src/b", "test -f src/b");
    Deno.writeTextFileSync(`${root}/workflow.yaml`, lax);
    await git(root, "commit", "-qam", "Lax");
    const { play: finish } = await import("./fixtures.ts");
    await finish(root);
    await attestSession(approvingHost(), { root, note: true });
    await clone("full");
    const bare = `file://${outside}/bare.git`;
    await git(outside, "clone", "-q", "--depth=1", "-b", "main", bare, "ci");
    const ci = `${outside}/ci`;
    const head = (await git(ci, "rev-parse", "HEAD")).trim();
    assertEquals((await play(ci, environment, { base: "", head })).code, 0);
    assertEquals((await play(ci, environment, { base: "main", head })).code, 0);
    const strict = await play(ci, environment, { base: "stable", head });
    assertEquals(strict.code, 3, strict.said);
    assertStringIncludes(strict.said, "followed another workflow");
    const shallow = await git(ci, "rev-parse", "--is-shallow-repository");
    assertEquals(shallow, "true\n");
  }));

const CHECK = 'type: command, command: "sh tests/a.test.sh"';
const HISTORIES = {
  "a check has to be red on the base": `phases:
  - {id: DO, name: Do, items: [{id: t, name: T, verification: {${CHECK}, prove: base}}]}
`,
  "a change is measured": `sizes: [xs, m]
phases:
  - {id: DO, name: Do, items: [{id: t, name: T, verification: {${CHECK}}}]}
`,
};

for (const [why, workflow] of Object.entries(HISTORIES)) {
  Deno.test(`the action fetches the history where ${why}`, () =>
    withRepository(async ({ root, outside }) => {
      const environment = putOrcOnPath(outside);
      const host = approvingHost();
      await git(root, "switch", "-qc", "work");
      Deno.writeTextFileSync(`${root}/a`, "2");
      writeTree(root, { "tests/a.test.sh": "grep -q 2 a\n" });
      await git(root, "add", ".");
      await git(root, "commit", "-qm", "Second");
      await startSession(host, { root, task: "Fix typo" });
      await completeItem(host, { root, itemId: "t" });
      await finishSession(host, { root });
      await attestSession(host, { root, note: true });
      const notes = "refs/notes/orchestrator";
      await git(root, "push", "-q", "origin", "main", "work", notes);
      const bare = `file://${outside}/bare.git`;
      await git(outside, "clone", "-q", "--depth=1", "-b", "work", bare, "ci");
      const ci = `${outside}/ci`;
      const head = (await git(ci, "rev-parse", "HEAD")).trim();
      const { code, said } = await play(
        ci,
        environment,
        { base: "main", head },
        {
          rerun: "true",
        },
      );
      assertEquals(code, 0, said);
    }, {
      "workflow.yaml": `name: Checked\n${workflow}`,
      "tests/a.test.sh": "exit 0\n",
    }));
}

Deno.test("the action makes an orc of its own where there is none", () =>
  withRepository(async ({ outside }) => {
    const [step] = ACTION.runs.steps;
    const path = `${outside}/github path`;
    const bin = `${outside}/tools`;
    Deno.mkdirSync(bin);
    Deno.writeTextFileSync(
      `${bin}/npx`,
      '#!/bin/sh\nprintf "%s\\n" "$@"\n',
      { mode: 0o755 },
    );
    const env = {
      PATH: `${bin}:/usr/bin:/bin`,
      RUNNER_TEMP: `${outside}/a b`,
      GITHUB_PATH: path,
      GITHUB_ACTION_PATH: "/actions/or c",
    };
    const { success } = await new Deno.Command("bash", {
      args: ["-eo", "pipefail", "-c", step?.run ?? ""],
      clearEnv: true,
      env,
    }).output();
    assertEquals(success, true);
    const directory = Deno.readTextFileSync(path).trim();
    const { stdout } = await new Deno.Command(`${directory}/orc`, {
      args: ["verify", "a b"],
      env: { PATH: env.PATH },
    }).output();
    const words = new TextDecoder().decode(stdout).trim().split("\n");
    const [yes, deno, ...rest] = words;
    assertEquals([yes, ...rest], [
      "-y",
      "task",
      "--quiet",
      "--config",
      "/actions/or c/deno.json",
      "orc",
      "verify",
      "a b",
    ]);
    // The one that everything here is tried with.
    assertStringIncludes(
      Deno.readTextFileSync("CONTRIBUTING.md"),
      `npx -y ${deno} task`,
    );
  }));

Deno.test("docs/ci.md names each input of the action, and its workflow uses no other", () => {
  const page = Deno.readTextFileSync("docs/ci.md");
  const [, example = ""] = /^```yaml\n(.*?)^```$/ms.exec(page) ?? [];
  const workflow = yamlOf<{
    readonly jobs: {
      readonly verify: {
        readonly steps: readonly {
          readonly uses: string;
          readonly with: Readonly<Record<string, unknown>>;
        }[];
      };
    };
  }>(example, "docs/ci.md");
  const [checkout, orc] = workflow.jobs.verify.steps;
  assertStringIncludes(checkout?.uses ?? "", "actions/checkout@");
  assertStringIncludes(orc?.uses ?? "", "/orc@");
  const inputs = Object.keys(ACTION.inputs);
  const used = Object.keys(orc?.with ?? {});
  assertEquals(used.filter((name) => !inputs.includes(name)), []);
  const [, table = ""] = page.split("| input");
  const named = Array.from(
    table.matchAll(/^\| `([\w-]+)`/gm),
    ([, name]) => name,
  );
  assertEquals(named.sort(), inputs.sort());
});
