import { OrcError } from "../base/error.ts";
import { MAX_CANDIDATES } from "../base/limits.ts";
import { joinPath } from "../base/path.ts";
import { sizeText } from "../base/size_text.ts";
import { listOf } from "../base/text.ts";
import { reasonOf } from "../files/errors.ts";
import type { Repository } from "../repository/open.ts";
import type { MigrationPlan } from "./migration_plan.ts";
import { doesNothing } from "./plan.ts";

/** Refuses a plan that would lose something, or fill the disk. */
export function assertPossible(
  plan: MigrationPlan,
  { layout }: Repository,
): void {
  const { conflicts, neededBytes, freeBytes } = plan;
  const [first, ...others] = conflicts;
  if (first !== undefined) {
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
    throw new OrcError(
      "conflict",
      "layouts_differ",
      `"${first.oldPath}" and "${first.newPath}" hold different things${more}: ${
        listOf(first.differences, MAX_CANDIDATES)
      }`,
      {
        path: joinPath(layout.root, first.oldPath),
        hint:
          "see all of it with orc migrate --dry-run, then say which one is right: --force-from-old or --force-from-new",
        details: { conflicts },
      },
    );
  }
  const isRoomy = freeBytes === null || neededBytes <= freeBytes;
  if (isRoomy || doesNothing(plan)) return;
  throw new OrcError(
    "external",
    "not_enough_space",
    `The migration needs ${sizeText(neededBytes)}, and ${
      sizeText(freeBytes)
    } are free`,
    {
      path: layout.root,
      hint: "make room on the disk, then try again",
      details: { neededBytes, freeBytes },
    },
  );
}

/** The error for a migration that failed late and was undone. */
export function takenBack(reason: OrcError): OrcError {
  return new OrcError(
    reason.kind,
    "migration_rolled_back",
    `The migration failed and was taken back: ${reasonOf(reason)}`,
    { path: reason.path, hint: reason.hint, cause: reason },
  );
}

/** The error for a migration that counts and has still to be finished. */
export function unfinished(reason: OrcError): OrcError {
  const { kind, path } = reason;
  return new OrcError(
    kind,
    "migration_unfinished",
    `The migration counts, but is not finished: ${reasonOf(reason)}`,
    { path, hint: "finish it: orc migrate", cause: reason },
  );
}
