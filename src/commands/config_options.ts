import type { ConfigOptions } from "../config/show.ts";
import { flagStatement, type Layer } from "../settings/merge.ts";
import { settingNamed, SETTINGS } from "../settings/settings.ts";
import type { ArgSpec, FlagSpec, Values } from "./command.ts";

/** The name of a setting, as an argument. */
export const SETTING_NAME: ArgSpec = {
  name: "NAME",
  summary: "Name of the setting",
  required: true,
  values: SETTINGS.map(({ name }) => name),
};

/** The flag that chooses the user's own file. */
export const globalFlag: FlagSpec = {
  name: "global",
  short: "g",
  summary: "Your own settings instead of the repository's",
};

/** Reads what every command about the configuration takes. */
export function configOptions(values: Values, purpose: string): ConfigOptions {
  return {
    root: values.text("root"),
    lockTimeout: values.text("lock-timeout"),
    purpose: `orc ${purpose}`,
    flags: flagLayer(values),
  };
}

/** As {@linkcode configOptions}, for a command with {@linkcode globalFlag}. */
export function levelOptions(values: Values, purpose: string): ConfigOptions {
  return { ...configOptions(values, purpose), global: values.on("global") };
}

/** What the global flags say about settings. */
function flagLayer(values: Values): Layer {
  const format = values.on("json") ? "json" : values.text("output");
  const said = [
    ["lock_timeout_seconds", "--lock-timeout", values.text("lock-timeout")],
    ["color", "--no-color", values.on("no-color") ? "never" : undefined],
    ["output", values.on("json") ? "--json" : "--output", format],
  ] as const;
  return said.flatMap(([name, flag, text]) =>
    text === undefined ? [] : [flagStatement(settingNamed(name), flag, text)]
  );
}
