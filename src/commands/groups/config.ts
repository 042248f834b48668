import {
  type ConfigChanged,
  type ConfigOptions,
  getSetting,
  listConfigFiles,
  type ListedSetting,
  listSettings,
  noHome,
  setSetting,
  showConfig,
  type ShownConfigFile,
  type ShownStatement,
  type ShownValue,
  type TypedSetting,
  unsetSetting,
} from "../../config/use.ts";
import { originText } from "../../settings/merge.ts";
import {
  SETTINGS,
  settingText,
  type SettingValue,
} from "../../settings/settings.ts";
import {
  arg,
  type ArgSpec,
  command,
  flag,
  type FlagSpec,
  type ResultOf,
  type Style,
  type Values,
} from "../command.ts";

const SETTING_NAME: ArgSpec = arg(
  "NAME",
  "Name of the setting",
  SETTINGS.map(({ name }) => name),
);

const globalFlag: FlagSpec = flag(
  "-g, --global",
  "Your own settings instead of the repository's",
);

function levelIn(values: Values): Pick<ConfigOptions, "flags" | "global"> {
  return { flags: typedIn(values), global: values.on("global") };
}

function typedIn(values: Values): readonly TypedSetting[] {
  const wanting = ["json", "full", "fields"].find((name) => values.on(name));
  const format = wanting === undefined ? values.text("output") : "json";
  const said = [
    ["lock_timeout_seconds", "--lock-timeout", values.text("lock-timeout")],
    ["color", "--no-color", values.on("no-color") ? "never" : undefined],
    ["output", `--${wanting ?? "output"}`, format],
  ] as const;
  return said.flatMap(([name, flag, text]) =>
    text === undefined ? [] : [{ name, flag, text }]
  );
}

export const configGetCommand = command<ShownValue>({
  description:
    "Prints the value that counts, and nothing else; --json says where it comes from. Exits with 4 if the setting has neither a value nor a default.",
  args: [SETTING_NAME],
  flags: [globalFlag],
  effect: "reads",
  examples: ["orc config get color", "orc config get output --global"],
  isValue: true,
  use: (host, options, values) =>
    getSetting(host, {
      ...options,
      ...levelIn(values),
      name: values.need("NAME"),
    }),
  render: ({ value }) => valueText(value),
});

interface ListResult {
  readonly settings: readonly ListedSetting[];
}

export const configListCommand = command<ListResult>({
  description:
    "Lists every setting with the value that counts: a flag, else the environment, else the repository's config.yaml, else yours, else the default. Unknown names and wrong values in the files are warnings.",
  effect: "reads",
  examples: ["orc config list", "orc config list --json"],
  use: (host, options, values) =>
    listSettings(host, { ...options, flags: typedIn(values) }),
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

interface PathResult {
  /** The file that `config set` writes to. */
  readonly path: string;
  /** All files that are read, the lowest first. */
  readonly files: readonly ShownConfigFile[];
}

export const configPathCommand = command<PathResult>({
  description:
    "Prints the path of the repository's config.yaml, or of yours with --global, whether it exists or not. --json lists all files that are read.",
  flags: [globalFlag],
  effect: "reads",
  examples: ["orc config path", "orc config path --global"],
  isValue: true,
  use(host, _options, values) {
    const { place, files } = listConfigFiles(host, {
      root: values.text("root"),
    });
    const level = values.on("global") ? "user" : "repository";
    const own = files.find((file) => file.level === level && !file.legacy);
    if (own === undefined) throw noHome();
    return { place, path: own.path, files };
  },
  render: ({ path }) => path,
});

export const configSetCommand = command<ChangeResult>({
  description:
    "Writes one line into the repository's config.yaml, or into yours with --global. Every other line stays as it is, comments too. A file that cannot be parsed is not touched.",
  args: [
    SETTING_NAME,
    arg("VALUE", "What it is to be"),
  ],
  flags: [globalFlag],
  effect: "writes",
  examples: [
    "orc config set check_timeout_seconds 900",
    "orc config set color never --global",
  ],
  use: (host, options, values) =>
    setSetting(host, {
      ...options,
      global: values.on("global"),
      name: values.need("NAME"),
      value: values.need("VALUE"),
    }),
  render: ({ name, value, path, changed }) =>
    `${name} ${changed ? "is" : "was already"} ${valueText(value)} in ${path}`,
});

type ChangeResult = ResultOf<ConfigChanged>;

type ShowResult =
  | { readonly settings: readonly ShownValue[] }
  | { readonly statements: readonly ShownStatement[] };

export const configShowCommand = command<ShowResult>({
  description:
    "Shows what is set and where, the lowest level first, and what does not count. With --effective it shows one value for each setting: the one that counts.",
  flags: [
    flag("--effective", "Only what counts, defaults too"),
    globalFlag,
  ],
  effect: "reads",
  examples: ["orc config show", "orc config show --effective"],
  async use(host, given, values) {
    const options = { ...given, ...levelIn(values) };
    if (!values.on("effective")) return await showConfig(host, options);
    const { settings, ...listed } = await listSettings(host, options);
    return {
      ...listed,
      settings: settings
        .map(({ name, value, origin }) => ({ name, value, origin })),
    };
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

export const configUnsetCommand = command<ChangeResult>({
  description:
    "Removes the setting's line from the repository's config.yaml, or from yours with --global. What counts then is what the next level says.",
  args: [SETTING_NAME],
  flags: [globalFlag],
  effect: "writes",
  examples: [
    "orc config unset check_timeout_seconds",
    "orc config unset color --global",
  ],
  use: (host, options, values) =>
    unsetSetting(host, {
      ...options,
      global: values.on("global"),
      name: values.need("NAME"),
    }),
  render: ({ name, path, changed }) =>
    `${name} ${changed ? "is not set any more" : "was not set"} in ${path}`,
});

/** A value as people read it; what is not set is a dash. */
function valueText(value: SettingValue | null): string {
  return value === null ? "-" : settingText(value);
}

/** Rows in columns; the last one is of any width, and dim. */
function columns(
  rows: readonly (readonly [string, ...string[]])[],
  style: Style,
): string {
  const widthOf = (index: number): number =>
    Math.max(...rows.map((row) => row[index]?.length ?? 0));
  return rows.map((row) =>
    row.map((cell, index) =>
      index === row.length - 1 ? style.dim(cell) : cell.padEnd(widthOf(index))
    ).join("  ").trimEnd()
  ).join("\n");
}
