import { type ConfigChanged, unsetSetting } from "../config/edit.ts";
import { command } from "./command.ts";
import { globalFlag, levelOptions, SETTING_NAME } from "./config_options.ts";

/** `orc config unset` */
export const configUnsetCommand = command<ChangeResult>({
  name: "config unset",
  summary: "Take a setting out of a file",
  description:
    "Removes the setting's line from the repository's config.yaml, or from yours with --global. What counts then is what the next level says.",
  args: [SETTING_NAME],
  flags: [globalFlag],
  effect: "writes",
  permissions: [],
  examples: [
    "orc config unset check_timeout_seconds",
    "orc config unset color --global",
  ],
  async run(host, values) {
    const { place, warnings, ...result } = await unsetSetting(host, {
      ...levelOptions(values, "config unset"),
      name: values.need("NAME"),
    });
    return { place, warnings, result };
  },
  render: ({ name, path, changed }) =>
    `${name} ${changed ? "is not set any more" : "was not set"} in ${path}`,
});

type ChangeResult = Omit<ConfigChanged, "place" | "warnings">;
