import { getSetting, type ShownValue } from "../config/show.ts";
import { command } from "./command.ts";
import { globalFlag, levelOptions, SETTING_NAME } from "./config_options.ts";
import { valueText } from "./config_view.ts";

/** `orc config get` */
export const configGetCommand = command<ShownValue>({
  name: "config get",
  summary: "Print the value of a setting",
  description:
    "Prints the value that counts, and nothing else; --json says where it comes from. What nobody has set and has no default is not found.",
  args: [SETTING_NAME],
  flags: [globalFlag],
  effect: "reads",
  permissions: [],
  examples: ["orc config get color", "orc config get output --global"],
  async run(host, values) {
    const { place, warnings, ...result } = await getSetting(host, {
      ...levelOptions(values, "config get"),
      name: values.need("NAME"),
    });
    return { place, warnings, result };
  },
  render: ({ value }) => valueText(value),
});
