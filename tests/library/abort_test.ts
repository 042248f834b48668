/** Whatever waits ends with the reason of the caller's signal, and what was stored stays so. */
import { completeItem } from "../../src/work/complete.ts";
import { addNote, approveItem } from "../../src/work/item.ts";
import { readStatus } from "../../src/work/status.ts";
import { streamHistory } from "../../src/history/use.ts";
import { handOff } from "../../src/handoff/use.ts";
import {
  eventsOf,
  fixedHost,
  idOf,
  loggedTypes,
  refusalOf,
  stateOf,
  withSession,
} from "../work/fixtures.ts";
import { CountedSignal } from "../files/counted_signal.ts";
import { foreignRecord, lockText } from "../session/fixtures.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";

const host = fixedHost({ programs: "real" });

const SLOW_WORKFLOW = `name: Slow
phases:
  - id: DO
    name: Do
    items:
      - {id: it, name: It, verification: {type: command, command: "touch began && sleep 60"}}
      - {id: consent, name: Consent, verification: {type: manual_gate}}
      - {id: quick, name: Quick, verification: {type: command, command: "touch quick"}}
`;

async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(() => undefined, (reason) => reason);
}

Deno.test("addNote() that waits for a lock ends with the reason of the signal", () =>
  withSession(async (root) => {
    const path = `${root}/.orchestrator/sessions/${idOf(0, 0)}/lock`;
    Deno.writeTextFileSync(path, lockText(foreignRecord()));
    const caller = new AbortController();
    const { signal } = caller;
    const waiting = addNote(host, { root, text: "Late", signal });
    setTimeout(() => caller.abort("enough"), 20);
    assertEquals(await reasonOf(waiting), "enough");
    Deno.removeSync(path);
    assertEquals(stateOf(root).metadata.orc.notes, []);
  }));

Deno.test("nothing begins for a signal that was given before", () =>
  withSession(async (root) => {
    const signal = AbortSignal.abort();
    const reason = await reasonOf(addNote(host, { root, text: "No", signal }));
    assertStrictEquals(reason, signal.reason);
    await assertRejects(() => readStatus(host, { root, signal }));
    assertEquals(loggedTypes(root), ["workflow_started", "phase_started"]);
  }));

Deno.test("a change that was stored is not taken back by a signal", () =>
  withSession(async (root) => {
    const caller = new AbortController();
    const { signal } = caller;
    const { changed } = await addNote(host, { root, text: "Kept", signal });
    caller.abort();
    assert(changed);
    assertEquals(eventsOf(root).at(-1)?.type, "note_added");
  }));

Deno.test("completeItem() ends the program of a check that nobody waits for, and counts no try", () =>
  withSession(async (root) => {
    const caller = new AbortController();
    const { signal } = caller;
    const beganAtMs = performance.now();
    const onProgress = () => caller.abort("enough");
    const options = { root, itemId: "it", signal, onProgress };
    assertEquals(await reasonOf(completeItem(host, options)), "enough");
    assert(performance.now() - beganAtMs < 20_000);
    assert(Deno.statSync(`${root}/began`).isFile);
    assertEquals(loggedTypes(root), ["workflow_started", "phase_started"]);
  }, SLOW_WORKFLOW));

Deno.test("handOff() ends the program of an agent that nobody waits for", () =>
  withSession(async (root) => {
    const signal = AbortSignal.timeout(300);
    const agentProgram = "sleep 60";
    const options = { root, execute: true, agentProgram, signal };
    const reason = await reasonOf(handOff(host, options));
    assertEquals((reason as Error).name, "TimeoutError");
  }));

Deno.test("streamHistory() follows until the signal", () =>
  withSession(async (root) => {
    const caller = new AbortController();
    const options = { root, follow: true, signal: caller.signal };
    const { batches } = await streamHistory(host, options);
    const types: string[] = [];
    const reading = (async () => {
      for await (const batch of batches) {
        types.push(...batch.map(({ type }) => type));
        caller.abort("enough");
      }
    })();
    assertEquals(await reasonOf(reading), "enough");
    assertEquals(types, ["workflow_started", "phase_started"]);
  }));

/** What a caller may wait for, and whether it is given up. */
const WAITS: readonly (readonly [
  what: string,
  wait: (root: string, caller: CountedSignal) => Promise<unknown>,
])[] = [
  ["others of its process", (root, { signal }) => {
    const texts = ["one", "two", "three"];
    return Promise.all(
      texts.map((text) => addNote(host, { root, text, signal })),
    );
  }],
  ["a lock, in vain", (root, { signal }) => {
    hold(root);
    return addNote(host, { root, text: "Late", signal, lockTimeoutMs: 5 });
  }],
  ["a lock, until it is given up", (root, caller) => {
    hold(root);
    const { signal } = caller;
    const timer = setInterval(() => {
      if (caller.added() === 0) return;
      clearInterval(timer);
      caller.abort("enough");
    }, 1);
    return addNote(host, { root, text: "Late", signal });
  }],
  [
    "a check",
    (root, { signal }) => completeItem(host, { root, itemId: "quick", signal }),
  ],
  ["a check, until it is given up", (root, { signal, abort }) => {
    const onProgress = () => abort("enough");
    return completeItem(host, { root, itemId: "it", signal, onProgress });
  }],
  ["a human", (root, { signal }) => {
    const approve = () => Promise.resolve({ approved: true });
    return approveItem({ ...host, approve }, {
      root,
      itemId: "consent",
      early: true,
      signal,
    });
  }],
  ["a human, until it is given up", (root, { signal, abort }) => {
    const approve = () => {
      abort("enough");
      return new Promise<never>(() => {});
    };
    return approveItem({ ...host, approve }, {
      root,
      itemId: "consent",
      early: true,
      signal,
    });
  }],
  ["events, until it is given up", async (root, { signal, abort }) => {
    const options = { root, follow: true, signal };
    const { batches } = await streamHistory(host, options);
    for await (const _ of batches) setTimeout(() => abort("enough"), 5);
  }],
];

for (const [what, wait] of WAITS) {
  Deno.test(`who waited for ${what} leaves no listener on the signal`, () =>
    withSession(async (root) => {
      const caller = new CountedSignal();
      const reason = await reasonOf(wait(root, caller));
      assertEquals(caller.listeners(), 0);
      assert(caller.added() > 0, "nothing was waited for");
      const isGivenUp = what.endsWith("given up");
      assertEquals(reason === "enough", isGivenUp);
    }, SLOW_WORKFLOW));
}

function hold(root: string): void {
  const path = `${root}/.orchestrator/sessions/${idOf(0, 0)}/lock`;
  Deno.writeTextFileSync(path, lockText(foreignRecord()));
}

Deno.test("a lock is waited for as many milliseconds as the caller says", () =>
  withSession(async (root) => {
    const path = `${root}/.orchestrator/sessions/${idOf(0, 0)}/lock`;
    Deno.writeTextFileSync(path, lockText(foreignRecord()));
    const note = (lockTimeoutMs: number) =>
      refusalOf(() => addNote(host, { root, text: "Late", lockTimeoutMs }));
    assertEquals((await note(5)).code, "lock_held");
    assertEquals((await note(-1)).code, "invalid_lock_timeout");
    assertEquals((await note(NaN)).code, "invalid_lock_timeout");
  }));
