import type { Host } from "../host/host.ts";
import type { ConfigSite } from "../settings/files.ts";
import { wrongStatement } from "../settings/merge.ts";
import { readStatements, readValue } from "../settings/read_config.ts";
import { isList, type SettingValue } from "../settings/setting_value.ts";

/**
 * Names of the secrets that the settings require: what the highest level says.
 *
 * @throws {OrcError} usage or config `invalid_setting`
 */
export async function secretsOfSettings(
  host: Host,
  site: ConfigSite,
): Promise<readonly string[]> {
  return namesIn(await readValue(host, site, "secrets"));
}

/**
 * Names of the secrets that any level of the settings names. A repository's file may override
 * the user's, but must not make checks inherit what the user has named.
 *
 * @throws {OrcError} usage or config `invalid_setting`
 */
export async function secretsOfAllLevels(
  host: Host,
  site: ConfigSite,
): Promise<readonly string[]> {
  const statements = await readStatements(host, site, "secrets");
  return statements.flatMap((statement) => {
    const { reading } = statement;
    if ("found" in reading) throw wrongStatement(statement);
    return namesIn(reading.value);
  });
}

function namesIn(value: SettingValue | null): readonly string[] {
  return isList(value) ? value : [];
}
