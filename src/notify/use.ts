/**
 * Tells whoever the settings name that a human is waited for: once for each time a gate opens. What tells it is
 * a process of its own, for which nobody waits, and whose failure the next `orc doctor` names.
 */
import { sha256Hex } from "../base/checksum.ts";
import { external, notFound, OrcError, orElse } from "../base/error.ts";
import { asObject, parseJson, textAt } from "../base/json.ts";
import type { RepositoryLayout } from "../base/layout.ts";
import { nameOf } from "../base/path.ts";
import { quoted } from "../base/text.ts";
import { keep, makeCache, readCached, stage } from "../checks/tree_cache.ts";
import { isTaken } from "../files/errors.ts";
import { entriesIn, guardPath } from "../files/read.ts";
import { removeIfThere } from "../files/write.ts";
import { type Host, rememberedMasker } from "../host/host.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import { readValue, siteAt } from "../settings/files.ts";
import { type SessionApproval, waitingOf } from "../work/approvals.ts";
import { splitCommand } from "../workflow/command.ts";
import {
  type Format,
  type Message,
  postOf,
  type Receiver,
  receiverIn,
  receiverText,
} from "./message_rules.ts";
import { startSelf } from "./self.ts";

/** A receiver that takes longer hangs. */
const TIMEOUT_MS = 10_000;

/** Marks of gates that were told are kept so long; a gate that waits longer is told once more. */
const KEPT_MS = 90 * 86_400_000;

interface Notice {
  readonly receiver: Receiver;
  readonly format: Format;
}

/** Whom the settings name; undefined for nobody. */
async function noticeFor(
  host: Host,
  root: string,
): Promise<Notice | undefined> {
  const site = siteAt(root);
  const notify = await readValue(host, site, "notify");
  if (typeof notify !== "string") return undefined;
  const format = await readValue(host, site, "notify_format");
  return { receiver: receiverIn(notify), format: format as Format };
}

/**
 * Tells of what waits for a human in a session since it changed. Returns at once: what keeps it from that is
 * a warning, and the change counts all the same.
 */
export async function tellOfGates(
  host: Host,
  { root, session }: { readonly root: string; readonly session: string },
): Promise<readonly string[]> {
  try {
    const notice = await noticeFor(host, root);
    if (notice === undefined) return [];
    const repository = openRepository(host, { root });
    const read = await repository.store.read(session);
    const waiting = await waitingOf(repository, read, []);
    const untold: SessionApproval[] = [];
    for (const gate of waiting) {
      const phase = read.state.phases.find(({ id }) => id === gate.phaseId);
      const item = phase?.items.find(({ id }) => id === gate.itemId);
      // A no opens it anew: then somebody is to be told again.
      const turn = [
        ...[session, gate.phaseId, gate.itemId, phase?.startedAt],
        item?.retryCount,
      ];
      const name = await sha256Hex(
        new TextEncoder().encode(JSON.stringify(turn)),
      );
      if (claim(repository.layout, name)) untold.push(gate);
    }
    if (untold.length === 0) return [];
    const messages = untold.map((gate) => messageOf(root, gate));
    const text = JSON.stringify(messages);
    const input = rememberedMasker(host)?.mask(text) ?? text;
    return await startSelf(root, notice.receiver, input);
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    return [`Nobody was told that a human is waited for: ${error.message}`];
  }
}

function messageOf(root: string, gate: SessionApproval): Message {
  const { session, task, phaseId, itemId, name, agent, since, command } = gate;
  return {
    event: "gate_opened",
    repository: nameOf(root),
    ...{ session, task, phase: phaseId, item: itemId, name, agent },
    ...{ since, command },
  };
}

/** Whether this process is the one that tells: of several, one makes the mark. */
function claim(layout: RepositoryLayout, name: string): boolean {
  const directory = `${layout.cache}/notified`;
  const path = `${directory}/${name}`;
  guardPath(layout.root, path);
  makeCache(layout.cache, directory);
  try {
    Deno.openSync(path, { createNew: true, write: true, mode: 0o600 }).close();
  } catch (error) {
    if (isTaken(error)) return false;
    throw error;
  }
  for (const { name: other } of entriesIn(directory, "list")) {
    const old = `${directory}/${other}`;
    const madeAt = Deno.lstatSync(old).mtime?.getTime() ?? Infinity;
    if (madeAt < Date.now() - KEPT_MS) removeIfThere(old);
  }
  return true;
}

/** More is no list of messages. */
const MAX_INPUT_BYTES = 1_000_000;

