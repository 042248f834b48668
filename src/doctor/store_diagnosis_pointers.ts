import type { RepositoryLayout } from "../base/layout.ts";
import { readBindingFile, readCurrent } from "../session/binding.ts";
import { attempt, listDirectory } from "./diagnosis_entries.ts";
import type { PointerFact } from "./diagnosis_facts.ts";

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
