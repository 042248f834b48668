/** What an agent reads of orc in each session, whatever it works on. */
import { MARKDOWN, withBlock } from "../../src/agents/block_rules.ts";
import { INSTRUCTIONS as BLOCK, SKILL } from "../../src/agents/text_rules.ts";
import { INSTRUCTIONS, schemaOf, TOOLS } from "../../src/commands/tools.ts";
import { encode } from "gpt-tokenizer/encoding/o200k_base";

/** What is read, as text. */
export interface Standing {
  readonly name: string;
  readonly text: string;
  /** The most tokens it may be. */
  readonly limit: number;
}

/** As a client tells the model of the tools of a server. */
function toolList(): string {
  const listed = TOOLS.map((tool) => ({
    name: tool.name,
    description: tool.summary,
    input_schema: schemaOf(tool),
  }));
  return JSON.stringify(listed) + INSTRUCTIONS;
}

export const STANDING: readonly Standing[] = [
  {
    name: "the lines in `AGENTS.md`",
    text: withBlock("", BLOCK, MARKDOWN),
    limit: 200,
  },
  { name: "the skill, once it is used", text: SKILL, limit: 500 },
  {
    name: "the tools of `orc mcp`, where they are asked for",
    text: toolList(),
    limit: 700,
  },
];

/** The most tokens that all of it may be together. */
export const STANDING_LIMIT = 2000;

export function tokensOf({ text }: Pick<Standing, "text">): number {
  return encode(text).length;
}
