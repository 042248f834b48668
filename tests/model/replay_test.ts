import { jsonObject } from "../../src/base/json.ts";
import { decodeLogLine, encodeLogLine } from "../../src/engine/event.ts";
import { unearnedIn } from "../../src/replay/earned.ts";
import { newReplayer } from "../../src/replay/replay.ts";
import { play } from "./play.ts";
import { randomSequence } from "./sequence.ts";
import { assertEquals } from "@std/assert";

const SEQUENCES = 2000;

/** That a workflow is pinned: by what is pinned, each update is judged. */
const PINNED = jsonObject({ name: "Random" });

Deno.test("a replay of the events leads to the state, whatever is done", () => {
  for (let seed = 0; seed < SEQUENCES; seed++) {
    const { definition, script } = randomSequence(seed);
    const { events, states, workflow } = play(definition, script);
    const last = states.at(-1);
    if (last === undefined || events.length === 0) continue;
    const state = { ...last, definition: PINNED };
    const replayer = newReplayer(workflow, state);
    for (const event of events) {
      const read = decodeLogLine(encodeLogLine(event));
      if (read !== undefined) replayer.take(read);
    }
    const replayed = replayer.result();
    const found = {
      problems: replayed.problems,
      unearned: unearnedIn(state, replayed),
    };
    assertEquals(found, { problems: [], unearned: [] }, `seed ${seed}`);
  }
});
