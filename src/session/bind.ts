import type { RepositoryLayout } from "../base/layout.ts";
import { isTaken } from "../files/errors.ts";
import { makeDirectory, syncDirectory } from "../files/file_system.ts";
import { guardPath } from "../files/path_guard.ts";
import { writeAtomic } from "../files/write.ts";
import { bindingPath, type Owner } from "./binding.ts";

/** Binds an owner to a session. Returns a warning as {@linkcode writeAtomic} does. */
export async function writeBinding(
  layout: RepositoryLayout,
  owner: Owner,
  binding: { readonly session: string; readonly at: string },
  token: string,
): Promise<string | undefined> {
  const path = await bindingPath(layout, owner);
  guardPath(layout.root, layout.bindings);
  try {
    makeDirectory(layout.bindings);
    syncDirectory(layout.directory);
  } catch (error) {
    if (!isTaken(error)) throw error;
  }
  const fields = { ...owner, ...binding };
  return writeAtomic(path, encode(`${JSON.stringify(fields, null, 2)}\n`), {
    token,
  });
}

/**
 * Points `current` at a session; no final newline, as the Python tool writes it.
 * Returns a warning as {@linkcode writeAtomic} does.
 */
export function writeCurrent(
  layout: RepositoryLayout,
  session: string,
  token: string,
): string | undefined {
  guardPath(layout.root, layout.directory);
  return writeAtomic(layout.current, encode(session), { token });
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
