import { OrcError } from "../base/error.ts";
import { isJsonList, isJsonObject } from "../base/json.ts";
import { decodeUtf8, parseJson } from "../base/json_parse.ts";
import {
  includedPath,
  LEGACY_PREFIX,
  type LegacyWhole,
} from "../base/layout.ts";
import { MAX_STATE_BYTES, MAX_WORKFLOW_BYTES } from "../base/limits.ts";
import { joinPath } from "../base/path.ts";
import { asOrcError } from "../files/errors.ts";
import { fileKind, readRegularFile } from "../files/read.ts";
import { hashFile } from "../files/tree.ts";
import { SETTINGS } from "../settings/settings.ts";
import type {
  LegacyFacts,
  LegacyFile,
  LegacyWholeFile,
} from "./migration_facts.ts";
import { factOf, regularFact, type Scan } from "./migration_scan_file.ts";
import { treeBelow } from "./scan_lines.ts";

/** Files that move as they are. */
export function scanWholes(scan: Scan): readonly LegacyWholeFile[] {
  const { places, left } = scan;
  const taken = new Set<string>();
  return places.wholes.flatMap(({ from, to, shape }) => {
    const file = regularFact(places.root, from, left);
    if (file === undefined) return [];
    const reason = taken.has(to)
      ? `another file goes to "${to}"`
      : misfit(joinPath(places.root, from), shape);
    if (reason !== undefined) {
      left.push({ path: from, reason });
      return [];
    }
    taken.add(to);
    return [whole(scan, file, to)];
  });
}

/** Why a file cannot be taken for what its name says. */
function misfit(
  path: string,
  shape: LegacyWhole["shape"],
): string | undefined {
  if (shape === "prd" && !isPrd(path)) {
    return "it is not the older tool's: another program keeps it";
  }
  const setting = shape === "overrides" ? strongSetting(path) : undefined;
  return setting === undefined
    ? undefined
    : `what it says about "${setting}" wins over the workflow, which config.yaml does not`;
}

/** A setting that means less in the new place than in the old one. */
function strongSetting(path: string): string | undefined {
  const bytes = readRegularFile(path, MAX_WORKFLOW_BYTES) ?? new Uint8Array();
  const keys = decodeUtf8(bytes, path).split("\n")
    .map((line) => /^["']?(\w+)["']?\s*:/.exec(line)?.[1]);
  return SETTINGS.find(({ name }) => keys.includes(name))?.name;
}

function whole(scan: Scan, file: LegacyFile, to: string): LegacyWholeFile {
  const { places, layout, newHash } = scan;
  const target = joinPath(layout.directory, to);
  const kind = fileKind(target);
  const present = kind === "file" ? hashFile(target, newHash) : "";
  const sha256 = hashFile(joinPath(places.root, file.path), newHash);
  return {
    file: { ...file, sha256 },
    to,
    present: kind === "absent" ? null : present,
  };
}

/** The older tool's list of tasks; Claude Code may keep something else under the name. */
function isPrd(path: string): boolean {
  try {
    const bytes = readRegularFile(path, MAX_STATE_BYTES) ?? new Uint8Array();
    const value = parseJson(decodeUtf8(bytes, path), path);
    return isJsonObject(value) && value.has("prd_id") &&
      isJsonList(value.get("tasks"));
  } catch (error) {
    if (error instanceof OrcError && error.kind === "corrupt") return false;
    throw error;
  }
}

/** Files that only look like the older tool's: those that were asked for, and those that stay. */
export function scanIncluded(
  scan: Scan,
): Pick<LegacyFacts, "included" | "includedTrees"> {
  const { places, includes, left } = scan;
  const names = places.hasCustom ? customNames(scan) : [];
  const unknown = includes.find((name) => !names.includes(name));
  if (unknown !== undefined) throw noSuchFile(unknown, names);
  const trees: LegacyFile[] = [];
  const included = names.flatMap((path) => {
    const fact = factOf(places.root, path);
    if (fact === undefined) return [];
    if (!includes.includes(path)) {
      const reason = `orc does not know it; --include ${path} moves it too`;
      left.push({ path, reason });
      return [];
    }
    if (fact.kind === "file") return [whole(scan, fact, includedPath(path))];
    if (fact.kind !== "directory") {
      left.push({ path, reason: "it is no regular file, nor a directory" });
      return [];
    }
    const tree = treeBelow(places.root, path);
    trees.push(fact, ...tree.filter(({ kind }) => kind !== "file"));
    return tree.filter(({ kind }) => kind === "file")
      .map((file) => whole(scan, file, includedPath(file.path)));
  });
  return { included, includedTrees: trees };
}

function customNames({ places }: Scan): readonly string[] {
  const known = new Set([
    ...places.states,
    ...places.logs,
    ...places.feedback.map(({ path }) => path),
    ...places.checkpoints === null ? [] : [places.checkpoints],
  ]);
  try {
    return Array.from(Deno.readDirSync(places.root), ({ name }) => name)
      .filter((name) => name.startsWith(LEGACY_PREFIX) && !known.has(name))
      .sort();
  } catch (error) {
    throw asOrcError(error, "list", places.root);
  }
}

function noSuchFile(name: string, names: readonly string[]): OrcError {
  return new OrcError(
    "not_found",
    "no_such_file",
    `Cannot include "${name}": it is no custom legacy file of this repository`,
    {
      hint: names.length === 0
        ? "there are none; see what moves: orc migrate --dry-run"
        : `there are: ${names.join(", ")}`,
      details: { names },
    },
  );
}
