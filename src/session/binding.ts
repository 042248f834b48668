import { corrupt } from "../base/error.ts";
import { isSessionId } from "../base/ids.ts";
import { asObject } from "../base/json.ts";
import { sha256Hex } from "../base/json_print.ts";
import type { RepositoryLayout } from "../base/layout.ts";
import { MAX_SMALL_FILE_BYTES } from "../base/limits.ts";
import {
  guardDirectory,
  guardPath,
  readJson,
  readText,
} from "../files/read.ts";

/** Somebody who has a session of their own: an agent, or whoever works in a linked worktree. */
export interface Owner {
  readonly kind: "agent" | "worktree";
  /** The agent's name and id, or the worktree's path. */
  readonly name: string;
}

/** It writes a new file in the place of the broken one. */
const CHOOSE_HINT = "choose a session: orc session switch ID";

/** Returns the session an owner is bound to, if there is one. */
export async function readBinding(
  layout: RepositoryLayout,
  owner: Owner,
): Promise<string | undefined> {
  const path = await bindingPath(layout, owner);
  guardPath(layout.root, layout.bindings);
  return readBindingFile(path);
}

/** Returns the session that a file of the bindings names; undefined when there is no such file. */
export function readBindingFile(path: string): string | undefined {
  const binding = readJson(path, MAX_SMALL_FILE_BYTES, CHOOSE_HINT);
  if (binding === undefined) return undefined;
  const session = asObject(binding)?.get("session");
  if (typeof session === "string" && isSessionId(session)) return session;
  throw corrupt("invalid_binding", `"${path}" names no session`, {
    path,
    hint: CHOOSE_HINT,
  });
}

/** Reads the session that everybody without one of their own is in. */
export function readCurrent(layout: RepositoryLayout): string | undefined {
  guardDirectory(layout.root, layout.directory);
  const text = readText(layout.current, MAX_SMALL_FILE_BYTES, CHOOSE_HINT)
    ?.replace(/^\ufeff/, "").trim();
  if (!text) return undefined;
  if (isSessionId(text)) return text;
  throw corrupt(
    "invalid_current",
    `"${layout.current}" does not hold a session id`,
    { path: layout.current, hint: CHOOSE_HINT },
  );
}

/** An owner's name may hold anything; its hash is a safe file name on every system. */
export async function bindingPath(
  layout: RepositoryLayout,
  { kind, name }: Owner,
): Promise<string> {
  const hex = await sha256Hex(new TextEncoder().encode(`${kind}\0${name}`));
  return `${layout.bindings}/${hex.slice(0, 32)}.json`;
}
