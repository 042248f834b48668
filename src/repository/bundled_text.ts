import { OrcError } from "../base/error.ts";
import type { JsonObject } from "../base/json.ts";
import { decodeUtf8 } from "../base/json_parse.ts";
import { MAX_WORKFLOW_BYTES } from "../base/limits.ts";
import { joinPath } from "../base/path.ts";
import { asOrcError } from "../files/errors.ts";
import { readRegularFile } from "../files/read.ts";
import { bundledWorkflow } from "../workflow/bundled.ts";
import { detectProject } from "../workflow/project_kind.ts";

/**
 * The bundled workflow for the kind of project that lies in a directory, as workflow.yaml.
 * Commands that are named win over those that are found, also where none is found.
 */
export function bundledText(directory: string, named?: JsonObject): string {
  const files = new Set(fileNames(directory));
  const read = (name: string): string | undefined =>
    readManifest(joinPath(directory, name));
  const kind = detectProject(files, read);
  return bundledWorkflow({
    ...kind,
    testCommand: textAt(named, "test_command") ?? kind.testCommand,
    buildCommand: textAt(named, "build_command") ?? kind.buildCommand,
  });
}

function textAt(
  settings: JsonObject | undefined,
  name: string,
): string | undefined {
  const value = settings?.get(name);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function fileNames(directory: string): readonly string[] {
  try {
    return Array.from(Deno.readDirSync(directory), ({ name }) => name);
  } catch (error) {
    throw asOrcError(error, "list", directory);
  }
}

/** A manifest that cannot be read tells nothing about the project. */
function readManifest(path: string): string | undefined {
  try {
    const bytes = readRegularFile(path, MAX_WORKFLOW_BYTES);
    return bytes === undefined ? undefined : decodeUtf8(bytes, path);
  } catch (error) {
    if (error instanceof OrcError) return undefined;
    throw error;
  }
}
