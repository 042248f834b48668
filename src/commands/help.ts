import { type Command, command } from "./command.ts";
import { type HelpPage, pageFor } from "./help_page.ts";
import { renderPage } from "./help_text.ts";
import type { CommandGroup } from "./table.ts";

/** `orc help`, also reached by `--help`; its pages come from the declarations of these groups. */
export function helpCommand(
  groups: readonly CommandGroup[],
): Command<HelpPage> {
  return command({
    name: "help",
    summary: "Show help for orc or for one command",
    description:
      "Shows all commands, or what one command does, takes and needs.",
    args: [{
      name: "COMMAND",
      summary: "Command to explain, such as start or session list",
      required: false,
      values: "command",
      variadic: true,
    }],
    flags: [],
    effect: "reads",
    permissions: [],
    examples: ["orc help", "orc help start", "orc help session list --json"],
    run: async (_host, values) => ({
      place: null,
      result: await pageFor(groups, values.list("COMMAND")),
    }),
    render: renderPage,
  });
}
