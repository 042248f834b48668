import { OrcError } from "../base/error.ts";
import type { Place, Values } from "../commands/command.ts";
import type { Host } from "../host/host.ts";
import { openRepository } from "../repository/open.ts";
import { siteAt } from "../settings/files.ts";
import { readPreferences } from "../settings/preferences.ts";
import type { Presentation } from "./parse.ts";

/** How an answer is to look, and what of the settings could not be used. */
export interface Preferred {
  readonly presentation: Presentation;
  readonly warnings: readonly string[];
}

/**
 * Lets the settings say what the command line leaves open. They are those of the place an
 * answer is about, so that nobody has to look for the repository a second time.
 */
export async function withPreferences(
  host: Host,
  presentation: Presentation,
  place: Pick<Place, "root"> | null,
): Promise<Preferred> {
  const { isFormatOpen, json } = presentation;
  const isColorOpen = presentation.color === "auto" && !json;
  if (!isFormatOpen && !isColorOpen) return { presentation, warnings: [] };
  const site = place === null ? undefined : siteAt(place.root);
  const { output, color, warnings } = await readPreferences(host, site);
  return {
    presentation: {
      ...presentation,
      isFormatOpen: false,
      json: isFormatOpen ? output === "json" : json,
      color: isColorOpen ? color : presentation.color,
    },
    warnings,
  };
}

/** Where a command will probably look; null where it will find out that it cannot. */
export function likelyPlace(
  host: Host,
  values: Values,
): Pick<Place, "root"> | null {
  try {
    return openRepository(host, { root: values.text("root") }).found;
  } catch (error) {
    if (error instanceof OrcError) return null;
    throw error;
  }
}
