import { LOCK_NAME } from "../base/layout.ts";
import { removeIfThere } from "./file_system.ts";
import { publishRecord } from "./lock_publish.ts";
import { type LockRecord, lookAt, type Sighting } from "./lock_record.ts";

/** A lock somebody wants, and how to judge whoever stands in the way. */
export interface LockTarget {
  readonly directory: string;
  readonly record: LockRecord;
  /** Whether nobody will go on with this lock or claim. */
  isAbandoned(seen: Sighting): boolean;
}

/** More abandoned claims than this on one lock means that something else is wrong. */
const MAX_CLAIMS = 1000;

/**
 * Removes a lock whose holder is gone. Two waiters must not both remove it, since the second
 * would remove the first one's fresh lock: so the right to remove this very lock is itself
 * taken exclusively, and the lock is looked at again afterwards. Tokens are never used twice.
 *
 * Returns whether the lock is gone; false when somebody else is removing it.
 */
export function takeOver(seen: Sighting, target: LockTarget): boolean {
  const { directory, record } = target;
  const key = keyOf(seen);
  const isStill = () => keyOf(lookAt(`${directory}/${LOCK_NAME}`)) === key;
  for (let index = 0; index < MAX_CLAIMS; index++) {
    const name = claimName(key, index);
    if (publishRecord(directory, name, record)) {
      return removeClaimed(target, key, index, isStill);
    }
    const claim = lookAt(`${directory}/${name}`);
    if (claim.kind === "absent") {
      if (!isStill()) return true;
      index = -1;
    } else if (!target.isAbandoned(claim)) {
      return false;
    }
  }
  return false;
}

function removeClaimed(
  { directory }: LockTarget,
  key: string,
  index: number,
  isStill: () => boolean,
): boolean {
  const claims = [claimName(key, index)];
  try {
    if (isStill()) {
      removeIfThere(`${directory}/${LOCK_NAME}`);
      for (let earlier = 0; earlier < index; earlier++) {
        claims.push(claimName(key, earlier));
      }
    }
    return true;
  } finally {
    for (const claim of claims) removeIfThere(`${directory}/${claim}`);
  }
}

function keyOf(seen: Sighting): string {
  if (seen.kind === "record") return seen.record.token;
  return seen.kind === "unreadable" ? seen.key : "";
}

function claimName(key: string, index: number): string {
  return `${LOCK_NAME}.break.${key}.${index}`;
}
