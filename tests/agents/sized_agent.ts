/** An agent that knows `orc next`, the commands that orc prints, and how to do the work itself. */
import type { Ended, Repository } from "../journey/orc.ts";
import { quickRepository } from "./repository.ts";
import { assert } from "@std/assert";

/** Does what an item asks for; its text is what orc said of it. */
export type Work = (repository: Repository, asked: string) => Promise<void>;

/** Work by the ids of items; what is not named needs none. */
export type WorkTable = Readonly<Record<string, Work | undefined>>;

/** What was typed, and by whom. */
export interface Played {
  /** Commands of the agent, the start among them. */
  readonly agent: readonly string[];
  /** Commands of the human. */
  readonly human: readonly string[];
}

const AGENT = { env: { CLAUDECODE: "1" } };
const HUMAN = { env: { ORCHESTRATOR_APPROVALS: "any" } };

export interface PlayOptions {
  /** Forgets all that it knew after so many commands, as when its context was compacted. */
  readonly forgetsAfter?: number;
  /** Arguments of `orc start` besides the task. */
  readonly start?: readonly string[];
}

/** Plays a task to its end, and fails where orc leaves the agent without a way on. */
export async function playTask(
  repository: Repository,
  task: string,
  work: WorkTable,
  { forgetsAfter, start = [] }: PlayOptions = {},
): Promise<Played> {
  const agent: string[] = [];
  const human: string[] = [];
  const type = async (args: readonly string[]): Promise<string> => {
    agent.push(args.join(" "));
    const { code, stdout, stderr } = await repository.orc(args, AGENT);
    assert(
      code === 0 || /outgrown/.test(stderr),
      `${args.join(" ")}: ${stderr}`,
    );
    return `${stdout}\n${stderr}`;
  };
  let said = await type(["start", task, ...start]);
  let seen = said;
  for (let step = 0; step < 80; step++) {
    if (agent.length === forgetsAfter) {
      said = await type(["next"]);
      seen = said;
    }
    const command = commandIn(said);
    if (command === undefined) return { agent, human };
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
      const isTold = said.includes(`${id} · `) || seen.includes("docs/tasks/");
      if (!isTold) seen += await type(["next"]);
      await work[id]?.(repository, seen);
    }
    said = await type(words);
    seen += said;
    if (verb === "finish" && !/outgrown/.test(said)) return { agent, human };
  }
  throw new Error(`not finished: ${agent.join("; ")}`);
}

interface Command {
  readonly words: readonly string[];
  readonly isHuman: boolean;
}

/** The last command that orc printed as the next one. */
function commandIn(said: string): Command | undefined {
  const lines = said.split("\n");
  const line = lines.findLast((one) =>
    /^(?:Next(?:, by a human)?|then(?: a human runs)?|Try): .*\borc /.test(one)
  );
  if (line === undefined) return undefined;
  const [, text = ""] = /\borc (.*)$/.exec(line) ?? [];
  const words = Array.from(
    text.replaceAll(/"<[^>]*>"/g, '"did it"').matchAll(/"([^"]*)"|(\S+)/g),
    ([, quoted, plain]) => quoted ?? plain ?? "",
  );
  return { words, isHuman: /by a human|a human runs/.test(line) };
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
