/** Real commands that are killed at random moments: what they acknowledged is there. */
import { inRepository } from "../journey/orc.ts";
import { inLanes, startOrc } from "./orc_process.ts";
import { problemsIn, sessionsIn } from "./whole.ts";
import { assert, assertEquals } from "@std/assert";

/** How long commands are started and killed. */
const DURATION_MS = 5_000;

/** Commands that run at once. */
const LANES = 4;

Deno.test("commands that are killed at random moments lose nothing that was acknowledged", () =>
  inRepository(async ({ directory, result }) => {
    await result(["start", "Test"]);
    const acknowledged: string[] = [];
    let killed = 0;
    let longestMs = 100;
    await inLanes(LANES, numbersFor(DURATION_MS), async (number) => {
      const startedAtMs = performance.now();
      const orc = startOrc(directory, ["note", `note ${number}`]);
      const delayMs = Math.random() * 1.2 * longestMs;
      // One in four is let go on, so that some end however slow the machine is.
      const timer = number % 4 === 0
        ? undefined
        : setTimeout(orc.kill, delayMs);
      const { code, stderr } = await orc.ended;
      clearTimeout(timer);
      if (code === null) return void killed++;
      assertEquals({ code, stderr }, { code: 0, stderr: "" });
      acknowledged.push(`note ${number}`);
      longestMs = Math.max(longestMs, performance.now() - startedAtMs);
    });
    await result(["note", "last"]);
    const [session] = await sessionsIn(directory);
    const stored = session?.state.notes.map(({ text }) => text) ?? [];
    assertEquals(acknowledged.filter((text) => !stored.includes(text)), []);
    assertEquals(new Set(stored).size, stored.length);
    assertEquals(await problemsIn(directory), []);
    assert(acknowledged.length > 0, "some were left to end");
    assert(killed > 0, "some were killed");
  }));

/** Numbers as long as there is time. */
function* numbersFor(durationMs: number): Iterable<number> {
  const deadlineMs = performance.now() + durationMs;
  for (let number = 1; performance.now() < deadlineMs; number++) yield number;
}
