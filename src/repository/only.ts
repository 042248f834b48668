/** The session that is meant where nobody has chosen one; loaded only there. */
import type { Repository } from "./open.ts";
import { readLegacy, type Selected } from "./select.ts";

/** Sessions looked at first: where several are active, they are among those changed last. */
const FIRST_LOOK = 100;

/** Where nobody has chosen one: the only active session, else a legacy one, else the ids there are to choose from. */
export async function onlySession(
  { store, layout }: Repository,
): Promise<Selected | readonly string[]> {
  const listActive = async (limit?: number) =>
    (await store.list({ limit, status: "active" })).map(({ id }) => id);
  let active = await listActive(FIRST_LOOK);
  if (active.length < 2) active = await listActive();
  if (active.length > 1) return active;
  const [only] = active;
  if (only) return { session: await store.read(only), source: "only" };
  const legacy = await readLegacy(layout);
  if (legacy === undefined) return [];
  if (!(await store.ids()).includes(legacy.session.id)) {
    return { session: legacy.session, source: "legacy" };
  }
  // What was adopted goes on in the new place, perhaps only since the look above, or has ended there.
  const [adopted] = await listActive(FIRST_LOOK);
  return adopted === undefined
    ? []
    : { session: await store.read(adopted), source: "only" };
}
