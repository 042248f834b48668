/** What a whole piece of work costs an agent that knows `orc next` and the commands that orc prints. */
import { playTask, type Turn, type WorkTable } from "../journey/sized_agent.ts";
import {
  DOCUMENTS,
  type Files,
  inProject,
  MONOREPO,
  SHOP,
  UNTESTED,
  workIn,
  WRITTEN,
} from "../journey/sized_projects.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { encode } from "gpt-tokenizer/encoding/o200k_base";

interface Run {
  readonly name: string;
  readonly files: Files;
  readonly task: string;
  readonly work: WorkTable;
  /** What orc makes of the task. */
  readonly size: string;
}

/** What a run cost. */
export interface Cost extends Pick<Run, "name" | "size"> {
  /** What the agent typed. */
  readonly commands: number;
  /** What it typed and what orc printed, all together. */
  readonly tokens: number;
}

export const RUNS: readonly Run[] = [
  {
    name: "a typo",
    files: SHOP,
    task: "Fix the typo in add.js",
    work: workIn("", { typo: true }),
    size: "xs",
  },
  {
    name: "a typo in a monorepo of three parts",
    files: MONOREPO,
    task: "Fix the typo in web/add.js",
    work: workIn("web/", { typo: true }),
    size: "xs",
  },
  {
    name: "a typo where there are only documents",
    files: DOCUMENTS,
    task: "Fix the typo in guide.md",
    work: WRITTEN,
    size: "xs",
  },
  {
    name: "a typo where there are no tests",
    files: UNTESTED,
    task: "Fix the typo in greet.sh",
    work: WRITTEN,
    size: "xs",
  },
  {
    name: "a bug",
    files: SHOP,
    task: "Fix the sum of numbers below zero",
    work: workIn(""),
    size: "s",
  },
  {
    name: "a bug in a monorepo of three parts",
    files: MONOREPO,
    task: "Fix the sum of numbers below zero",
    work: workIn("web/"),
    size: "s",
  },
  {
    name: "a bug where there are no tests",
    files: UNTESTED,
    task: "Fix the wrong greeting",
    work: WRITTEN,
    size: "s",
  },
  {
    name: "a feature",
    files: SHOP,
    task: "Support numbers below zero",
    work: workIn(""),
    size: "m",
  },
];

/** The most that a run of a size may cost. */
export const LIMITS: Readonly<
  Record<string, Readonly<Pick<Cost, "commands" | "tokens">>>
> = {
  xs: { commands: 4, tokens: 500 },
  s: { commands: 8, tokens: 800 },
  m: { commands: 24, tokens: 3000 },
};

/** Plays a run in a repository of its own, and counts what it cost. */
export async function costOf(run: Run): Promise<Cost> {
  const { name, files, task, work, size } = run;
  let turns: readonly Turn[] = [];
  await inProject(files, async (repository) => {
    ({ turns } = await playTask(repository, task, work));
    assertEquals((await repository.result(["status"])).status, "completed");
    assertEquals((await repository.result(["verify"])).findings, []);
    assertStringIncludes(turns[0]?.said ?? "", `\nSize ${size}: `);
  });
  const texts = turns.flatMap(({ typed, said }) => [typed, said]);
  const tokens = texts.reduce((sum, text) => sum + tokensIn(text), 0);
  return { name, size, commands: turns.length, tokens };
}

/** Ids and names are made anew each time: what they cost must not hang on what comes out. */
function tokensIn(text: string): number {
  const usual = text.replaceAll("in /shop", "in /home/ada/projects/shop")
    .replaceAll(/01kk\d{22}/g, "01kbh7t0ea4q6v9rnm3xw5c2dz")
    .replaceAll(/(docs\/tasks\/[a-z-]+-)[0-9a-f]{4}\b/g, "$13f2a");
  return encode(usual).length;
}
