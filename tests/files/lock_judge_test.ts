import { newJudge } from "../../src/files/lock_judge.ts";
import type { Sighting } from "../../src/files/lock_record.ts";
import type { Liveness } from "../../src/files/process_identity.ts";
import { foreignRecord, NOW } from "../session/fixtures.ts";
import { assertEquals } from "@std/assert";

/** What is said at first sight; what only time can tell is tested with the lock. */
function judgementOf(seen: Sighting, liveness: Liveness): boolean {
  const context = { now: () => NOW, livenessOf: () => liveness };
  return newJudge(context, "here")(seen);
}

Deno.test("newJudge() believes what is certain, whatever the age", () => {
  for (const at of [NOW, "1970-01-01T00:00:00Z", "2100-01-01T00:00:00Z"]) {
    for (const host of ["here", "elsewhere", ""]) {
      const record = foreignRecord({ at, host });
      const seen: Sighting = { kind: "record", record };
      assertEquals(judgementOf(seen, "dead"), true);
      assertEquals(judgementOf(seen, "alive"), false);
    }
  }
});

Deno.test("newJudge() gives nobody up at first sight without proof", () => {
  const record = foreignRecord({ at: "1970-01-01T00:00:00Z" });
  const sightings: Sighting[] = [
    { kind: "absent" },
    { kind: "unreadable", key: "x" },
    { kind: "record", record },
  ];
  for (const seen of sightings) {
    assertEquals(judgementOf(seen, "unknown"), false, seen.kind);
  }
});
