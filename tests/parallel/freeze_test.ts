/** A process that is stopped while it holds the lock: nobody takes it for dead. */
import { APPROVING, inRepository, repositoryAt } from "../journey/orc.ts";
import { startOrc, until } from "./orc_process.ts";
import { problemsIn, sessionsIn } from "./whole.ts";
import { assertEquals } from "@std/assert";

const WORKER = new URL("./frozen_worker.ts", import.meta.url).pathname;

/** Starts the worker and waits until it is stopped, with the lock in its hands. */
async function startFrozen(directory: string): Promise<Deno.ChildProcess> {
  const worker = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", WORKER, directory],
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  await until("stopped", () => isStopped(worker.pid));
  return worker;
}

async function isStopped(pid: number): Promise<boolean> {
  const { stdout } = await new Deno.Command("ps", {
    args: ["-o", "stat=", "-p", String(pid)],
  }).output();
  return new TextDecoder().decode(stdout).trim().startsWith("T");
}

async function notesIn(directory: string): Promise<readonly string[]> {
  const [session] = await sessionsIn(directory);
  return session?.state.notes.map(({ text }) => text) ?? [];
}

/** A command that does not wait long, and says who holds the lock. */
async function refusal(directory: string, text: string): Promise<unknown> {
  const args = ["note", text, "--lock-timeout", "0.3", "--full"];
  const { code, stdout } = await repositoryAt(directory).orc(args);
  const { error } = JSON.parse(stdout);
  return [code, error.code, error.details.pid, error.details.purpose];
}

Deno.test({
  name:
    "whoever waits for a stopped holder is told its name; once it goes on, its update is stored",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inRepository(async ({ directory, result }) => {
      await result(["start", "Test"]);
      const holder = await startFrozen(directory);
      const patient = startOrc(directory, [
        "note",
        "patient",
        "--lock-timeout",
        "60",
      ]);
      try {
        const refusals = ["a", "b", "c"].map((text) =>
          refusal(directory, text)
        );
        const expected = [5, "lock_held", holder.pid, "frozen"];
        assertEquals(await Promise.all(refusals), Array(3).fill(expected));
        assertEquals((await result(["status"])).notes, [], "readers are free");
        assertEquals(patient.hasEnded(), false);
      } finally {
        holder.kill("SIGCONT");
      }
      assertEquals((await holder.status).code, 0);
      assertEquals((await patient.ended).code, 0);
      assertEquals(await notesIn(directory), ["frozen", "patient"]);
      assertEquals(await problemsIn(directory), []);
    }),
});

Deno.test({
  name:
    "a stopped holder whose lock a human removes repeats its update on the fresh state",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inRepository(async ({ directory, result }) => {
      await result(["start", "Test"]);
      const holder = await startFrozen(directory);
      try {
        const { locks } = await result(["unlock", "--force"], APPROVING);
        assertEquals(locks.length, 1);
        await result(["note", "meanwhile"]);
      } finally {
        holder.kill("SIGCONT");
      }
      assertEquals((await holder.status).code, 0);
      assertEquals(await notesIn(directory), ["meanwhile", "frozen"]);
      assertEquals(await problemsIn(directory), []);
    }),
});
