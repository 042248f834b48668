import { OrcError } from "../base/error.ts";
import type { Host } from "../host/host.ts";
import { configWarnings } from "../settings/config_warning.ts";
import { type ConfigSite, legacyConfigFiles } from "../settings/files.ts";
import { wrongStatement } from "../settings/merge.ts";
import { type Config, readConfig } from "../settings/read_config.ts";
import type { ConfigFacts, Trouble } from "./diagnosis_facts.ts";

/** Gathers what doctor has to know about settings. A file that cannot be read is an answer. */
export async function configFacts(
  host: Host,
  site: ConfigSite,
): Promise<ConfigFacts> {
  const legacyFiles = legacyConfigFiles(host, site);
  try {
    const config = await readConfig(host, site);
    const troubles = wrongIn(config, site);
    const known = new Set(troubles.map(({ message }) => message));
    const notes = notesIn(config).filter(({ message }) => !known.has(message));
    return { legacyFiles, troubles, notes };
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    return { legacyFiles, troubles: [troubleIn(error, site)], notes: [] };
  }
}

function wrongIn(
  { files, environment }: Config,
  site: ConfigSite,
): readonly Trouble[] {
  return [...files.map(({ layer }) => layer), environment].flat()
    .flatMap((each) => wrongStatement(each) ?? [])
    .map((error) => troubleIn(error, site));
}

function troubleIn(
  { kind, code, message, path }: OrcError,
  { layout }: ConfigSite,
): Trouble {
  return { kind, code, message, path: path ?? layout.config };
}

function notesIn({ files }: Config): ConfigFacts["notes"] {
  return files.flatMap(({ file, entries, layer }) =>
    configWarnings(file, entries, layer)
      .map((message) => ({ path: file.path, message }))
  );
}
