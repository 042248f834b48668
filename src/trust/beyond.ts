/** What is found about a session beyond its own files: in what was committed, and by running its checks again. */
import type { Host } from "../host/host.ts";
import { type JsonObject, textAt } from "../base/json.ts";
import { isLasting } from "../engine/check.ts";
import { overridesIn } from "../repository/overrides.ts";
import type { OpenedSession } from "../repository/select.ts";
import {
  type Git,
  gitAround,
  readCommitted,
  resolveCommit,
} from "./committed.ts";
import {
  followedBy,
  judgeOthers,
  judgeSize,
  measuredCommit,
  reviewWorkflow,
  type SizedWork,
} from "./definition.ts";
import type { TrustFinding } from "./finding_rules.ts";
import { assertTrusted } from "./foreign.ts";
import { rerunChecks, type Rerunning } from "./rerun.ts";
import { basesIn, judgeBases, readProofs } from "./proofs.ts";
import { compareWithCommit, uncommittedFiles } from "./seen.ts";
import type { VerifyOptions } from "./use.ts";

/** Compares the workflow with that of a commit, and runs checks again, as far as is asked for. */
export async function lookBeyond(
  host: Host,
  opened: OpenedSession,
  options: VerifyOptions,
): Promise<{
  readonly findings: readonly TrustFinding[];
  readonly rerun: number | null;
}> {
  const { repository, workflow, session: { id, state } } = opened;
  const { base, signal } = options;
  const git = gitAround(host, repository.found.workingTree, signal);
  const reviewed = base === undefined
    ? undefined
    : await reviewWorkflow(git, repository, base, await followedBy(state));
  // What a session keeps as loosening is said of it in any case.
  const isSaid = overridesIn(state.metadata).some(({ loosens }) => loosens);
  const differs =
    reviewed?.findings.filter(({ code }) => code !== "loosened" || !isSaid) ??
      [];
  const proofs = await readProofs(opened);
  const claimed = basesIn(proofs);
  const items = workflow.phases.flatMap(({ items }) => items)
    .filter((item) => !options.rerun || !isLasting(item));
  const bases = base === undefined || claimed.size === 0
    ? []
    : await judgeBases(git, await resolveCommit(git, "HEAD"), {
      ...{ items, claimed },
      ref: base,
    });
  const sized = reviewed?.sizing === undefined || base === undefined
    ? []
    : await judgeMeasure(git, opened, proofs.measured, {
      sizing: reviewed.sizing,
      ref: base,
    });
  const compared = [...differs, ...bases, ...sized];
  if (!options.rerun) return { findings: compared, rerun: null };
  await assertTrusted(host, opened, "run its checks again");
  const committed = await readCommitted(git, "HEAD");
  const { commit } = committed;
  const { changed } = await compareWithCommit(git, repository, committed);
  const completed = new Set(
    state.phases.flatMap(({ items }) => items)
      .filter(({ status }) => status === "completed").map(({ id }) => id),
  );
  const where = { git, repository, commit, workflow, session: id };
  const what = { ...where, completed, claimed, base };
  const { count, findings }: Rerunning = await rerunChecks(what, options);
  return {
    findings: [
      ...compared,
      ...changed.length === 0 ? [] : [uncommittedFiles(changed)],
      ...findings,
    ],
    rerun: count,
  };
}

/** Measures again what a session changed, as it was when it ended. */
async function judgeMeasure(
  git: Git,
  { repository, session: { state: { metadata } } }: OpenedSession,
  measured: JsonObject,
  by: Pick<SizedWork, "sizing" | "ref">,
): Promise<readonly TrustFinding[]> {
  const start = textAt(metadata, "start_commit");
  const commit = await measuredCommit(git, measured, start);
  const work = { commit, start, ...by };
  return [
    ...await judgeSize(git, repository, work),
    ...await judgeOthers(git, measured, by.ref),
  ];
}
