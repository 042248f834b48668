/** What is reported of a session, in words and as a page. */
import {
  closeWithReport,
  type ReportOptions,
  writeReport,
} from "../../src/history/report.ts";
import { newReporter } from "../../src/history/report_rules.ts";
import { waitedFor } from "../../src/history/wait_rules.ts";
import { completeItem } from "../../src/work/complete.ts";
import { approveItem, skipItem } from "../../src/work/item.ts";
import { abandonSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { orc } from "../commands/orc.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import { approvingHost, play, withRepository } from "../trust/fixtures.ts";
import {
  agent,
  fixedHost,
  refusalOf,
  withoutTrace,
  withRoot,
  withSession,
} from "../work/fixtures.ts";
import { assertRefusedWithoutTrace } from "../work/refused.ts";
import { recorded } from "./log_events.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

/** A check that failed once, a step left out, and a human who took ten minutes. */
async function work(root: string): Promise<void> {
  const at = (minute: number) => `2026-03-01T10:${minute}:00Z`;
  const environment = agent("1");
  writeTree(root, { "docs/plan.md": "# Plan\n" });
  const idea = fixedHost({ number: 1, at: at(10), environment });
  await completeItem(idea, {
    root,
    itemId: "idea",
    notes: "Two | <b>ways</b>",
  });
  const plan = fixedHost({ number: 2, at: at(11), environment });
  await completeItem(plan, { root, itemId: "plan" });
  const test = (number: number, minute: number, exitCode: number) =>
    completeItem(
      fixedHost({
        number,
        environment,
        at: at(minute),
        programs: {
          "make test": { exitCode, stdout: "ok | 14 passed | 0 failed\n" },
        },
      }),
      { root, itemId: "tests" },
    );
  await refusalOf(() => test(3, 12, 1));
  await test(4, 15, 0);
  const reason = "Nothing that could be drawn";
  const skip = fixedHost({ number: 5, at: at(16), environment });
  await skipItem(skip, { root, itemId: "sketch", reason });
  const human = fixedHost({ number: 6, at: at(26), answers: ["consent"] });
  await approveItem(human, { root, itemId: "consent" });
}

function report(root: string, options: Partial<ReportOptions> = {}) {
  const host = fixedHost({
    number: 9,
    at: "2026-03-01T10:30:00Z",
    workingDirectory: root,
  });
  return writeReport(host, { root, ...options });
}

Deno.test("writeReport() tells who did what, how it was checked, what was left out, and where the time went", () =>
  withSession(async (root) => {
    await work(root);
    const { report: told, path } = await withoutTrace(
      root,
      () => report(root),
    );
    const [plan] = told.phases;
    assert(plan);
    assertEquals(path, null);
    assertEquals(
      [told.status, told.durationSeconds, told.waitedSeconds, told.endedAt],
      ["active", 1800, 600, null],
    );
    assertEquals([plan.durationSeconds, plan.waitedSeconds], [1800, 600]);
    const [who] = told.agents;
    assertEquals(told.agents.length, 1);
    const item = (id: string) => plan.items.find(({ itemId }) => itemId === id);
    assertEquals([item("idea")?.by, item("idea")?.said], [
      who,
      "Two | <b>ways</b>",
    ]);
    assertEquals(item("sketch")?.by, who);
    const check = item("tests")?.check;
    assertEquals([check?.passed, check?.tries, check?.failures], [true, 2, 1]);
    assertEquals([check?.command, check?.testsRun], ["make test", 14]);
    assertEquals(item("plan")?.check?.tries, 1);
    assertEquals(item("idea")?.check, null);
    assertEquals(told.skipped.map(({ reason }) => reason), [
      "Nothing that could be drawn",
    ]);
    assertEquals(told.approvals.map(({ origin }) => origin), ["terminal"]);
    assertEquals(item("consent")?.by, "a human");
  }));

Deno.test("writeReport() writes Markdown for a pull request, over an earlier report alone", () =>
  withSession(async (root) => {
    await work(root);
    const before = readTree(root);
    const { path } = await report(root, { file: "report.md" });
    assertEquals(path, `${root}/report.md`);
    const text = Deno.readTextFileSync(`${root}/report.md`);
    assertEquals(readTree(root), { ...before, "report.md": text });
    for (
      const part of [
        "# Add login\n",
        "30 min, 10 min of it waiting for a human",
        "| PLAN | `idea` The idea | completed |",
        "Two \\| \\<b\\>ways\\</b\\> |",
        "| `tests` | passed, 14 tests, after 1 of 2 runs had failed | `make test` |",
        "## Skipped\n\n- PLAN sketch: Nothing that could be drawn\n",
        '## Approvals\n\n- Item "consent" was approved at a terminal',
      ]
    ) assertStringIncludes(text, part);
    await report(root, { file: "report.md" });
    writeTree(root, { "mine.md": "# Mine\n", "quoted.md": `${text}Mine\n` });
    for (const file of ["mine.md", "quoted.md"]) {
      const run = () => report(root, { file });
      await assertRefusedWithoutTrace(root, "refused not_generated", run);
    }
    const outside = () => report(root, { file: "../report.md" });
    await assertRefusedWithoutTrace(root, "usage page_elsewhere", outside);
  }));

const HOSTILE =
  `</title><script>alert(1)</script><img src=x onerror="alert('x')">&`;

Deno.test("writeReport() writes a page without any script, on which all that was said is text", () =>
  withRoot({
    "workflow.yaml": `name: Tiny
phases:
  - id: DO
    name: Do
    items: [{id: it, name: ${JSON.stringify(HOSTILE)}}]
`,
  }, async (root) => {
    await startSession(fixedHost(), { root, task: HOSTILE });
    const host = fixedHost({ number: 1 });
    await completeItem(host, { root, itemId: "it", notes: HOSTILE });
    await report(root, { file: "report.html" });
    const page = Deno.readTextFileSync(`${root}/report.html`);
    const tags = [...page.matchAll(/<([a-z][a-z0-9]*)([^>]*)>/g)];
    const names = new Set(tags.map(([, name]) => name));
    for (const name of ["script", "img", "link", "iframe"]) {
      assert(!names.has(name), name);
    }
    const attributes = tags.map(([, , rest]) => rest ?? "").join(" ");
    assert(!/\son\w+=|\sstyle=|\shref=|\ssrc=/.test(attributes), attributes);
    assertEquals(page.split("&lt;script&gt;").length > 4, true);
    // The style is the one that the policy allows, and no other.
    const [, style = ""] = /<style>([^]*?)<\/style>/.exec(page) ?? [];
    const bytes = new TextEncoder().encode(style);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const named = `style-src 'sha256-${btoa(String.fromCharCode(...hash))}';`;
    assertStringIncludes(page, `default-src 'none'; ${named}`);
    await report(root, { file: "report.html" });
    writeTree(root, { "mine.html": "<!doctype html>\n<html></html>\n" });
    const run = () => report(root, { file: "mine.html" });
    await assertRefusedWithoutTrace(root, "refused not_generated", run);
  }));

Deno.test("writeReport() names what is not committed, and what changed since it was checked", () =>
  withRepository(async ({ root }) => {
    await play(root);
    const host = approvingHost();
    const clean = await writeReport(host, { root });
    assertEquals([clean.report.uncommitted, clean.report.stale], [[], []]);
    writeTree(root, { a: "other", new: "1" });
    const { report: told } = await writeReport(host, { root });
    assertEquals(told.uncommitted, ["a", "new"]);
    assertEquals(told.stale.length, 1);
    // The report itself is no part of the work, nor is the one before it.
    const written = () =>
      writeReport({ ...host, workingDirectory: root }, { root, file: "r.md" });
    await written();
    assertEquals((await written()).report.uncommitted, ["a", "new"]);
    assertStringIncludes(told.stale.join(), '"all"');
  }));

Deno.test("closeWithReport() ends nothing where its report cannot be written", () =>
  withSession(async (root) => {
    writeTree(root, { "mine.md": "# Mine\n" });
    const host = fixedHost({ number: 7, workingDirectory: root });
    const reason = "Dropped";
    const close = (file: string) =>
      closeWithReport(
        host,
        { root, file },
        () => abandonSession(host, { root, reason }),
      );
    const run = () => close("mine.md");
    await assertRefusedWithoutTrace(root, "refused not_generated", run);
    const closed = await close("report.md");
    assertEquals([closed.changed, closed.path], [true, `${root}/report.md`]);
    const text = Deno.readTextFileSync(`${root}/report.md`);
    assertStringIncludes(text, "\n\nDropped\n\n");
    // Once it is closed, only the report is written.
    Deno.removeSync(`${root}/report.md`);
    const again = await close("report.md");
    assertEquals([again.changed, again.summary.status], [false, "abandoned"]);
    assertEquals(Deno.readTextFileSync(`${root}/report.md`), text);
  }));

Deno.test("orc finish tells a person all, and an agent no more than it has to know", () =>
  withSession(async (root) => {
    await work(root);
    const argv = ["finish", "--abandon", "-r", "Dropped"];
    const seen = await orc(root, [...argv, "--report", "r.html"], {
      number: 21,
      columns: 100,
      at: "2026-03-01T10:30:00Z",
    });
    assertEquals(seen.exitCode, 0, seen.err);
    for (
      const part of [
        "  PLAN tests: by ",
        "; check passed, 14 tests, after 1 of 2 runs had failed\n",
        "  PLAN: 30 min, 10 min of it waiting for a human\n",
        "Report: /shop/r.html\n",
      ]
    ) assertStringIncludes(seen.out, part);
    const told = await orc(root, ["finish", "--report", "r.html"], {
      number: 22,
    });
    assertEquals(told.exitCode, 0);
    assert(!told.out.includes("PLAN tests"), told.out);
    const refused = await orc(root, ["finish"], { number: 23 });
    assertEquals(refused.exitCode, 3, refused.err);
  }));

Deno.test("waitedFor() counts from the last thing done to a human's yes, and no other event", () => {
  const at = "2026-03-01T10:05:00Z";
  const before = Date.parse("2026-03-01T10:00:00Z");
  const yes = (origin: string, approved = true) =>
    waitedFor(
      recorded("item_completed", { at, details: { approved, origin } }),
      before,
    );
  assertEquals(yes("terminal"), 300_000);
  assertEquals(yes("setting"), undefined);
  assertEquals(yes("terminal", false), undefined);
  const phase = recorded("human_override", {
    at,
    details: { origin: "terminal" },
  });
  assertEquals(waitedFor(phase, before), 300_000);
  assertEquals(waitedFor(phase, undefined), undefined);
  // A clock that was set back makes no time of less than nothing.
  assertEquals(waitedFor(phase, before + 600_000), 0);
});

Deno.test("newReporter() keeps the time of a note from being taken for work", () => {
  const reporter = newReporter();
  const minute = (number: number) => `2026-03-01T10:0${number}:00Z`;
  reporter.take(recorded("item_completed", { at: minute(1), itemId: "a" }));
  reporter.take(recorded("note_added", { at: minute(4) }));
  const details = { approved: true, origin: "terminal" };
  reporter.take(
    recorded("item_completed", { at: minute(5), itemId: "b", details }),
  );
  const [wait] = reporter.waits;
  assertEquals([reporter.waits.length, wait && wait.toMs - wait.fromMs], [
    1,
    240_000,
  ]);
});
