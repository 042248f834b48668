import type { Primed, PrimeOptions } from "../agents/prime.ts";
import type { WriteAllowed, WriteOptions } from "../agents/write.ts";
import type {
  CheckpointCleanup,
  CheckpointCleanupOptions,
  CheckpointList,
  CheckpointOptions,
  Resumed,
  ResumeOptions,
  SavedCheckpoint,
} from "../checkpoints/use.ts";
import type { OpenGate } from "../engine/gates.ts";
import type { Captured, CaptureOptions } from "../feedback/use.ts";
import type { HandedOff, HandOffOptions } from "../handoff/use.ts";
import type {
  Generated,
  GenerateOptions,
  Learned,
  LearnOptions,
} from "../history/pages.ts";
import type {
  History,
  HistoryEvent,
  HistoryOptions,
  HistoryStreamOptions,
} from "../history/use.ts";
import type { ItemOutputs, OutputOptions } from "../history/outputs.ts";
import type { Reported, ReportOptions } from "../history/report.ts";
import type { PastOptions } from "../repository/past.ts";
import type { SessionInfo } from "../sessions/info.ts";
import type { Renamed } from "../sessions/manage.ts";
import type { Attested, AttestOptions } from "../trust/attest.ts";
import type { Verified, VerifyOptions } from "../trust/use.ts";
import type { Next, Reminded } from "../work/agent.ts";
import type { Changed } from "../work/change.ts";
import type { Completed, CompleteOptions } from "../work/complete.ts";
import type { SessionCommands, Trusted } from "../work/foreign.ts";
import type {
  ApproveItemOptions,
  NoteOptions,
  SkipOptions,
  Skipped,
} from "../work/item.ts";
import type {
  AbandonOptions,
  Advanced,
  AdvanceOptions,
  Closed,
  FinishOptions,
} from "../work/phase.ts";
import type { Started } from "../work/start.ts";
import type { Status, StatusOptions } from "../work/status.ts";
import type { Undone, UndoOptions } from "../work/undo.ts";
import type { Waited, WaitOptions } from "../work/wait.ts";
import { callIn, type CallOptions, type Given, type Site } from "./call.ts";
import type { SessionReading } from "./read.ts";

/**
 * One session: each method is one function of the library, in this session. Without an id it is the
 * session that is meant, chosen anew by each call as the commands choose it. Holds nothing open.
 */
export class Session {
  readonly #site: Site;
  /** As it was named; undefined for the session that is meant. */
  readonly id: string | undefined;
  /** What its start said; null unless this handle is what the start returned. */
  readonly started: Started | null;

  /** Made by a {@linkcode Repository}. */
  constructor({ host, base }: Site, id?: string, started?: Started) {
    this.#site = id === undefined
      ? { host, base }
      : { host, base: { ...base, session: id } };
    this.id = id;
    this.started = started ?? null;
  }

