import { misconfigured, type OrcError } from "../base/error.ts";
import { fitsRange, VERSION } from "../base/version.ts";
import type { Workflow } from "../workflow/types.ts";

/** Says why this orc must not work with a workflow; undefined when it may. */
export async function versionRefusal(
  { orc }: Pick<Workflow, "orc">,
  path: string | null,
): Promise<OrcError | undefined> {
  if (orc === null) return undefined;
  if (await fitsRange(VERSION, orc)) return undefined;
  return misconfigured(
    "orc_version",
    `The workflow asks for orc "${orc}", and this is orc ${VERSION}`,
    {
      hint: "install a version in that range; orc version shows what you have",
      path: path ?? undefined,
      details: { range: orc, version: VERSION },
    },
  );
}
