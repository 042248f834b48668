/** What must hold whenever orc refuses something. */
import { sha256Hex } from "../../src/base/checksum.ts";
import type { Ended, Lab, RunOptions } from "./lab.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

/** Beyond this, size and date tell enough: some cases are gigabytes of nothing. */
const MAX_HASHED_BYTES = 4 * 1024 * 1024;

/** What would drive a terminal, or comes from the inside of a program. */
// deno-lint-ignore no-control-regex
const NOT_FOR_PEOPLE = /[\0-\x08\x0b-\x1f\x7f-\x9f]|^ +at |bug in orc/m;

/** How a command must be refused. */
export interface Refusal {
  readonly exit: number;
  /** Stable name of the condition. */
  readonly code: string;
  /** Parts of the sentence for people. */
  readonly says: string | readonly string[];
}

/** Runs orc in a lab: within this process or as one of its own. */
export type Runner = (
  args: readonly string[],
  options?: RunOptions,
) => Promise<Ended>;

/** Runs a command, as text and as JSON, that must be refused and must change nothing. */
export async function assertRefused(
  { lab, run = lab.orc, options }: {
    readonly lab: Lab;
    readonly run?: Runner;
    readonly options?: RunOptions;
  },
  args: readonly string[],
  refusal: Refusal,
): Promise<void> {
  await withoutChange(lab.root, async () => {
    assertTold(await run(args, options), refusal);
    assertDocumented(await run(["--full", ...args], options), refusal);
  });
}

/** One sentence that says what is wrong, and one that says what to do. */
export function assertTold(
  { code, out, err }: Ended,
  { exit, says }: Refusal,
): void {
  assertEquals([code, out], [exit, ""], err);
  const [message = "", ...others] = err.trimEnd().split("\n");
  for (const part of [says].flat()) assertStringIncludes(message, part);
  assertEquals(others.length, 1, err);
  assert(others[0]?.startsWith("Try: "), err);
  assert(!NOT_FOR_PEOPLE.test(err), err);
}

function assertDocumented(
  { code, out, err }: Ended,
  refusal: Refusal,
): void {
  const { ok, error } = JSON.parse(out);
  assertEquals([code, ok, error.code], [refusal.exit, false, refusal.code]);
  for (const part of [refusal.says].flat()) {
    assertStringIncludes(error.message, part);
  }
  assertEquals(err, "");
}

/** Runs what must leave all files and directories as they are. */
export async function withoutChange<Result>(
  directory: string,
  run: () => Promise<Result>,
): Promise<Result> {
  const before = await fingerprint(directory);
  const result = await run();
  assertEquals(await fingerprint(directory), before);
  return result;
}

/** What is wrong with one session must not keep anybody from the other. */
export async function assertOthersWork(
  { second, orc }: Lab,
  run: Runner = orc,
): Promise<void> {
  const status = await run(["status", "--session", second]);
  assertEquals(status.code, 0, status.err);
  assertStringIncludes(status.out, "Fix search");
  const note = await run(["note", "Still here", "--session", second]);
  assertEquals([note.code, note.out], [0, "Noted\n"], note.err);
  const list = await run(["session", "list"]);
  assertEquals(list.code, 0, list.err);
  assertStringIncludes(list.out, "Fix search");
}

/** All that lies below a directory, each with what it is and a fingerprint of what it holds. */
export async function fingerprint(
  directory: string,
): Promise<Record<string, string>> {
  const tree: Record<string, string> = {};
  for (const { name } of Deno.readDirSync(directory)) {
    const path = `${directory}/${name}`;
    const info = Deno.lstatSync(path);
    tree[name] = await describe(path, info);
    if (!info.isDirectory) continue;
    for (const [below, text] of Object.entries(await fingerprint(path))) {
      tree[`${name}/${below}`] = text;
    }
  }
  return tree;
}

async function describe(path: string, info: Deno.FileInfo): Promise<string> {
  const mode = ((info.mode ?? 0) & 0o7777).toString(8);
  if (info.isSymlink) return `link to ${Deno.readLinkSync(path)}`;
  if (info.isDirectory) return `directory ${mode}`;
  if (!info.isFile) return `special ${mode}`;
  const isHashed = info.size <= MAX_HASHED_BYTES;
  const content = isHashed
    ? await sha256Hex(Deno.readFileSync(path))
    : `${info.size} ${info.mtime?.getTime()}`;
  return `file ${mode} ${content}`;
}
