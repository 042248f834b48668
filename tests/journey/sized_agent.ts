/** An agent that knows `orc next`, the commands that orc prints, and how to do the work itself. */
import { shellWord } from "../../src/base/text.ts";
import type { Ended, Repository } from "./orc.ts";
import { quickRepository } from "../agents/repository.ts";
import { assert } from "@std/assert";

/** Does what an item asks for; its text is what orc said of it. */
export type Work = (repository: Repository, asked: string) => Promise<void>;

/** Work by the ids of items; what is not named needs none. */
export type WorkTable = Readonly<Record<string, Work | undefined>>;

/** A command of the agent, as it is typed, and all that orc printed. */
export interface Turn {
  readonly typed: string;
  readonly said: string;
}

/** What was typed, by whom, and what was said to it. */
export interface Played {
  /** Commands of the agent, the start among them. */
  readonly agent: readonly string[];
  /** Commands of the human. */
  readonly human: readonly string[];
  /** The agent's side of it, in order. */
  readonly turns: readonly Turn[];
}

const AGENT = { env: { CLAUDECODE: "1" } };
const HUMAN = { env: { ORCHESTRATOR_APPROVALS: "any" } };

/** What an agent asks whose memory was cut. */
type Question = "next" | "prime";

export interface PlayOptions {
  /**
   * Whether all that the agent knows is cut out of its memory now, and what it asks then: orc is called
   * before each command, and once more between the work on an item and the command that ends it.
   */
  readonly forgets?: (moment: "before" | "worked") => Question | undefined;
  /** Arguments of `orc start` besides the task. */
  readonly start?: readonly string[];
}

/** More than any workflow takes, also where everything is asked twice. */
const MAX_STEPS = 200;

/** Plays a task to its end, and fails where orc leaves the agent without a way on. */
export async function playTask(
  repository: Repository,
  task: string,
  work: WorkTable,
  { forgets = () => undefined, start = [] }: PlayOptions = {},
): Promise<Played> {
  const turns: Turn[] = [];
  const human: string[] = [];
  const type = async (args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await repository.orc(args, AGENT);
    turns.push({ typed: typedAs(args), said: stdout + stderr });
    assert(
      code === 0 || /outgrown/.test(stderr),
      `${args.join(" ")}: ${stderr}`,
    );
    return `${stdout}\n${stderr}`;
  };
  const played = (): Played => ({
    agent: turns.map(({ typed }) => typed.replace(/^orc /, "")),
    human,
    turns,
  });
  let said = await type(["start", task, ...start]);
  let seen = said;
  for (let step = 0; step < MAX_STEPS; step++) {
    const asked = forgets("before");
    if (asked !== undefined) seen = said = await type([asked]);
    const command = commandIn(said);
    if (command === undefined) return played();
    const { words, isHuman } = command;
    if (isHuman) {
      human.push(words.join(" "));
      const ended = await repository.orc(words, HUMAN);
      assert(ended.code === 0, `${words.join(" ")}: ${ended.stderr}`);
      // The human is not the agent, who asks what comes now.
      said = await type(["next"]);
      continue;
    }
    const [verb, id = ""] = words;
    if (verb === "complete" && work[id] !== undefined) {
      // Where its text was not shown, it asks for it.
      if (!seen.includes(`${id} · `)) seen += await type(["next"]);
      await work[id]?.(repository, seen);
      const late = forgets("worked");
      if (late !== undefined) {
        seen = said = await type([late]);
        continue;
      }
    }
    said = await type(words);
    seen += said;
    if (verb === "finish" && !/outgrown/.test(said)) return played();
  }
  throw new Error(`not finished: ${played().agent.join("; ")}`);
}

/** As an agent types it in a shell. */
function typedAs(args: readonly string[]): string {
  return ["orc", ...args.map(shellWord)].join(" ");
}

/** What an agent says of an item: about as much as one does. */
const SAID = "Done as asked, nothing else changed";

interface Command {
  readonly words: readonly string[];
  readonly isHuman: boolean;
}

/** The last command that orc printed as the next one. */
function commandIn(said: string): Command | undefined {
  const lines = said.split("\n");
  const line = lines.findLast((one) =>
    /^(?:Next(?:, by a human)?|then(?: a human runs)?|Try|Waits for a human, who runs in a terminal): .*\borc /
      .test(one)
  );
  if (line === undefined) return undefined;
  const [, text = ""] = /\borc (.*)$/.exec(line) ?? [];
  const words = Array.from(
    text.replaceAll(/"<[^>]*>"/g, `"${SAID}"`).matchAll(/"([^"]*)"|(\S+)/g),
    ([, quoted, plain]) => quoted ?? plain ?? "",
  );
  return { words, isHuman: /by a human|a human runs|a human, who/.test(line) };
}

/** A lazy agent: does nothing and says that it is done. Returns how its last command ended. */
export async function playLazily(
  repository: Repository,
  task: string,
  start: readonly string[] = [],
): Promise<Ended> {
  const started = await repository.orc(["start", task, ...start], AGENT);
  assert(started.code === 0, started.stderr);
  let said = started.stdout;
  for (let step = 0; step < 80; step++) {
    const command = commandIn(said);
    if (command === undefined || command.isHuman) break;
    const ended = await repository.orc(command.words, AGENT);
    if (ended.code !== 0) return ended;
    said = ended.stdout;
  }
  return await repository.orc(["finish"], AGENT);
}

/** Runs a test where there is no git: tests lie in a repository themselves. */
export async function withoutGit(
  test: (repository: Repository) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir({ dir: "/tmp" });
  try {
    await test(quickRepository(await Deno.realPath(directory)));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
