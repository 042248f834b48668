/** What git does not give, though it has it, is a failure here: no copy is blamed for it, and none is taken away. */
import type { Host } from "../../src/host/host.ts";
import { pullSessions } from "../../src/persist/pull.ts";
import { pushSessions } from "../../src/persist/push.ts";
import { addNote } from "../../src/work/item.ts";
import { refusalOf } from "../work/fixtures.ts";
import { git, machine, start, withRemote } from "./clones.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

/** What is told of one run of git in the place of what it printed. */
type Change = (args: readonly string[], output: string) => string | undefined;

/** A machine whose git prints something else; where it prints nothing it fails. */
function withOtherGit(host: Host, change: Change): Host {
  return {
    ...host,
    async runProgram(request) {
      const pieces: Uint8Array[] = [];
      const ended = await host.runProgram({
        ...request,
        onOutput: (name, piece) => {
          if (name === "stdout") pieces.push(piece);
        },
      });
      const bytes = new Uint8Array(
        await new Blob(pieces.map((piece) => new Uint8Array(piece)))
          .arrayBuffer(),
      );
      const { command } = request;
      const other = change(
        "shell" in command ? [] : command,
        new TextDecoder().decode(bytes),
      );
      const printed = other === undefined
        ? bytes
        : new TextEncoder().encode(other);
      if (printed.length > 0) request.onOutput?.("stdout", printed);
      return other === "" ? { ...ended, exitCode: 128 } : ended;
    },
  };
}

/** As git says it of what it cannot open. */
function missing(output: string): string {
  return output.replaceAll(/^([0-9a-f]+) \w+ \d+$/gm, "$1 missing");
}

Deno.test("what git finds only when it is asked again is brought", () =>
  withRemote(async ({ clone }) => {
    const [a, b] = [await clone("a"), await clone("b")];
    const id = await start(a);
    await pushSessions(machine(a), { root: a });
    let asked = 0;
    const host = withOtherGit(
      machine(b),
      (args, output) =>
        args.includes("--batch-check") && ++asked % 2 === 1
          ? missing(output)
          : undefined,
    );
    const { sessions, warnings } = await pullSessions(host, { root: b });
    assertEquals(
      sessions.map(({ session, comparison }) => [session, comparison]),
      [[id, "created"]],
    );
    assertEquals(warnings, []);
    assertEquals(asked > 0, true);
  }));

for (const how of ["--batch-check", "--batch"]) {
  Deno.test(`a file of a copy that git does not give is no damaged copy, and the others are brought (${how})`, () =>
    withRemote(async ({ bare, clone }) => {
      const [a, b] = [await clone("a"), await clone("b")];
      const id = await start(a);
      await pushSessions(machine(a), { root: a });
      const ref = `refs/orchestrator/sessions/${id}`;
      const log = await git(bare, "rev-parse", `${ref}:log.jsonl`);
      const host = withOtherGit(machine(b), (args, output) => {
        if (!args.includes(how) || !output.includes(log.trim())) {
          return undefined;
        }
        return how === "--batch" ? `${log.trim()} missing\n` : missing(output);
      });
      const refused = await refusalOf(() => pullSessions(host, { root: b }));
      assertEquals([refused.code, refused.kind], ["git_failed", "external"]);
      const { sessions } = await pullSessions(machine(b), { root: b });
      assertEquals(sessions.map(({ comparison }) => comparison), ["created"]);
    }));
}

Deno.test("a reference that git cannot open is not taken for one that is not there", () =>
  withRemote(async ({ clone }) => {
    const [a, b] = [await clone("a"), await clone("b")];
    const id = await start(a);
    await pushSessions(machine(a), { root: a });
    await pullSessions(machine(b), { root: b });
    // As a machine that lost its power may leave one.
    const own = `${b}/.git/refs/orchestrator/sessions/${id}`;
    Deno.writeTextFileSync(own, "nonsense\n");
    const refused = await refusalOf(() =>
      pushSessions(machine(b), { root: b })
    );
    assertEquals([refused.code, refused.kind], ["git_failed", "external"]);
    const ref = `refs/orchestrator/sessions/${id}`;
    assertStringIncludes(refused.message, `Git cannot read ${ref}`);
  }));

Deno.test("a branch whose list of sessions git does not give loses none of them", () =>
  withRemote(async ({ bare, clone }) => {
    const settings = { ORCHESTRATOR_STATE_BRANCH: "claude/orchestrator-state" };
    const [a, b] = [await clone("a"), await clone("b")];
    const ids = [await start(a), await start(b)].sort();
    await pushSessions(machine(a, settings), { root: a });
    await pushSessions(machine(b, settings), { root: b });
    await addNote(machine(b), { root: b, text: "Going on" });
    const kept = async () =>
      (await git(bare, "ls-tree", "--name-only", `${BRANCH}:sessions`))
        .trim().split("\n");
    for (let failing = 1;; failing++) {
      let lists = 0;
      const host = withOtherGit(
        machine(b, settings),
        (args) =>
          args.includes("ls-tree") && ++lists === failing ? "" : undefined,
      );
      const pushed = await pushSessions(host, { root: b }).catch((error) =>
        error
      );
      assertEquals(await kept(), ids, `list ${failing}`);
      if (lists < failing) break;
      assertEquals(pushed.code, "git_failed", `list ${failing}`);
    }
  }));

const BRANCH = "refs/heads/claude/orchestrator-state";
