import { OrcError } from "../base/error.ts";
import { VERSION } from "../base/version.ts";
import type { Workflow } from "../workflow/types.ts";

/** The part of a workflow that says which versions of orc may work with it. */
export type Demand = Pick<Workflow, "orc">;

/**
 * Says why this orc must not work with a workflow; undefined when it may. What compares versions is
 * loaded only for a workflow that asks for one.
 */
export async function versionRefusal(
  { orc }: Demand,
  path: string | null,
): Promise<OrcError | undefined> {
  if (orc === null) return undefined;
  const { fitsRange } = await import("../workflow/version.ts");
  if (fitsRange(VERSION, orc)) return undefined;
  return new OrcError(
    "config",
    "orc_version",
    `The workflow asks for orc "${orc}", and this is orc ${VERSION}`,
    {
      hint: "install a version in that range; orc version shows what you have",
      path: path ?? undefined,
      details: { range: orc, version: VERSION },
    },
  );
}

/** Refuses a workflow that is meant for other versions of orc. */
export async function assertOrcFits(
  demand: Demand,
  path: string | null,
): Promise<void> {
  const refusal = await versionRefusal(demand, path);
  if (refusal !== undefined) throw refusal;
}
