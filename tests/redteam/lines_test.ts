/** A state that is edited, and lines in the log that tell the same. */
import { assertEquals } from "@std/assert";
import {
  onStage,
  planned,
  type Stage,
  stageAt,
  started,
  trick,
  verified,
  worked,
} from "./stage.ts";

const AT = "2026-03-01T10:30:00.000000Z";
const IDS = ["01kk9999999999999999999998", "01kk9999999999999999999999"];

/** What a made-up line says of itself besides its event. */
type Marks = (place: {
  readonly serial: number;
  readonly head: string;
  readonly lines: readonly string[];
}) => object;

/** Completes code and tests in the state and in the log; `isSigned` lets the state name the lines as its end. */
async function claim(
  { editLog, forge }: Stage,
  marks: Marks,
  isSigned: boolean,
): Promise<void> {
  const made: object[] = [];
  await forge(({ workflow_id, metadata, phases }) => {
    const { orc } = metadata;
    const { serial, chain: { head } } = orc;
    editLog((lines) => {
      for (const [index, item] of ["code", "tests"].entries()) {
        made.push({
          timestamp: AT,
          event_type: "item_completed",
          workflow_id,
          phase_id: "BUILD",
          item_id: item,
          message: `Completed item: ${item}`,
          details: { notes: "Done", step_type: "gate", has_evidence: false },
          actor: "system",
          id: IDS[index],
          ...marks({ serial, head, lines }),
        });
        const done = { status: "completed", completed_at: AT, notes: "Done" };
        Object.assign(phases.BUILD.items[item], done);
      }
      return [...lines, ...made.map(spaced)];
    });
    if (!isSigned) return;
    orc.events.push(...made);
    Object.assign(
      orc,
      Object(made.at(-1)).serial && {
        serial: Object(made.at(-1)).serial,
      },
    );
    const chain = Object(made.at(-1)).chain ?? head;
    orc.chain = { ...orc.chain, head: chain, closed: orc.chain.closed + 2 };
  });
}

/** As orc prints a line. */
function spaced(event: object): string {
  return JSON.stringify(event).replaceAll('":', '": ').replaceAll(',"', ', "');
}

/** Each kind of line, and what `orc verify` calls it; older orcs write lines without a chain. */
const MARKS: readonly (readonly [string, Marks, string])[] = [
  [
    "in orc's form without a chain",
    ({ serial }) => ({ serial }),
    "done_elsewhere",
  ],
  ["with a made-up chain", ({ serial }) => ({
    serial: serial + 1,
    chain: "ab".repeat(32),
  }), "update_not_allowed"],
  ["with the chain of another event", ({ serial, lines }) => ({
    serial: serial + 1,
    chain: JSON.parse(lines[0] ?? "").chain,
  }), "update_not_allowed"],
  ["with the chain of the last event", ({ serial, head }) => ({
    serial: serial + 1,
    chain: head,
  }), "update_not_allowed"],
];

for (const [name, marks, code] of MARKS) {
  for (const isSigned of [false, true]) {
    const signed = isSigned ? ", which the state names as its end" : "";
    Deno.test(`a forged state and lines ${name}${signed}`, () =>
      onStage(async (stage) => {
        await claim(stage, marks, isSigned);
        const { exitCode, codes } = await verified(stage);
        assertEquals([exitCode, codes.includes(code)], [3, true], `${codes}`);
      }, { before: planned }));
  }
}

trick(
  "lines of a finished session in another one",
  started,
  async (stage) => {
    await worked(stage);
    await stage.done(["finish"]);
    const finished = JSON.parse(Deno.readTextFileSync(stage.state));
    const lines = Deno.readTextFileSync(stage.log).split("\n").slice(2, -1);
    await stage.done(["start", "Sell pears"]);
    const other = await stageAt(stage.root);
    other.editLog((own) => [...own, ...lines]);
    await other.forge((state) => {
      const { session } = state.metadata.orc;
      Object.assign(state.metadata, finished.metadata);
      state.metadata.orc = { ...finished.metadata.orc, session, events: [] };
      state.phases = finished.phases;
      state.current_phase_id = finished.current_phase_id;
    });
  },
  "log_changed",
  "state_not_earned",
);

trick(
  "a human vouches, says a line without its chain",
  planned,
  (stage) =>
    stage.forge((state) => {
      const { orc } = state.metadata;
      orc.serial += 1;
      orc.chain.head = "ab".repeat(32);
      stage.editLog((lines) => [
        ...lines,
        spaced({
          timestamp: AT,
          event_type: "human_override",
          workflow_id: state.workflow_id,
          phase_id: "BUILD",
          item_id: null,
          message: "Signed the state as somebody had changed it outside orc",
          details: { repair: "resign", origin: "terminal" },
          actor: "human",
          id: IDS[0],
          serial: orc.serial,
          base: { status: "active", current_phase_id: "BUILD" },
          chain: orc.chain.head,
        }),
      ]);
      for (const item of ["code", "tests"]) {
        state.phases.BUILD.items[item].status = "completed";
      }
    }),
  "log_changed",
);
