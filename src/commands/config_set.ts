import { type ConfigChanged, setSetting } from "../config/edit.ts";
import { command } from "./command.ts";
import { globalFlag, levelOptions, SETTING_NAME } from "./config_options.ts";
import { valueText } from "./config_view.ts";

/** `orc config set` */
export const configSetCommand = command<ChangeResult>({
  name: "config set",
  summary: "Set a setting, for the repository or for you",
  description:
    "Writes one line into the repository's config.yaml, or into yours with --global. Every other line stays as it is, comments too. A file that cannot be parsed is not touched.",
  args: [
    SETTING_NAME,
    { name: "VALUE", summary: "What it is to be", required: true },
  ],
  flags: [globalFlag],
  effect: "writes",
  permissions: [],
  examples: [
    "orc config set check_timeout_seconds 900",
    "orc config set color never --global",
  ],
  async run(host, values) {
    const { place, warnings, ...result } = await setSetting(host, {
      ...levelOptions(values, "config set"),
      name: values.need("NAME"),
      value: values.need("VALUE"),
    });
    return { place, warnings, result };
  },
  render: ({ name, value, path, changed }) =>
    `${name} ${changed ? "is" : "was already"} ${valueText(value)} in ${path}`,
});

type ChangeResult = Omit<ConfigChanged, "place" | "warnings">;
