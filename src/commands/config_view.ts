import { settingText, type SettingValue } from "../settings/setting_value.ts";
import type { Style } from "./command.ts";

/** A value as people read it; what is not set is a dash. */
export function valueText(value: SettingValue | null): string {
  return value === null ? "-" : settingText(value);
}

/** Rows in columns; the last one is of any width, and dim. */
export function columns(
  rows: readonly (readonly [string, ...string[]])[],
  style: Style,
): string {
  const widths = rows.reduce<readonly number[]>(
    (widest, row) =>
      row.map((cell, index) => Math.max(cell.length, widest[index] ?? 0)),
    [],
  );
  return rows.map((row) =>
    row.map((cell, index) =>
      index === row.length - 1
        ? style.dim(cell)
        : cell.padEnd(widths[index] ?? 0)
    ).join("  ").trimEnd()
  ).join("\n");
}
