import { asObject } from "../base/json.ts";
import { decodeUtf8, parseJson } from "../base/json_parse.ts";
import {
  LEGACY_PREFIX,
  LEGACY_WHOLES,
  type RepositoryLayout,
} from "../base/layout.ts";
import { MAX_STATE_BYTES } from "../base/limits.ts";
import { joinPath, nameOf } from "../base/path.ts";
import { readRegularFile, visibleKind } from "../files/read.ts";
import { readAdoption } from "../session/adopt.ts";
import { readLegacyState } from "../session/legacy.ts";
import { listDirectory, troubleOf } from "./diagnosis_entries.ts";
import type { LegacyFacts } from "./diagnosis_facts.ts";

/** Looks for what the older Python tool left; hashes its state and nothing else. */
export async function legacyFacts(
  layout: RepositoryLayout,
): Promise<LegacyFacts> {
  const sessionless = sessionlessState(layout);
  const known = legacyPaths(layout, sessionless);
  const names = new Set(known.map(nameOf));
  return {
    paths: known.filter((path) => visibleKind(path) !== "absent"),
    custom: listDirectory(layout.root).entries.map(({ name }) => name)
      .filter((name) => name.startsWith(LEGACY_PREFIX) && !names.has(name)),
    ...await legacySession(layout),
    sessionless,
  };
}

function legacyPaths(
  layout: RepositoryLayout,
  sessionless: LegacyFacts["sessionless"],
): readonly string[] {
  return [
    layout.legacyState,
    layout.legacyLog,
    layout.legacyCheckpoints,
    layout.legacyFeedback,
    layout.legacyToolFeedback,
    layout.legacyProcessFeedback,
    // What others use the name for too is for the migration to judge.
    ...LEGACY_WHOLES.filter(({ shape }) => shape === undefined)
      .map(({ from }) => joinPath(layout.root, from)),
    ...sessionless === "engine"
      ? [layout.sessionlessState, layout.sessionlessLog]
      : [],
  ];
}

async function legacySession(
  layout: RepositoryLayout,
): Promise<Pick<LegacyFacts, "session" | "trouble">> {
  try {
    const legacy = await readLegacyState(layout);
    if (legacy === undefined) return { session: null, trouble: null };
    const { id } = legacy.session;
    const adopted = readAdoption(layout, id);
    const isSame = adopted === legacy.sha256;
    const adoption = adopted === undefined
      ? "none"
      : isSame
      ? "same"
      : "changed";
    return { session: { id, adoption }, trouble: null };
  } catch (error) {
    return { session: null, trouble: troubleOf(error, layout.legacyState) };
  }
}

/** The Python tool's engine and its server keep different things under one name. */
function sessionlessState(
  { sessionlessState: path }: RepositoryLayout,
): LegacyFacts["sessionless"] {
  try {
    const bytes = readRegularFile(path, MAX_STATE_BYTES);
    if (bytes === undefined) return "absent";
    const state = asObject(parseJson(decodeUtf8(bytes, path), path));
    return state?.has("workflow_id") ? "engine" : "server";
  } catch (error) {
    troubleOf(error, path);
    return "server";
  }
}
