import type { RepositoryLayout } from "../core/layout.ts";
import { writeAtomic } from "./atomic.ts";
import { bindingPath, type Owner } from "./binding.ts";
import { isTaken } from "./os_error.ts";
import { makeDirectory, syncDirectory } from "./file_system.ts";
import { guardPath } from "./path_guard.ts";

/** Binds an owner to a session. */
export async function writeBinding(
  layout: RepositoryLayout,
  owner: Owner,
  binding: { readonly session: string; readonly at: string },
  token: string,
): Promise<void> {
  const path = await bindingPath(layout, owner);
  guardPath(layout.root, layout.bindings);
  try {
    makeDirectory(layout.bindings);
    syncDirectory(layout.directory);
  } catch (error) {
    if (!isTaken(error)) throw error;
  }
  const fields = { ...owner, ...binding };
  writeAtomic(path, encode(`${JSON.stringify(fields, null, 2)}\n`), { token });
}

/** Points `current` at a session; no final newline, as the Python tool writes it. */
export function writeCurrent(
  layout: RepositoryLayout,
  session: string,
  token: string,
): void {
  guardPath(layout.root, layout.directory);
  writeAtomic(layout.current, encode(session), { token });
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
