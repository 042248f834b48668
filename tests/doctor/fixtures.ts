import { linkEvents, newChain } from "../../src/replay/chain.ts";
import { encodeLogLine } from "../../src/engine/event.ts";
import type { Finding } from "../../src/base/finding.ts";
import { repositoryLayout, sessionLayout } from "../../src/base/layout.ts";
import { MIN_INDEXED_SESSIONS } from "../../src/base/limits.ts";
import { diagnoseRepository, eachFinding } from "../../src/doctor/use.ts";
import type { Liveness } from "../../src/files/lock_record.ts";
import { decodeSession } from "../../src/session/codec.ts";
import { encodeSession } from "../../src/session/encode.ts";
import { fixedHost, idOf, withSession } from "../work/fixtures.ts";
import { assertEquals } from "@std/assert";

/** What the machine itself is like is not for these tests to judge. */
const OF_THE_MACHINE: ReadonlySet<string> = new Set([
  "disk_space_low",
  "network_file_system",
  "no_hard_links",
  "read_only_file_system",
]);

/** All findings in a repository but those about the machine. */
export async function findingsIn(
  root: string,
  liveness: Liveness = "alive",
): Promise<readonly Finding[]> {
  const programs = { "git credential fill": { exitCode: 128 } };
  const host = { ...fixedHost({ programs }), livenessOf: () => liveness };
  const { findings } = await diagnoseRepository(host, { root });
  const each = await Array.fromAsync(eachFinding(host, { root }));
  assertEquals(sorted(each), sorted(findings));
  return findings.filter(({ code }) => !OF_THE_MACHINE.has(code));
}

/** In an order that does not depend on the one in which they were found. */
export function sorted(findings: readonly Finding[]): readonly Finding[] {
  const keyOf = (finding: Finding) => JSON.stringify(finding);
  return findings.toSorted((one, other) => keyOf(one) < keyOf(other) ? -1 : 1);
}

/** What looking comes to in the end. */
export async function endOf<End>(
  steps: AsyncGenerator<unknown, End>,
): Promise<End> {
  for (;;) {
    const { done, value } = await steps.next();
    if (done) return value;
  }
}

/** Codes of {@linkcode findingsIn}. */
export async function codesIn(
  root: string,
  liveness?: Liveness,
): Promise<readonly string[]> {
  return (await findingsIn(root, liveness)).map(({ code }) => code);
}

/** A clock that is far ahead: every file is old enough to be remembered. */
export function later(): string {
  return new Date(Date.now() + 3_600_000).toISOString();
}

/** Runs a test among so many sessions, each as sound as the others, with a checkpoint. */
export function amongSessions(
  test: (root: string) => Promise<void>,
  count = MIN_INDEXED_SESSIONS,
): Promise<void> {
  return withSession(async (root) => {
    await multiply(root, count);
    await test(root);
  });
}

async function multiply(root: string, count: number): Promise<void> {
  const own = sessionLayout(root, idOf(0, 0));
  const text = Deno.readTextFileSync(own.state);
  const session = await decodeSession(text, own.state);
  for (let number = 0; number < count; number++) {
    const id = idOf(1, number);
    const { directory, state, log, meta, checkpoints } = sessionLayout(
      root,
      id,
    );
    if (number > 0 || count === 1) Deno.mkdirSync(directory);
    else Deno.renameSync(own.directory, directory);
    Deno.mkdirSync(checkpoints);
    Deno.writeTextFileSync(`${checkpoints}/cp_1.json`, "{}");
    const { chain, events } = linkEvents(
      newChain(id),
      session.lastEvents,
      session.state,
    );
    const copy = { ...session, sessionId: id, chain, lastEvents: events };
    Deno.writeTextFileSync(
      state,
      await encodeSession(copy, session.state.updatedAt),
    );
    Deno.writeTextFileSync(log, events.map(encodeLogLine).join(""));
    if (number === 0) continue;
    const first = sessionLayout(root, idOf(1, 0));
    Deno.copyFileSync(first.meta, meta);
  }
  Deno.writeTextFileSync(repositoryLayout(root).current, idOf(1, 0));
}

/** How often each call was made on a file, and which files were opened. */
export async function callsOf(
  act: () => Promise<unknown>,
): Promise<{ readonly count: number; readonly opened: readonly string[] }> {
  const { lstatSync, openSync, readDirSync } = Deno;
  const opened: string[] = [];
  let count = 0;
  try {
    Deno.lstatSync = (path) => (count++, lstatSync(path));
    Deno.readDirSync = (path) => (count++, readDirSync(path));
    Deno.openSync = (path, options) => {
      count++;
      opened.push(String(path));
      return openSync(path, options);
    };
    await act();
  } finally {
    Object.assign(Deno, { lstatSync, openSync, readDirSync });
  }
  return { count, opened };
}
