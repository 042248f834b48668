import type { RepositoryLayout } from "../base/layout.ts";

/** Warns that the superuser made what the repository's owner cannot change. */
export function foreignOwner(
  { root, directory }: RepositoryLayout,
): readonly string[] {
  const [owner, maker] = [Deno.statSync(root), Deno.lstatSync(directory)];
  if (maker.uid !== 0 || owner.uid === 0) return [];
  return [
    `"${directory}" belongs to root, as root made it; to let its owner go on, change that with chown`,
  ];
}
