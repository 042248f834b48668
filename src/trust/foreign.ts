/** Sessions that were not begun here: they run nothing until a human says that their commands may. */
import { denied } from "../base/error.ts";
import type { Host } from "../host/host.ts";
import type { OpenedSession } from "../repository/select.ts";
import { foreignWorkflow } from "../session/begun.ts";

/** Hash of the workflow of a session that came from elsewhere and that nobody trusted yet; else undefined. */
export async function untrustedWorkflow(
  host: Host,
  { repository, session }: Pick<OpenedSession, "repository" | "session">,
): Promise<string | undefined> {
  const { root } = repository.layout;
  const { files } = await repository.store.capabilities();
  return await foreignWorkflow(root, host.homeDirectory(), session, files);
}

/** Refuses to run what a session from elsewhere wants to be run, before anything of it is. */
export async function assertTrusted(
  host: Host,
  opened: OpenedSession,
  act: string,
): Promise<void> {
  const sha256 = await untrustedWorkflow(host, opened);
  if (sha256 === undefined) return;
  const { id } = opened.session;
  throw denied(
    "session_not_trusted",
    `Cannot ${act}: session "${id}" was not begun here, and nobody said that its commands may run`,
    {
      hint: `a human reads them and decides, in a terminal: orc trust ${id}`,
      details: { session: id, sha256 },
    },
  );
}
