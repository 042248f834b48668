/** The files that a human is shown before they approve an item, and what they were when they did. */
import { sha256Hex } from "../base/checksum.ts";
import { OrcError } from "../base/error.ts";
import { headOf } from "../base/markdown.ts";
import { countOf, escapeControls, sizeText } from "../base/text.ts";
import { findWorkingFile } from "../checks/run.ts";
import type { ShownFile } from "../engine/approval.ts";
import { readRegularFile } from "../files/read.ts";
import { fillTemplate } from "../workflow/template.ts";
import type { Item, Workflow } from "../workflow/types.ts";

/** A file that an item shows, as it lies there now. */
export interface SeenFile {
  readonly path: string;
  /** Why it cannot be shown, as a sentence; null where it can. */
  readonly problem: string | null;
  /** Undefined where it cannot be shown. */
  readonly file: ShownFile | undefined;
  /** What a human reads of it, a line for each. */
  readonly lines: readonly string[];
}

/** Nobody reads more than this at a terminal. */
const MAX_SHOWN_BYTES = 16 * 1024 * 1024;

/** What is read on is opened in an editor. */
const MAX_LINES = 10;
const MAX_COLUMNS = 120;

/** Looks at the files that an item shows. Links are followed, but only what lies in the working tree is shown. */
export async function lookAtShown(
  workingTree: string,
  { settings }: Pick<Workflow, "settings">,
  { shows }: Pick<Item, "shows">,
  columns: number = MAX_COLUMNS,
): Promise<readonly SeenFile[]> {
  const paths = new Set(shows.map((path) => fillTemplate(path, settings)));
  return await Promise.all(
    [...paths].map((path) => lookAtFile(workingTree, path, columns)),
  );
}

async function lookAtFile(
  workingTree: string,
  path: string,
  columns: number,
): Promise<SeenFile> {
  const unseen = { path, file: undefined, lines: [] };
  try {
    const found = findWorkingFile(workingTree, path);
    if (found.problem !== null) return { ...unseen, problem: found.problem };
    const bytes = readRegularFile(found.path, MAX_SHOWN_BYTES);
    if (bytes === undefined) {
      return { ...unseen, problem: `${path} does not exist` };
    }
    const sha256 = await sha256Hex(bytes);
    const file = { path, bytes: bytes.length, sha256 };
    const lines = linesOf(path, bytes, Math.min(columns, MAX_COLUMNS));
    return { path, problem: null, file, lines };
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    return { ...unseen, problem: error.message };
  }
}

function linesOf(
  path: string,
  bytes: Uint8Array,
  columns: number,
): readonly string[] {
  const head = `${path}, ${sizeText(bytes.length)}`;
  if (bytes.length === 0) return [`${head}, is empty`];
  if (bytes.includes(0)) return [`${head}, is no text`];
  const text = new TextDecoder().decode(bytes);
  const lines = text.trimEnd().split(/\r?\n/);
  const more = lines.length - MAX_LINES;
  return [
    `${head}:`,
    ...lines.slice(0, MAX_LINES).map((line) => {
      const visible = escapeControls(line.replaceAll("\t", "  "));
      return headOf(`  ${visible}`, columns);
    }),
    ...more > 0 ? [`  (${countOf(more, "more line")})`] : [],
  ];
}

/** Paths of the files that are not as they were, or are not there. */
export function changedShown(
  before: readonly ShownFile[],
  now: readonly SeenFile[],
): readonly string[] {
  const paths = new Set([...before, ...now].map(({ path }) => path));
  return [...paths].filter((path) => {
    const then = before.find((one) => one.path === path)?.sha256;
    const seen = now.find((one) => one.path === path)?.file?.sha256;
    return then === undefined || then !== seen;
  });
}
