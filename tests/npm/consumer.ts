// What a program does with the package: checked against its types, and run.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import {
  completeItem,
  denoHost,
  isOrcError,
  OrcError,
  readStatus,
  startSession,
} from "@orc/cli";
import { decodeSession } from "@orc/cli/core";

const host = { ...denoHost(), env: () => undefined };
const root = await mkdtemp(`${tmpdir()}/orc-consumer-`);
try {
  const { place, summary } = await startSession(host, {
    root,
    task: "Add login",
  });
  const source:
    | "flag"
    | "environment"
    | "marker"
    | "git"
    | "worktree"
    | "workflow"
    | "cwd" = place.rootSource;
  if (source !== "flag") throw new Error(`The root is from ${source}`);
  const { phaseId }: { phaseId: string } = summary;
  if (phaseId !== "PLAN") throw new Error(`The phase is ${phaseId}`);
  const status = await readStatus(host, { root });
  if (!status.active) throw new Error("No session is active");
  await completeItem(host, { root, itemId: "nothing" }).catch(
    (error: unknown) => {
      if (!isOrcError(error, "no_such_item")) throw error;
      const code: "no_such_item" = error.code;
      if (!(error instanceof OrcError)) throw new Error(code);
    },
  );
  await decodeSession("{", "state.json").catch((error: unknown) => {
    if (!(error instanceof OrcError)) throw error;
  });
} finally {
  await rm(root, { recursive: true });
}
