import {
  checkpointId,
  isCheckpointId,
  matchCheckpointId,
} from "../../src/base/checkpoint_id.ts";
import { orcErrorOf } from "../engine/act.ts";
import { assert, assertEquals } from "@std/assert";

const TOKEN = "2a".padStart(32, "0");

Deno.test("checkpointId() has the shape that the Python tool lists", () => {
  assertEquals(
    checkpointId("wf_00c0ffee", "2026-03-04T05:06:07.089000Z", TOKEN),
    "cp_20260304_050607_089000_0042_ffee",
  );
  const whole = checkpointId("Wild/../id", "2026-03-04T05:06:07Z", TOKEN);
  assert(/^cp_20260304_050607_000000_0042_[0-9a-f]{4}$/.test(whole), whole);
  assert(isCheckpointId(whole));
});

Deno.test("isCheckpointId() takes ids of the Python tool, old ones too, and nothing that leads elsewhere", () => {
  const good = [
    "cp_20261120_080124_555383_8918_d897",
    "cp_20260104_120000_abcdef",
    "cp_y",
  ];
  for (const id of good) assert(isCheckpointId(id), id);
  const bad = [
    "",
    "cp_",
    "cp_../x",
    "cp_a/b",
    "cp_a.b",
    "x",
    `cp_${"a".repeat(65)}`,
  ];
  for (const id of bad) assert(!isCheckpointId(id), id);
});

Deno.test("matchCheckpointId() finds a checkpoint by its id or a part that no other has", () => {
  const ids = [
    "cp_20260304_050607_089000_0042_ffee",
    "cp_20260304_050608_089000_0043_ffee",
    "cp_y",
  ];
  assertEquals(matchCheckpointId("cp_y", ids), "cp_y");
  assertEquals(matchCheckpointId("0043", ids), ids[1]);
  assertEquals(matchCheckpointId("cp_20260304_050607", ids), ids[0]);
  assertEquals(
    ["ffee", "42", "nothing", "latest"].map((text) =>
      orcErrorOf(() => matchCheckpointId(text, ids)).code
    ),
    [
      "ambiguous_checkpoint_id",
      "no_such_checkpoint",
      "no_such_checkpoint",
      "no_such_checkpoint",
    ],
  );
});
