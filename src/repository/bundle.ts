import { notFound, type OrcError, orElse } from "../base/error.ts";
import type { JsonObject } from "../base/json.ts";
import { MAX_WORKFLOW_BYTES } from "../base/limits.ts";
import { joinPath } from "../base/path.ts";
import { nearest } from "../base/text.ts";
import { asOrcError } from "../files/errors.ts";
import { readText } from "../files/read.ts";
import type { Folder } from "../bundled/folder.ts";
import { detectProject } from "../bundled/project.ts";
import { READY_WORKFLOWS, readyWorkflow, STANDARD } from "../bundled/ready.ts";

/** The bundled workflow as a project gets it. */
export interface Bundled {
  readonly text: string;
  /** What it does not check, each a sentence with a way on. */
  readonly warnings: readonly string[];
}

/** What becomes of the workflow, on which the way on depends: a session keeps it, or a file. */
type Use = "looked at" | "started" | "written";

/**
 * The bundled workflow for the project in a directory; commands that are named win over those
 * found.
 */
export function bundleFor(
  directory: string,
  named?: JsonObject,
  use: Use = "looked at",
  name = STANDARD,
): Bundled {
  const project = detectProject(folderAt(directory));
  const test = textAt(named, "test_command");
  const text = readyWorkflow(name, project, {
    test_command: test,
    build_command: textAt(named, "build_command"),
  });
  if (text === undefined) throw noSuchWorkflow(name);
  const isTested = test !== undefined ||
    project.parts.some(({ testCommand }) => testCommand !== undefined);
  const { leftOut } = project;
  const warnings = [
    ...isTested ? [] : [
      `No command for the tests of this project was found, so orc runs none; to name one, ${
        WAYS_ON[use]
      }`,
    ],
    ...test !== undefined || leftOut.length === 0 ? [] : [
      `The built-in workflow leaves out the tests in ${leftOut.join(", ")}: ${
        use === "written"
          ? "add them to workflow.yaml"
          : "write a workflow.yaml with orc init, and add them there"
      }`,
    ],
  ];
  return { text, warnings };
}

function noSuchWorkflow(name: string): OrcError {
  const names = READY_WORKFLOWS.map((one) => one.name);
  const meant = nearest(name, names);
  const known = meant
    ? `did you mean "${meant}"?`
    : `known are ${names.join(", ")}`;
  return notFound(
    "no_such_workflow",
    `No workflow "${name}" comes with orc: ${known}`,
    {
      hint: "orc workflows",
    },
  );
}

const NAMED = 'orc start "TASK" --test-command "COMMAND"';

/** How the tests get a command. */
const WAYS_ON: Readonly<Record<Use, string>> = {
  "looked at": NAMED,
  started: `orc finish --abandon --reason "WHY", then ${NAMED}`,
  written: "see settings in workflow.yaml",
};

function textAt(
  settings: JsonObject | undefined,
  name: string,
): string | undefined {
  const value = settings?.get(name);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Tests lie this deep, as in `src/test/java/com/shop/cart`, and no directory of a part does. */
const MAX_DEPTH = 9;

/** The upper directories tell most: of a huge tree, the rest is not looked at. */
const MAX_FILES = 20_000;

/** What tools write or fetch is no part of the project. */
const NOT_OWN = new Set([
  "node_modules",
  "vendor",
  "target",
  "build",
  "dist",
  "out",
  "obj",
  "coverage",
  "venv",
  "__pycache__",
]);

/** The files of a working tree, as far as the kind of its project depends on them. Links are not followed. */
export function folderAt(root: string): Folder {
  const files = new Set<string>();
  let level = [""];
  for (let depth = 0; depth <= MAX_DEPTH && level.length > 0; depth++) {
    const below: string[] = [];
    for (const directory of level) {
      for (const { name, isDirectory } of listed(root, directory)) {
        const path = directory === "" ? name : `${directory}/${name}`;
        if (!isDirectory) files.add(path);
        else if (!name.startsWith(".") && !NOT_OWN.has(name)) below.push(path);
        if (files.size >= MAX_FILES) break;
      }
      if (files.size >= MAX_FILES) break;
    }
    level = files.size >= MAX_FILES ? [] : below;
  }
  // A manifest that cannot be read tells nothing about the project.
  const read = (path: string): string =>
    orElse(
      () => readText(joinPath(root, path), MAX_WORKFLOW_BYTES),
      () => undefined,
    ) ?? "";
  return { files, read, windows: Deno.build.os === "windows" };
}

/** In order, so that the same tree is told the same way; below the top, what is not readable is left out. */
function listed(root: string, directory: string): readonly Deno.DirEntry[] {
  const path = directory === "" ? root : joinPath(root, directory);
  try {
    return [...Deno.readDirSync(path)]
      .sort((one, other) => one.name < other.name ? -1 : 1);
  } catch (error) {
    if (directory !== "") return [];
    throw asOrcError(error, "list", path);
  }
}
