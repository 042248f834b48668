import { walkSync } from "@std/fs/walk";
import type { Decision } from "../../src/workflow/types.ts";
import {
  type Packed,
  packSession,
  unpackSession,
} from "../../src/session/pack/pack.ts";
import type { Session } from "../../src/session/store.ts";
import { writeTree } from "../files/temporary.ts";
import {
  complete,
  eventOf,
  SESSION_ID,
  type StoredFixture,
  withSession,
} from "./fixtures.ts";

/** Ends a session. */
export function close({ state }: Session): Decision {
  return {
    state: { ...state, status: "completed" },
    events: [eventOf("workflow_completed", null)],
  };
}

/** A session that is closed, with files of every kind. */
export async function closed(
  test: (fixture: StoredFixture) => void | Promise<void>,
): Promise<void> {
  await withSession(async (fixture) => {
    const { store, paths } = fixture;
    await store.update(SESSION_ID, complete("a"));
    const checkpoints = await store.checkpoints(SESSION_ID);
    const id = "cp_20260301_100000_000000_1_abcd";
    await checkpoints.save(() => ({ id, text: "{}\n" }));
    const feedback = await store.feedback(SESSION_ID);
    await feedback.add({ tool: '{"a":1}', process: '{"b":2}' });
    await store.update(SESSION_ID, close);
    writeTree(paths.directory, { "outputs/1.txt": "printed\n" });
    const mine = new Uint8Array([0xff, 0, 10]);
    Deno.writeFileSync(`${paths.directory}/notes of mine.bin`, mine);
    await test(fixture);
  });
}

/** Packs the session. */
export function pack(
  { layout, context }: StoredFixture,
): Promise<Packed | null> {
  return packSession(layout, context, SESSION_ID);
}

/** Unpacks the session. */
export function unpack({ layout, context }: StoredFixture): Promise<void> {
  return unpackSession(layout, context, SESSION_ID);
}

/** The bytes of all that lies in a directory, as text; directories without any. */
export function filesIn(directory: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const { path, isDirectory } of walkSync(directory)) {
    const name = path.slice(directory.length + 1);
    if (name === "") continue;
    if (isDirectory) files[`${name}/`] = "";
    else files[name] = encodeHex(Deno.readFileSync(path));
  }
  return files;
}

function encodeHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
