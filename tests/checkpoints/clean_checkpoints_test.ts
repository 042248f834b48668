import { cleanCheckpoints } from "../../src/checkpoints/clean_checkpoints.ts";
import { saveCheckpoint } from "../../src/checkpoints/use.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import { namesIn } from "../session/fixtures.ts";
import {
  fixedHost,
  GIT_LS_FILES,
  idOf,
  refusalOf,
  refusalWithoutTrace,
  withoutTrace,
  withRoot,
  withSession,
} from "../work/fixtures.ts";
import { assertEquals } from "@std/assert";

/** Eight checkpoints, one a day until March 8th. */
function withCheckpoints(test: (root: string) => Promise<void>): Promise<void> {
  return withSession(async (root) => {
    const programs = { [GIT_LS_FILES]: { exitCode: 128 } };
    for (let day = 1; day <= 8; day++) {
      const at = `2026-03-0${day}T10:00:00Z`;
      await saveCheckpoint(fixedHost({ number: day, at, programs }), { root });
    }
    await test(root);
  });
}

function daysIn(root: string): string {
  const directory = `${root}/.orchestrator/sessions/${idOf(0, 0)}/checkpoints`;
  return namesIn(directory).map((name) => name.slice(10, 11)).join("");
}

function hostAt(date: string, answers?: readonly string[]) {
  return fixedHost({ number: 9, at: `${date}T10:00:00Z`, answers });
}

Deno.test("cleanCheckpoints() keeps the newest five, and the others for 30 days", () =>
  withCheckpoints(async (root) => {
    const kept = await cleanCheckpoints(hostAt("2026-03-31"), {
      root,
      yes: true,
    });
    assertEquals([kept.checkpoints.length, kept.kept], [0, 8]);
    const one = await cleanCheckpoints(hostAt("2026-04-01"), {
      root,
      yes: true,
    });
    assertEquals([one.checkpoints.length, one.kept], [1, 7]);
    assertEquals(daysIn(root), "2345678");
    await cleanCheckpoints(hostAt("2027-01-01"), { root, yes: true });
    assertEquals(daysIn(root), "45678");
  }));

Deno.test("cleanCheckpoints() takes other numbers", () =>
  withCheckpoints(async (root) => {
    const host = hostAt("2026-03-09");
    await cleanCheckpoints(host, { root, maxAge: "7", yes: true });
    assertEquals(daysIn(root), "2345678");
    const options = { root, keep: "3", maxAge: "5", yes: true };
    await cleanCheckpoints(host, options);
    assertEquals(daysIn(root), "45678");
    await cleanCheckpoints(host, { root, keep: "2", yes: true });
    assertEquals(daysIn(root), "78");
    const error = await refusalOf(() =>
      cleanCheckpoints(host, { root, keep: "-1", yes: true })
    );
    assertEquals([error.kind, error.code], ["usage", "invalid_number"]);
  }));

Deno.test("cleanCheckpoints() removes nothing in a dry run, and without a yes", () =>
  withCheckpoints(async (root) => {
    const options = { root, keep: "7" };
    const dry = await withoutTrace(
      root,
      () =>
        cleanCheckpoints(hostAt("2026-03-09"), { ...options, dryRun: true }),
    );
    assertEquals([dry.dryRun, dry.checkpoints.length], [true, 1]);
    for (const answers of [undefined, ["n"]]) {
      const error = await refusalWithoutTrace(
        root,
        () => cleanCheckpoints(hostAt("2026-03-09", answers), options),
      );
      assertEquals([error.kind, error.code], ["refused", "not_confirmed"]);
    }
    await cleanCheckpoints(hostAt("2026-03-09", ["yes"]), options);
    assertEquals(daysIn(root), "2345678");
  }));

Deno.test("cleanCheckpoints() leaves what is damaged, of other workflows or in the older tool's place", () =>
  withRoot({}, async (root) => {
    writeTree(root, readTree("tests/testdata/python-projects/cp"));
    const own = `${root}/.orchestrator/sessions/3f1eb0bb/checkpoints`;
    const [first = ""] = namesIn(own);
    const old = first.replace("cp_2026", "cp_2025");
    const text = Deno.readTextFileSync(`${own}/${first}`);
    writeTree(root, {
      [`.workflow_checkpoints/${old}`]: text.replace("cp_2026", "cp_2025")
        .replace('"2026-11-20T08:01:24', '"2025-11-20T08:01:24'),
    });
    const host = hostAt("2027-01-01");
    const { kept } = await cleanCheckpoints(host, {
      root,
      keep: "0",
      yes: true,
    });
    assertEquals(kept, 1);
    assertEquals(namesIn(own), ["cp_w.json", "cp_y.json", "cp_z.json"]);
    assertEquals(namesIn(`${root}/.workflow_checkpoints`), [old]);
  }));
