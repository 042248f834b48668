import { type ListedSetting, listSettings } from "../config/show.ts";
import { originText } from "../settings/merge.ts";
import { command } from "./command.ts";
import { configOptions } from "./config_options.ts";
import { columns, valueText } from "./config_view.ts";

interface ListResult {
  readonly settings: readonly ListedSetting[];
}

/** `orc config list` */
export const configListCommand = command<ListResult>({
  name: "config list",
  summary: "List all settings and where their values come from",
  description:
    "Lists every setting with the value that counts: a flag, else the environment, else the repository's config.yaml, else yours, else the default. Unknown names and wrong values in the files are warnings.",
  args: [],
  flags: [],
  effect: "reads",
  permissions: [],
  examples: ["orc config list", "orc config list --json"],
  async run(host, values) {
    const options = configOptions(values, "config list");
    const { place, warnings, settings } = await listSettings(host, options);
    return { place, warnings, result: { settings } };
  },
  render: ({ settings }, style) =>
    columns(
      settings.map(({ name, value, origin }) => [
        name,
        valueText(value),
        originText(origin),
      ]),
      style,
    ),
});
