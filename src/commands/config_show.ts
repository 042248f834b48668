import {
  listSettings,
  showConfig,
  type ShownStatement,
  type ShownValue,
} from "../config/show.ts";
import { originText } from "../settings/merge.ts";
import { command, type Style } from "./command.ts";
import { globalFlag, levelOptions } from "./config_options.ts";
import { columns, valueText } from "./config_view.ts";

type ShowResult =
  | { readonly settings: readonly ShownValue[] }
  | { readonly statements: readonly ShownStatement[] };

/** `orc config show` */
export const configShowCommand = command<ShowResult>({
  name: "config show",
  summary: "Show what each file, the environment and flags set",
  description:
    "Shows what is set and where, the lowest level first, and what does not count. With --effective it shows one value for each setting: the one that counts.",
  args: [],
  flags: [
    { name: "effective", summary: "Only what counts, defaults too" },
    globalFlag,
  ],
  effect: "reads",
  permissions: [],
  examples: ["orc config show", "orc config show --effective"],
  async run(host, values) {
    const options = levelOptions(values, "config show");
    if (!values.on("effective")) {
      const { place, warnings, statements } = await showConfig(host, options);
      return { place, warnings, result: { statements } };
    }
    const { place, warnings, settings } = await listSettings(host, options);
    const shown = settings.map(({ name, value, origin }) => ({
      name,
      value,
      origin,
    }));
    return { place, warnings, result: { settings: shown } };
  },
  render: (result, style) =>
    "settings" in result
      ? effectiveText(result.settings, style)
      : statementsText(result.statements, style),
});

function effectiveText(settings: readonly ShownValue[], style: Style): string {
  const set = settings.filter(({ value }) => value !== null);
  return columns(
    set.map(({ name, value, origin }) => [
      `${name}: ${valueText(value)}`,
      `# from ${originText(origin)}`,
    ]),
    style,
  );
}

function statementsText(
  statements: readonly ShownStatement[],
  style: Style,
): string {
  if (statements.length === 0) {
    return "Nothing is set; orc config list shows the defaults";
  }
  return columns(
    statements.map((statement) => [
      `${statement.name}: ${valueText(statement.value)}`,
      `# ${originText(statement.origin)}${remarkOn(statement)}`,
    ]),
    style,
  );
}

function remarkOn({ effective, ignored, value }: ShownStatement): string {
  if (ignored) return ", ignored: it counts only in your own file";
  if (value === null) return ", not a value it can have";
  return effective ? "" : ", overridden";
}