  /** Where it stands, or stood: {@linkcode readStatus}. */
  async status(options: Given<StatusOptions> = {}): Promise<Status> {
    const { readStatus } = await import("../work/status.ts");
    return await readStatus(this.#site.host, callIn(this.#site, options));
  }

  /** Where it stands, what it began with, and how each approval was given: {@linkcode readSessionInfo}. */
  async info(options: Given<PastOptions> = {}): Promise<SessionInfo> {
    const { readSessionInfo } = await import("../sessions/info.ts");
    return await readSessionInfo(this.#site.host, callIn(this.#site, options));
  }

  /** What to do next: {@linkcode readNext}. */
  async next(options: CallOptions = {}): Promise<Next> {
    const { readNext } = await import("../work/agent.ts");
    return await readNext(this.#site.host, callIn(this.#site, options));
  }

  /** The open gates of all phases: {@linkcode readGates}. */
  async gates(options: CallOptions = {}): Promise<readonly OpenGate[]> {
    const { readGates } = await import("./read.ts");
    const call = callIn(this.#site, options);
    return (await readGates(this.#site.host, call)).gates;
  }

  /** Its state, workflow and number: {@linkcode readSession}. */
  async read(options: Given<PastOptions> = {}): Promise<SessionReading> {
    const { readSession } = await import("./read.ts");
    return await readSession(this.#site.host, callIn(this.#site, options));
  }

  /** Whether what it says is so: {@linkcode verifySession}. */
  async verify(options: Given<VerifyOptions> = {}): Promise<Verified> {
    const { verifySession } = await import("../trust/use.ts");
    return await verifySession(this.#site.host, callIn(this.#site, options));
  }

  /** What its checks run, and whether they may: {@linkcode sessionCommands}. */
  async commands(options: CallOptions = {}): Promise<SessionCommands> {
    const { sessionCommands } = await import("../work/foreign.ts");
    return await sessionCommands(this.#site.host, callIn(this.#site, options));
  }

  /** Lets them run where it came from elsewhere: {@linkcode trustSession}. */
  async trust(options: CallOptions = {}): Promise<Trusted> {
    const { trustSession } = await import("../work/foreign.ts");
    return await trustSession(this.#site.host, callIn(this.#site, options));
  }

  /** What others can judge it by: {@linkcode attestSession}. */
  async attest(options: Given<AttestOptions> = {}): Promise<Attested> {
    const { attestSession } = await import("../trust/attest.ts");
    return await attestSession(this.#site.host, callIn(this.#site, options));
  }

  /** What an agent should be reminded of: {@linkcode remindContext}. */
  async reminder(options: CallOptions = {}): Promise<Reminded> {
    const { remindContext } = await import("../work/agent.ts");
    return await remindContext(
      this.#site.host,
      callIn(this.#site, options),
    );
  }

  /** What an agent has to know, in few words: {@linkcode primeAgent}. */
  async prime(options: Given<PrimeOptions> = {}): Promise<Primed> {
    const { primeAgent } = await import("../agents/prime.ts");
    return await primeAgent(this.#site.host, callIn(this.#site, options));
  }

  /** Whether files may be changed now: {@linkcode verifyWriteAllowed}. */
  async verifyWriteAllowed(
    options: Given<WriteOptions> = {},
  ): Promise<WriteAllowed> {
    const { verifyWriteAllowed } = await import("../agents/write.ts");
    const call = callIn(this.#site, options);
    return await verifyWriteAllowed(this.#site.host, call);
  }

  /** Says that work on an item has begun: {@linkcode startItem}. */
  async startItem(itemId: string, options: CallOptions = {}): Promise<Changed> {
    const { startItem } = await import("../work/item.ts");
    const call = callIn(this.#site, { ...options, itemId });
    return await startItem(this.#site.host, call);
  }

  /** Runs the check of an item and completes it: {@linkcode completeItem}. */
  async complete(
    itemId: string,
    options: Given<CompleteOptions, "itemId"> = {},
  ): Promise<Completed> {
    const { completeItem } = await import("../work/complete.ts");
    const call = callIn(this.#site, { ...options, itemId });
    return await completeItem(this.#site.host, call);
  }

  /** Skips an item for a reason: {@linkcode skipItem}. */
  async skip(
    itemId: string,
    reason: string,
    options: Given<SkipOptions, "itemId" | "reason"> = {},
  ): Promise<Skipped> {
    const { skipItem } = await import("../work/item.ts");
    const call = callIn(this.#site, { ...options, itemId, reason });
    return await skipItem(this.#site.host, call);
  }

  /** Gives a human's yes to an item: {@linkcode approveItem}. */
  async approve(
    itemId: string,
    options: Given<ApproveItemOptions, "itemId"> = {},
  ): Promise<Changed> {
    const { approveItem } = await import("../work/item.ts");
    const call = callIn(this.#site, { ...options, itemId });
    return await approveItem(this.#site.host, call);
  }

  /** Gives a human's yes to a phase, without an id to the current one: {@linkcode approvePhase}. */
  async approvePhase(
    phaseId?: string,
    options: CallOptions = {},
  ): Promise<Changed> {
    const { approvePhase } = await import("../work/phase.ts");
    const named = phaseId === undefined ? options : { ...options, phaseId };
    const call = callIn<CallOptions & { phaseId?: string }>(
      this.#site,
      named,
    );
    return await approvePhase(this.#site.host, call);
  }

  /** Waits for a human's answer: {@linkcode waitForAnswer}. */
  async wait(
    itemId?: string,
    options: Given<WaitOptions, "itemId"> = {},
  ): Promise<Waited> {
    const { waitForAnswer } = await import("../work/wait.ts");
    const named = itemId === undefined ? options : { ...options, itemId };
    return await waitForAnswer(
      this.#site.host,
      callIn<CallOptions & WaitOptions>(this.#site, named),
    );
  }

  /** Gives a human's no to an item: {@linkcode rejectItem}. */
  async reject(
    itemId: string,
    reason: string,
    options: CallOptions = {},
  ): Promise<Changed> {
    const { rejectItem } = await import("../work/rework.ts");
    const call = callIn(this.#site, { ...options, itemId, reason });
    return await rejectItem(this.#site.host, call);
  }

  /** Takes up an item again, or goes back to a phase: {@linkcode reopen}. */
  async reopen(
    id: string,
    reason: string,
    options: CallOptions = {},
  ): Promise<Changed> {
    const { reopen } = await import("../work/rework.ts");
    const call = callIn(this.#site, { ...options, id, reason });
    return await reopen(this.#site.host, call);
  }

  /** Takes back its last updates, one unless it is said otherwise: {@linkcode undoUpdates}. */
  async undo(options: Given<UndoOptions> = {}): Promise<Undone> {
    const { undoUpdates } = await import("../work/undo.ts");
    return await undoUpdates(
      this.#site.host,
      callIn(this.#site, options),
    );
  }

  /** Keeps a note: {@linkcode addNote}. */
  async note(
    text: string,
    options: Given<NoteOptions, "text"> = {},
  ): Promise<Changed> {
    const { addNote } = await import("../work/item.ts");
    const call = callIn(this.#site, { ...options, text });
    return await addNote(this.#site.host, call);
  }

  /** Leaves the current phase: {@linkcode advancePhase}. */
  async advance(options: Given<AdvanceOptions> = {}): Promise<Advanced> {
    const { advancePhase } = await import("../work/phase.ts");
    return await advancePhase(
      this.#site.host,
      callIn(this.#site, options),
    );
  }

  /** Ends it, all being done: {@linkcode finishSession}. */
  async finish(options: Given<FinishOptions> = {}): Promise<Closed> {
    const { finishSession } = await import("../work/phase.ts");
    return await finishSession(
      this.#site.host,
      callIn(this.#site, options),
    );
  }

  /** Ends it unfinished, for a reason: {@linkcode abandonSession}. */
  async abandon(
    reason: string,
    options: Given<AbandonOptions, "reason"> = {},
  ): Promise<Closed> {
    const { abandonSession } = await import("../work/phase.ts");
    const call = callIn(this.#site, { ...options, reason });
    return await abandonSession(this.#site.host, call);
  }

  /**
   * What happened, event by event from the beginning, in constant memory; with `follow` it goes on
   * until the session is closed: {@linkcode streamHistory}.
   */
  async *events(
    options: Given<HistoryStreamOptions, "limit" | "all"> = {},
  ): AsyncGenerator<HistoryEvent, void> {
    const { streamHistory } = await import("../history/use.ts");
    const call = callIn(this.#site, { ...options, all: true });
    // The first change of a legacy session takes its events to another file, in the same order.
    let seen = 0;
    for (let isMoved = true; isMoved;) {
      const stream = await streamHistory(this.#site.host, call);
      let repeated = seen;
      for await (const batch of stream.batches) {
        const fresh = batch.slice(repeated);
        repeated -= batch.length - fresh.length;
        seen += fresh.length;
        yield* fresh;
      }
      isMoved = stream.isMoved();
    }
  }

  /** The last events: {@linkcode readHistory}. */
  async history(options: Given<HistoryOptions> = {}): Promise<History> {
    const { readHistory } = await import("../history/use.ts");
    return await readHistory(
      this.#site.host,
      callIn(this.#site, options),
    );
  }

  /** What the last runs of an item's check printed: {@linkcode readOutputs}. */
  async outputs(
    itemId: string,
    options: Given<OutputOptions, "itemId"> = {},
  ): Promise<ItemOutputs> {
    const { readOutputs } = await import("../history/outputs.ts");
    return await readOutputs(
      this.#site.host,
      callIn(this.#site, { ...options, itemId }),
    );
  }

  /** What was done in it, by whom, and how it was checked: {@linkcode writeReport}. */
  async report(options: Given<ReportOptions> = {}): Promise<Reported> {
    const { writeReport } = await import("../history/report.ts");
    return await writeReport(this.#site.host, callIn(this.#site, options));
  }

  /** Keeps a copy of its state to return to: {@linkcode saveCheckpoint}. */
  async checkpoint(
    options: Given<CheckpointOptions> = {},
  ): Promise<SavedCheckpoint> {
    const { saveCheckpoint } = await import("../checkpoints/use.ts");
    return await saveCheckpoint(
      this.#site.host,
      callIn(this.#site, options),
    );
  }

  /** Those copies, newest first: {@linkcode listCheckpoints}. */
  async checkpoints(options: CallOptions = {}): Promise<CheckpointList> {
    const { listCheckpoints } = await import("../checkpoints/use.ts");
    return await listCheckpoints(
      this.#site.host,
      callIn(this.#site, options),
    );
  }

  /** Removes old copies: {@linkcode cleanupCheckpoints}. */
  async cleanupCheckpoints(
    options: Given<CheckpointCleanupOptions> = {},
  ): Promise<CheckpointCleanup> {
    const { cleanupCheckpoints } = await import("../checkpoints/use.ts");
    return await cleanupCheckpoints(
      this.#site.host,
      callIn(this.#site, options),
    );
  }

  /** Returns to a copy, without its id to the newest: {@linkcode resumeSession}. */
  async resume(options: Given<ResumeOptions> = {}): Promise<Resumed> {
    const { resumeSession } = await import("../checkpoints/use.ts");
    return await resumeSession(
      this.#site.host,
      callIn(this.#site, options),
    );
  }

  /** Writes a prompt for another agent, or runs one on it: {@linkcode handOff}. */
  async handOff(options: Given<HandOffOptions> = {}): Promise<HandedOff> {
    const { handOff } = await import("../handoff/use.ts");
    return await handOff(
      this.#site.host,
      callIn(this.#site, options),
    );
  }

  /** Gives it a name: {@linkcode renameSession}. */
  async rename(name: string, options: CallOptions = {}): Promise<Renamed> {
    const { renameSession } = await import("../sessions/manage.ts");
    const id = this.id ?? (await this.status(options)).session;
    const call = callIn(this.#site, { ...options, id, name });
    return await renameSession(this.#site.host, call);
  }

  /** What it has to teach: {@linkcode writeLearnings}. */
  async learn(options: Given<LearnOptions> = {}): Promise<Learned> {
    const { writeLearnings } = await import("../history/pages.ts");
    return await writeLearnings(
      this.#site.host,
      callIn(this.#site, options),
    );
  }

  /** It as a page of Markdown: {@linkcode generateMarkdown}. */
  async page(options: Given<GenerateOptions> = {}): Promise<Generated> {
    const { generateMarkdown } = await import("../history/pages.ts");
    return await generateMarkdown(
      this.#site.host,
      callIn(this.#site, options),
    );
  }

  /** Keeps how it went: {@linkcode captureFeedback}. */
  async feedback(options: Given<CaptureOptions> = {}): Promise<Captured> {
    const { captureFeedback } = await import("../feedback/use.ts");
    return await captureFeedback(
      this.#site.host,
      callIn(this.#site, options),
    );
  }
}
