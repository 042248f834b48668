import type { RecordedEvent } from "../../src/engine/event.ts";
import {
  isWorkflowPage,
  learningsSection,
  type PageSource,
  workflowPage,
} from "../../src/history/page_rules.ts";
import type { Learnings } from "../../src/history/rules.ts";
import { actAll } from "../engine/act.ts";
import {
  AGENT,
  COMMAND,
  commandResult,
  complete,
  FILE,
  GOOD_REASON,
  itemOf,
  phaseOf,
  sessionOf,
  skip,
  workflowOf,
} from "../engine/fixtures.ts";
import { recorded } from "./log_events.ts";
import { assert, assertEquals } from "@std/assert";

const LEARNINGS: Learnings = {
  task: "Add <login>\n# and more",
  workflow: "Tiny",
  status: "active",
  updatedAt: "2026-03-01T10:35:10Z",
  skipped: [{ itemId: "sketch", reason: "Nothing to\n# draw" }],
  failures: [
    { itemId: "plan", count: 2, last: "Second" },
    { itemId: "tests", count: 1, last: "Gate failed: tests" },
  ],
  overrides: [{
    at: "2026-03-01T10:00:00Z",
    message: "Force-skipped item: tests",
  }],
  notes: ["Ada knows"],
  phases: [{ phaseId: "PLAN", durationMinutes: 35 }],
};

Deno.test("learningsSection() writes each text in one line that Markdown leaves alone", () => {
  const section = learningsSection(LEARNINGS, "1a2b3c4d");
  assertEquals(
    section,
    `## 2026-03-01 Add \\<login\\> \\# and more

Session 1a2b3c4d, workflow Tiny, active

### Skipped

- sketch: Nothing to \\# draw

### Failed checks

- plan: 2 times, last: Second
- tests: once: Gate failed: tests

### Rules set aside

- 2026-03-01 Force-skipped item: tests

### Notes

- Ada knows

### Time

- PLAN: 35 min`,
  );
});

const workflow = workflowOf([
  phaseOf("PLAN", [
    itemOf("scope"),
    itemOf("plan", { verification: FILE }),
    itemOf("tests", { verification: COMMAND }),
    itemOf("begun"),
    itemOf("extra", { required: false }),
  ]),
  phaseOf("LEARN", []),
]);

const { state } = actAll(workflow, sessionOf(workflow), [
  complete("scope", { notes: "Two pages" }),
  skip("plan"),
  complete("tests", { result: commandResult(false) }),
  { type: "start_item", itemId: "begun" },
], AGENT);

function eventOf(message: string, at = "2026-03-04T05:06:07Z"): RecordedEvent {
  return recorded("item_completed", { message, at });
}

function pageOf(fields: Partial<PageSource> = {}): string {
  return workflowPage({
    workflow,
    state,
    sessionId: "34aa3244",
    events: [],
    ...fields,
  });
}

Deno.test("workflowPage() shows each item by its status", () => {
  const lines = pageOf().split("\n").filter((line) => /^- \[/.test(line));
  assertEquals(lines, [
    "- [x] `scope` Name of scope (Two pages)",
    `- [-] \`plan\` Name of plan (skipped: ${GOOD_REASON})`,
    "- [ ] `tests` Name of tests (failed, checks failed so far: 1)",
    "- [~] `begun` Name of begun",
    "- [ ] `extra` Name of extra (optional)",
  ]);
});

Deno.test("workflowPage() shows state, blockers, phases and workflow id", () => {
  const page = pageOf();
  for (
    const part of [
      "# Add login\n",
      "| Status | active |\n| Phase | PLAN |\n",
      "| Items | 1 completed, 1 skipped, 5 in all |",
      "| Session | 34aa3244 |",
      '- Item "tests" is failed\n- Item "begun" is in progress\n',
      "### PLAN: Name of PLAN (2/5)",
      "### LEARN: Name of LEARN (0/0)",
      "Workflow id: `wf_00c0ffee`\n",
    ]
  ) assert(page.includes(part), `${part} in ${page}`);
});

Deno.test("workflowPage() shows the last 20 events in their own offset, and those without a time", () => {
  const events = Array.from(
    { length: 30 },
    (_, index) => eventOf(`No. ${index}`, "2026-03-04T23:59:07.5+05:30"),
  );
  const rows = pageOf({ events }).split("\n")
    .filter((line) => line.includes("item\\_completed"));
  assertEquals(rows.length, 20);
  assertEquals(rows[0], "| 2026-03-04 23:59 | item\\_completed | No. 10 |");
  for (const at of ["", "soon"]) {
    const page = pageOf({ events: [eventOf("a", at)] });
    assert(page.includes("|  | item\\_completed | a |"), page);
  }
});

Deno.test("workflowPage() shows what others wrote as it is written", () => {
  const text = "<!-- x --> | [y](z)\n# w";
  const shown = String.raw`\<\!-- x --\> \| \[y\](z) \# w`;
  const events = [eventOf(text)];
  const page = pageOf({ events, state: { ...state, task: text } });
  assert(page.includes(`# ${shown}\n`), page);
  assert(page.includes(`| ${shown} |`), page);
});

Deno.test("workflowPage() cuts a task of a whole page and bears an empty one", () => {
  const page = pageOf({ state: { ...state, task: "word ".repeat(1000) } });
  assert(page.split("\n")[2]?.length === 122, page);
  assert(pageOf({ state: { ...state, task: "" } }).includes("\n# Session\n"));
});

Deno.test("a page of somebody else that quotes orc's, or goes on behind it, is not replaced", () => {
  const page = pageOf();
  const [mark = "", ...rest] = page.split("\n");
  for (
    const text of [
      `# How pages begin\n${mark}\nMine\n`,
      `They begin with ${mark}\n\n${rest.join("\n")}`,
      `${page}\n## My notes\n`,
      "<!-- Made by orc generate-md -->\nWorkflow id: mine\n",
    ]
  ) assert(!isWorkflowPage(text), text);
});

Deno.test("isWorkflowPage() knows a page from what others wrote", () => {
  const page = pageOf();
  assert(isWorkflowPage(page));
  assert(isWorkflowPage(`\ufeff${page.replaceAll("\n", "\r\n")}`));
  assert(isWorkflowPage(`\n\n${page}`));
  assert(!isWorkflowPage(`\n\n\n${page}`));
  assert(!isWorkflowPage("# Workflow\n"));
  assert(!isWorkflowPage(""));
});
