/** `docs/permissions.md`, played: each command gets the flags that the page gives it, and no more. */
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { assert, assertEquals } from "@std/assert";

const WORKFLOW = `name: Tiny
phases:
  - id: DO
    name: Do
    items:
      - {id: one, name: One}
      - {id: two, name: Two, required: false}
      - {id: go, name: Go, verification: {type: manual_gate}}
      - {id: run, name: Run, verification: {type: command, command: git version}}
`;

/** A line for each command, in an order in which most have something to do. */
const LINES: Readonly<Record<string, string>> = {
  "init": "init",
  "validate": "validate",
  "workflows": "workflows",
  "workflow resolve": "workflow resolve",
  "include update": "include update",
  "start": "start Task",
  "status": "status",
  "next": "next",
  "start-item": "start-item one",
  "complete": "complete run",
  "undo": "undo",
  "skip": "skip two -r because-nothing-here-needs-it",
  "note": "note Remember",
  "advance": "advance",
  "approvals": "approvals",
  "approve-item": "approve-item go --early",
  "wait": "wait go --timeout 0s",
  "reject": "reject go -r Not-yet",
  "reopen": "reopen two -r A-gap",
  "approve": "approve",
  "verify-write-allowed": "verify-write-allowed",
  "checkpoint": "checkpoint -m here",
  "checkpoints": "checkpoints",
  "resume": "resume",
  "handoff": "handoff",
  "context-reminder": "context-reminder",
  "prime": "prime",
  "agents install": "agents install --host claude",
  "agents status": "agents status --host claude",
  "agents uninstall": "agents uninstall --host claude",
  "snapshot export": "snapshot export --plain -o session.orc",
  "snapshot inspect": "snapshot inspect session.orc",
  "snapshot import": "snapshot import session.orc",
  "session list": "session list",
  "session switch": "session switch 0",
  "session info": "session info",
  "session rename": "session rename 0 Name",
  "session pack": "session pack --all",
  "session unpack": "session unpack --all",
  "session cleanup": "session cleanup --yes",
  "list": "list",
  "cleanup": "cleanup --yes",
  "recover": "recover --list",
  "persist probe": "persist probe",
  "persist push": "persist push",
  "persist pull": "persist pull",
  "persist status": "persist status",
  "persist prune": "persist prune --yes",
  "store status": "store status",
  "store move": "store move --to postgres",
  "store upgrade": "store upgrade",
  "doctor": "doctor",
  "migrate": "migrate --yes",
  "import-legacy": "import-legacy old --yes",
  "unlock": "unlock",
  "history": "history",
  "output": "output run",
  "verify": "verify",
  "trust": "trust",
  "attest": "attest",
  "analyze": "analyze",
  "learn": "learn --save",
  "feedback capture": "feedback capture",
  "feedback review": "feedback review",
  "generate-md": "generate-md",
  "config list": "config list",
  "config show": "config show",
  "config get": "config get color",
  "config set": "config set color never",
  "config unset": "config unset color",
  "config path": "config path",
  "secrets init": "secrets init",
  "secrets set": "secrets set A_KEY --private --file value",
  "secrets get": "secrets get A_KEY",
  "secrets list": "secrets list",
  "secrets source": "secrets source A_KEY",
  "secrets test": "secrets test A_KEY",
  "secrets doctor": "secrets doctor",
  "secrets rm": "secrets rm A_KEY --yes",
  "finish": "finish --abandon -r Wrong",
  "help": "help",
  "completions": "completions bash",
  "mcp": "mcp",
  "serve": "serve",
  "schema": "schema status",
  "version": "version",
};

/** What the rules refuse here, whatever is permitted. */
const REFUSED = ["advance", "attest", "verify", "verify-write-allowed"];

/** No database is named here. */
const WITHOUT_DATABASE = ["store move", "store upgrade"];

/** The flags of each command, as the page shows them. */
function flagsOnPage(): ReadonlyMap<string, readonly string[]> {
  const page = Deno.readTextFileSync("docs/permissions.md");
  const [, table = ""] = page.split("## By command");
  return new Map(
    Array.from(
      table.matchAll(/^\| `([^`]+)` +\| (.*) \|$/gm),
      ([, name = "", flags = ""]) =>
        [name, flags.match(/--[^`]+/g) ?? []] as const,
    ),
  );
}

/** Where Deno keeps what it has downloaded: another home must not send it away for more. */
async function denoDirectory(): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["info", "--json"],
  });
  const { stdout } = await command.output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

async function run(program: string, ...args: string[]): Promise<void> {
  const { success } = await new Deno.Command(program, { args }).output();
  assert(success, args.join(" "));
}

Deno.test({
  name: "each command works with the flags that docs/permissions.md gives it",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withTemporaryDirectory(async (directory) => {
      const [root, home] = [`${directory}/root`, `${directory}/home`];
      writeTree(directory, {
        "home/": "",
        "root/old/.workflow_tool_feedback.jsonl": '{"timestamp": ""}\n',
        "root/.workflow_log.jsonl": "",
        "root/value": "s3cret",
      });
      const [bare, git] = [`${directory}/bare.git`, `${root}/.git`];
      await run("git", "init", "-q", "--bare", bare);
      await run("git", "init", "-q", root);
      await run("git", `--git-dir=${git}`, "remote", "add", "origin", bare);
      const DENO_DIR = await denoDirectory();
      const pages = flagsOnPage();
      assertEquals([...pages.keys()].sort(), Object.keys(LINES).sort());
      for (const [name, line] of Object.entries(LINES)) {
        const flags = pages.get(name) ?? [];
        const child = new Deno.Command(Deno.execPath(), {
          args: [
            "run",
            "--no-prompt",
            ...flags.map((flag) =>
              flag.replace("ROOT", root).replace("HOME", home)
            ),
            `${Deno.cwd()}/cli.ts`,
            ...line.split(" "),
          ],
          cwd: root,
          env: { DENO_DIR, HOME: home, ORCHESTRATOR_APPROVALS: "any" },
          stdin: "piped",
          stdout: "piped",
          stderr: "piped",
        }).spawn();
        // What serves ends with its input.
        await child.stdin.close();
        const { code, stderr } = await child.output();
        const said = `${line}: ${new TextDecoder().decode(stderr)}`;
        const refusal = WITHOUT_DATABASE.includes(name) ? 78 : 0;
        assertEquals(code, REFUSED.includes(name) ? 3 : refusal, said);
        assert(!said.includes("permission --"), said);
        if (name === "init") writeTree(root, { "workflow.yaml": WORKFLOW });
      }
      for (const name of ["WORKFLOW.md", "LEARNINGS.md"]) {
        assert(Deno.statSync(`${root}/${name}`).isFile, name);
      }
    }),
});
