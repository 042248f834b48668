import {
  type Generated,
  generateMarkdown,
} from "../history/generate_markdown.ts";
import { command, sessionOptions } from "./command.ts";

type GenerateResult = Omit<Generated, "place" | "warnings">;

/** `orc generate-md` */
export const generateMdCommand = command<GenerateResult>({
  name: "generate-md",
  summary: "Write the session as a page: WORKFLOW.md",
  description:
    "Shows the session as a page of Markdown: its state, what blocks, the items by phase, and the last events. A file that orc did not make is not replaced.",
  args: [],
  flags: [
    {
      name: "to",
      value: "FILE",
      values: "file",
      summary: "File instead of WORKFLOW.md",
    },
    { name: "stdout", summary: "Print the page and write no file" },
    {
      name: "force",
      short: "f",
      summary: "Replace a file that orc did not make",
      effect: "human",
    },
  ],
  effect: "writes",
  permissions: [],
  examples: ["orc generate-md", "orc generate-md --stdout"],
  async run(host, values) {
    const { place, warnings, ...result } = await generateMarkdown(host, {
      ...sessionOptions(values, "generate-md"),
      file: values.text("to"),
      stdout: values.on("stdout"),
      force: values.on("force"),
    });
    return { place, warnings, result };
  },
  render: ({ path, text, changed }) => {
    if (path === null) return text.trimEnd();
    return changed ? `Wrote ${path}` : `${path} is up to date`;
  },
});
