import type { PointerFact } from "../core/diagnosis_facts.ts";
import type { RepositoryLayout } from "../core/layout.ts";
import { readBindingFile, readCurrent } from "./binding.ts";
import { attempt, listDirectory } from "./diagnosis_entries.ts";

/** Reads `current` and all bindings; those that name nothing are told. */
export function pointerFacts(
  layout: RepositoryLayout,
): readonly PointerFact[] {
  const { current, bindings } = layout;
  return [
    pointerFact("current", current, () => readCurrent(layout)),
    ...listDirectory(bindings).entries
      .filter(({ name, isFile }) => isFile && name.endsWith(".json"))
      .map(({ name }) => `${bindings}/${name}`)
      .map((path) => pointerFact("binding", path, () => readBindingFile(path))),
  ];
}

function pointerFact(
  kind: PointerFact["kind"],
  path: string,
  read: () => string | undefined,
): PointerFact {
  const look = () => ({ session: read() ?? null, trouble: null });
  return { path, kind, ...attempt(path, look, { session: null }) };
}
