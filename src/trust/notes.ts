/** Attestations that git keeps as notes on trees: they stay with the files, whatever becomes of the commit. */
import { decodeUtf8 } from "../base/json.ts";
import { parseAttestation } from "./attestation_rules.ts";
import { type Git, runGit, tryGit } from "./committed.ts";

/** Where git keeps the notes. */
export const NOTES = "refs/notes/orchestrator";

/** The lines of a tree's note: one for each attestation. */
export async function noteLines(
  git: Git,
  tree: string,
): Promise<readonly string[]> {
  const args = ["notes", `--ref=${NOTES}`, "show", tree];
  const { exitCode, bytes } = await tryGit(git, args);
  if (exitCode !== 0) return [];
  return linesOf(decodeUtf8(bytes, `the note on ${tree}`));
}

/** The lines of a text that hold something. */
export function linesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}

/** One repository may hold several of orc, each in its directory: the others keep their lines. */
export async function addNote(
  git: Git,
  tree: string,
  text: string,
): Promise<void> {
  const others = (await noteLines(git, tree)).filter((line) =>
    directoryOf(line) !== git.directory
  );
  const whole = [...others, text.trim()].map((line) => `${line}\n`).join("");
  const args = ["notes", `--ref=${NOTES}`, "add", "--force", "--file=-", tree];
  await runGit(git, args, { input: whole });
}

/** What a line says it is about; undefined for what is no attestation. */
function directoryOf(line: string): string | undefined {
  try {
    return parseAttestation(line, "a note").directory;
  } catch {
    return undefined;
  }
}
