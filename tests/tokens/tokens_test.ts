/** What an agent reads costs tokens: how many at most, at each turn of the built-in workflow. */
import { playCourse, PROJECTS, type Said } from "./course.ts";
import { assert } from "@std/assert";
import { encode } from "gpt-tokenizer/encoding/o200k_base";

interface Budget {
  /** The command, without what the agent says in it. */
  readonly command: string;
  /** Whether it is one that is refused. */
  readonly isRefusal?: boolean;
  /** Tokens beside the texts of other authors. */
  readonly tokens: number;
  /** Whose texts do not count: those of a person are the task and the constraints. */
  readonly without?: "a person's" | "all";
}

const BUDGETS: readonly Budget[] = [
  { command: "next", tokens: 150, without: "all" },
  { command: "next --json", tokens: 250, without: "a person's" },
  { command: "complete --json", tokens: 300 },
  { command: "complete --json", isRefusal: true, tokens: 250 },
  { command: "complete", isRefusal: true, tokens: 250 },
  { command: "status --json", tokens: 700 },
  { command: "status --brief --json", tokens: 250, without: "a person's" },
  { command: "start --json", tokens: 300 },
  { command: "advance --json", tokens: 300 },
  { command: "handoff", tokens: 900 },
  { command: "finish --json", tokens: 300 },
];

/** Without what others said and orc passes on. */
function withoutTexts(text: string, texts: readonly string[]): string {
  return texts.toSorted((one, other) => other.length - one.length)
    .reduce((rest, each) => rest.replaceAll(each, ""), text);
}

function tokensIn(
  { text, authors }: Said,
  without?: Budget["without"],
): number {
  const texts = without === undefined
    ? []
    : without === "all"
    ? [...authors.person, ...authors.workflow]
    : authors.person;
  const quoted = texts.map((each) => JSON.stringify(each).slice(1, -1));
  return encode(withoutTexts(text, [...texts, ...quoted])).length;
}

for (const [project, files] of Object.entries(PROJECTS)) {
  Deno.test(`orc keeps within its budgets of tokens in a ${project} project`, async () => {
    const course = [
      ...await playCourse(files, ["--json"]),
      ...await playCourse(files, []),
    ];
    for (const { command, isRefusal = false, tokens, without } of BUDGETS) {
      const said = course.filter((each) =>
        each.command === command && (each.exitCode !== 0) === isRefusal
      );
      const name = `${isRefusal ? "refused " : ""}${command}`;
      assert(said.length > 0, `${name} was never said`);
      const [most] = said.toSorted((one, other) =>
        tokensIn(other, without) - tokensIn(one, without)
      );
      const cost = most === undefined ? 0 : tokensIn(most, without);
      assert(cost <= tokens, `${name}: ${cost} of ${tokens}\n${most?.text}`);
    }
  });
}