/** Sends what another orc hands over, and notes for doctor what went wrong. */
export async function deliver(
  host: Host,
  options: RepositoryOptions,
): Promise<void> {
  const repository = openRepository(host, options, {});
  const { layout } = repository;
  const text = new TextDecoder().decode(host.readInput(MAX_INPUT_BYTES));
  const messages = JSON.parse(text) as readonly Message[];
  const notice = await noticeFor(host, layout.root);
  if (notice === undefined) return;
  try {
    for (const message of messages) {
      await send(host, layout.root, notice, message);
    }
    removeIfThere(failurePath(layout));
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    const staged = stage(layout, failurePath(layout), host.newToken());
    const failure = { at: host.now(), message: error.message };
    if (staged) keep(layout, staged, JSON.stringify(failure));
  }
}

/** Where the last failure stands, as long as nothing was told since. */
function failurePath({ cache }: RepositoryLayout): string {
  return `${cache}/notify-failure.json`;
}

/** What kept the last message from being told. */
export interface NotifyFailure {
  readonly at: string;
  readonly message: string;
}

export function readNotifyFailure(
  layout: RepositoryLayout,
): NotifyFailure | null {
  const text = readCached(layout, failurePath(layout));
  if (text === undefined) return null;
  const value = orElse(
    () => asObject(parseJson(text, "failure")),
    () => undefined,
  );
  const at = value && textAt(value, "at");
  const message = value && textAt(value, "message");
  return at && message ? { at, message } : null;
}

async function send(
  host: Host,
  root: string,
  { receiver, format }: Notice,
  message: Message,
): Promise<void> {
  const { url, body } = postOf(message, format, receiver);
  if (receiver.type === "url" && url !== null) {
    await post(receiver, url, body);
  } else if (receiver.type === "program") {
    await runReceiver(host, root, receiver, body);
  }
}

async function post(
  receiver: Receiver,
  url: string,
  body: string,
): Promise<void> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
    // Whoever is named gets it, and nobody that they name.
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error) => {
    const reason = error instanceof Error && error.name === "TimeoutError"
      ? `it did not answer within ${TIMEOUT_MS / 1000} s`
      : "it cannot be reached";
    throw notTold(receiver, reason, error);
  });
  await answer.body?.cancel();
  if (!answer.ok) throw notTold(receiver, `it answered ${answer.status}`);
}

async function runReceiver(
  host: Host,
  root: string,
  receiver: Receiver & { readonly type: "program" },
  input: string,
): Promise<void> {
  const line = splitCommand(receiver.text);
  if (line.kind === "invalid") throw notTold(receiver, line.problem);
  const { exitCode } = await host.runProgram({
    command: line.kind === "words" ? line.words : { shell: receiver.text },
    workingDirectory: root,
    timeoutMs: TIMEOUT_MS,
    input,
  });
  if (exitCode !== 0) throw notTold(receiver, `it ended with ${exitCode}`);
}

function notTold(
  receiver: Receiver,
  reason: string,
  cause?: unknown,
): OrcError {
  return external(
    "notify_failed",
    `${quoted(receiverText(receiver))} was not told: ${reason}`,
    { cause, hint: "see what it is: orc config get notify" },
  );
}

/** Whom a test reached. */
export interface NotifyTest {
  /** Where the repository is; no session. */
  readonly place: Place;
  /** Host of the URL, or the program. */
  readonly receiver: string;
  /** What it was told in. */
  readonly format: Format;
}

/**
 * Sends a message that says it is a test to whoever the setting `notify` names, and waits for the answer.
 *
 * Once it is there, doctor says no more of what failed before.
 *
 * Requires `--allow-read`, `--allow-write`, and `--allow-net` or `--allow-run` for the receiver.
 *
 * @throws {OrcError} `not_set` (not_found) where nobody is named, `notify_failed` (external) where they
 *   cannot be told
 */
export async function testNotify(
  host: Host,
  options: RepositoryOptions = {},
): Promise<NotifyTest> {
  const repository: Repository = openRepository(host, options, {});
  const { root } = repository.layout;
  const notice = await noticeFor(host, root);
  if (notice === undefined) {
    throw notFound(
      "not_set",
      'Setting "notify" is not set: nobody could be told',
      "orc config set notify https://HOST/TOPIC --global",
    );
  }
  await send(host, root, notice, {
    event: "test",
    repository: nameOf(root),
    name: `A test of orc, in ${nameOf(root)}`,
    ...{ session: null, task: null, phase: null, item: null, agent: null },
    ...{ since: null, command: null },
  });
  removeIfThere(failurePath(repository.layout));
  const { receiver, format } = notice;
  return {
    place: placeOf(repository, null),
    receiver: receiverText(receiver),
    format,
  };
}
