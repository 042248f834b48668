import type { KnownSecret } from "../base/mask.ts";
import { isSecretName, STORE_SECRET } from "../base/names.ts";
import { type Host, variableOf } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";
import { unlessDamaged } from "../session/entries.ts";
import { readStatements, readValue } from "../settings/files.ts";
import { valueOf } from "../settings/merge.ts";
import { isList, type SettingValue } from "../settings/settings.ts";
import { lookUp, searchSecrets } from "../vault/find.ts";
import { secretNames, secretPlaces } from "../vault/vault.ts";
import type { Workflow } from "../workflow/types.ts";

/** Every value that secrets have here, not only the one that counts: each could be printed. */
export async function allValues(
  host: Host,
  repository: Repository,
  names: readonly string[],
): Promise<readonly KnownSecret[]> {
  const search = searchSecrets(host, repository, false);
  const values: KnownSecret[] = [];
  for (const name of names) {
    for await (const found of lookUp(search, name)) {
      // What cannot be opened here cannot be printed from here either.
      if ("value" in found) values.push(found);
    }
  }
  return values;
}

interface RequiredSecrets {
  readonly names: readonly string[];
  readonly problems: readonly string[];
}

/** Names of the secrets that workflow.yaml names, as it is now, and of those the settings name. */
export async function requiredSecrets(
  host: Host,
  repository: Repository,
): Promise<RequiredSecrets> {
  const parts = [
    await ifRight(async () => {
      // Every update asks what may be secret; only those who ask for this need a parser.
      const { loadWorkflow } = await import("../repository/load.ts");
      const { workflow } = await loadWorkflow(host, repository, {});
      return secretsOf(workflow);
    }),
    await ifRight(async () =>
      namesIn(await readValue(host, repository, "secrets"))
    ),
  ];
  return {
    names: [...new Set(parts.flatMap(({ names }) => names))].sort(),
    problems: parts.flatMap(({ problems }) => problems),
  };
}

/** A secret can be kept before the workflow and the settings are right. */
async function ifRight(
  read: () => readonly string[] | Promise<readonly string[]>,
): Promise<RequiredSecrets> {
  const problems: string[] = [];
  return { names: await unlessDamaged(read, problems) ?? [], problems };
}

export interface MaskedPlace {
  readonly repository: Repository;
  readonly workflow: Pick<Workflow, "secrets" | "phases">;
  /** Whether settings that cannot be read are left out, as where they are what is shown. */
  readonly isLenient?: boolean;
}

/**
 * Names of the secrets that no text may hold and no check inherits: orc's own, those of the workflow,
 * those that any level of the settings names, and those that are kept for the repository. A
 * repository's file may override the user's, but must not make checks inherit what the user
 * has named.
 *
 * @throws {OrcError} usage or config `invalid_setting`, unless the place is lenient
 */
export async function knownSecretNames(
  host: Host,
  { repository, workflow, isLenient = false }: MaskedPlace,
): Promise<readonly string[]> {
  const inSettings = async () => {
    const statements = await readStatements(host, repository, "secrets");
    return statements.flatMap((statement) => namesIn(valueOf(statement)));
  };
  // What lies where nothing is read from, as behind a link, is not kept.
  const kept = await ifRight(() =>
    secretPlaces(host, repository)
      .filter(({ level }) => level !== "global").flatMap(secretNames)
  );
  // Of a store in files there is no password, and nothing is looked through for it.
  const own = await ifRight(async () =>
    (await repository.store.capabilities()).files ? [] : [STORE_SECRET]
  );
  const names = [
    ...variableOf(host, STORE_SECRET) ? [STORE_SECRET] : own.names,
    ...secretsOf(workflow),
    ...kept.names,
    ...isLenient ? (await ifRight(inSettings)).names : await inSettings(),
  ];
  return [...new Set(names)];
}

function namesIn(value: SettingValue | null): readonly string[] {
  return isList(value) ? value : [];
}

export function secretsOf(
  { secrets, phases }: Pick<Workflow, "secrets" | "phases">,
): readonly string[] {
  const items = phases.flatMap((phase) => phase.items);
  const names = [...secrets, ...items.flatMap((item) => item.secrets)];
  return [...new Set(names)].filter(isSecretName).sort();
}
