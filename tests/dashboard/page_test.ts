/**
 * The dashboard in a real browser, beside real processes of orc. With `-- --pictures` it also makes those of
 * the documentation.
 */
import { assert, assertEquals } from "@std/assert";
import type { Locator, Page } from "playwright-core";
import { assertAccessible, assertFits, endBrowser, test } from "./browser.ts";
import { orc, orcOfAgent } from "./dashboard.ts";

/** Three sessions: one whose check passed, one that waits for a human, one that was given up. */
async function threeSessions(directory: string): Promise<void> {
  await orc(directory, "start", "Add login");
  await orc(
    directory,
    "complete",
    "scope",
    "--notes",
    "All who have an account",
  );
  await orc(directory, "approve-item", "plan_approval");
  await orc(directory, "advance");
  await orc(directory, "complete", "tests");
  Deno.writeTextFileSync(`${directory}/src.txt`, "fixed\n");
  await orc(directory, "complete", "tests");
  await orc(directory, "start", "--beside", "Make the search faster");
  await orc(directory, "complete", "scope");
  await orc(directory, "start", "--beside", "Rename the page");
  const reason = "nobody wants it any more";
  await orc(directory, "finish", "--abandon", "-r", reason);
}

function rows(page: Page) {
  return page.getByRole("navigation", { name: "Sessions" }).getByRole("link");
}

async function openSession(page: Page, task: string): Promise<void> {
  await rows(page).filter({ hasText: task }).click();
  await page.getByRole("heading", { level: 1, name: task }).waitFor();
}

test(
  "lists sessions, and finds those that are meant",
  threeSessions,
  async ({ open }) => {
    const page = await open();
    await rows(page).nth(2).waitFor();
    assertEquals(await rows(page).count(), 3);
    await page.getByRole("searchbox").fill("SEARCH faster");
    await rows(page).nth(1).waitFor({ state: "detached" });
    assertEquals(await rows(page).count(), 1);
    await page.getByRole("searchbox").fill("nothing like it");
    await page.getByText("No session is like this").waitFor();
    await page.getByRole("searchbox").fill("");
    await page.getByText("abandoned 1", { exact: true }).click();
    await rows(page).nth(1).waitFor({ state: "detached" });
    assert((await rows(page).innerText()).includes("Rename the page"));
    await page.getByText("waiting 1", { exact: true }).click();
    await rows(page).filter({ hasText: "Make the search" }).waitFor();
    assertEquals(await rows(page).count(), 1);
  },
);

test(
  "shows what waits for a human, and copies the exact command",
  threeSessions,
  async ({ open, dashboard }) => {
    const page = await open();
    const asked = page.getByRole("region", {
      name: "Waits for you: Plan approved",
    });
    await asked.getByText("Is it small enough?").waitFor();
    await asked.getByText("1. Add the form").waitFor();
    await asked.getByRole("button").click();
    await asked.getByRole("button", { name: "Copy" }).getByText("Copied")
      .waitFor();
    const [{ session }] = await dashboard.get("/api/waiting");
    assertEquals(
      await page.evaluate("navigator.clipboard.readText()"),
      `orc approve-item plan_approval --session ${session}`,
    );
    assertEquals(await page.title(), "(1) shop · orc");
    await openSession(page, "Make the search faster");
    await asked.waitFor();
    if (Deno.args.includes("--pictures")) {
      await page.getByText("fresh").or(page.getByText("Documentation")).first()
        .waitFor();
      await page.screenshot({ path: "docs/dashboard.png" });
    }
  },
);

test(
  "follows a session that another process drives, until its gate opens",
  async (directory) => {
    await orc(directory, "start", "Add login");
  },
  async ({ open, directory }) => {
    const page = await open();
    await openSession(page, "Add login");
    const gate = page.getByRole("region", {
      name: "Waits for you: Plan approved",
    });
    assertEquals(await gate.count(), 0);
    await orc(directory, "complete", "scope", "--notes", "Everybody");
    await gate.waitFor();
    await page.getByText("Everybody", { exact: true }).waitFor();
    await page.getByText("1 waiting for you").waitFor();
    await page.getByRole("link", { name: "Log", exact: true }).click();
    const log = page.getByRole("region", { name: "Log" });
    await log.getByText("Completed item: scope").first().waitFor();
    await orc(directory, "note", "Mind the cookies");
    await log.getByText("Mind the cookies").first().waitFor();
    // What is refused is there at once, too, and can be looked for.
    await orc(directory, "skip", "plan_approval", "--reason", "x");
    await orc(directory, "approve-item", "plan_approval");
    await log.getByText("Approved manual gate: plan_approval").first()
      .waitFor();
    await page.getByText("1 waiting for you").waitFor({ state: "detached" });
    await log.getByRole("combobox").selectOption("humans");
    await log.getByText("Mind the cookies").waitFor({ state: "detached" });
    await log.getByText("Approved manual gate: plan_approval").first()
      .waitFor();
  },
);

test(
  "shows what checks printed, and that a file changed since",
  threeSessions,
  async ({ open, directory }) => {
    const page = await open();
    await openSession(page, "Add login");
    const item = page.getByRole("listitem").filter({ hasText: "Tests pass" });
    await item.getByText("fresh").waitFor();
    await item.getByText("Output").click();
    await item.getByText("running").waitFor();
    Deno.writeTextFileSync(`${directory}/src.txt`, "fixed, and changed\n");
    await page.reload();
    await item.getByText("stale").waitFor();
    await item.getByText('1 file changed since: "src.txt"').waitFor();
    await page.getByRole("link", { name: "Findings" }).click();
    await page.getByText("saw other files").waitFor();
    await page.getByText("approved_by_setting").waitFor();
  },
);

test("shows what was refused, and what was forced", async (directory) => {
  await orc(directory, "start", "Old export");
  await orcOfAgent(directory, "approve-item", "plan_approval", "--early");
  const reason = "the reviewer is on holiday until May";
  await orc(directory, "skip", "scope", "--force", "--reason", reason);
}, async ({ open }) => {
  const page = await open();
  await openSession(page, "Old export");
  await page.getByRole("link", { name: "Log", exact: true }).click();
  const log = page.getByRole("region", { name: "Log" });
  await log.getByRole("combobox").selectOption("refused and forced");
  await log.getByText("forced", { exact: true }).waitFor();
  await log.getByText("refused", { exact: true }).waitFor();
  assertEquals(await log.locator("li").count(), 2);
});

test("is used with the keyboard alone", threeSessions, async ({ open }) => {
  const page = await open();
  await rows(page).nth(2).waitFor();
  const focused = () => page.evaluate("document.activeElement.textContent");
  await page.keyboard.press("Tab");
  assertEquals(await focused(), "Skip the list");
  await page.keyboard.press("/");
  await page.keyboard.type("login");
  await rows(page).nth(1).waitFor({ state: "detached" });
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  assert(
    String(await focused()).includes("Add login"),
    String(await focused()),
  );
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Add login" }).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.press("Control+A");
  await page.keyboard.press("Delete");
  await rows(page).nth(2).waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  const first = await focused();
  await page.keyboard.press("ArrowDown");
  await page.waitForFunction(
    `document.activeElement.textContent !== ${JSON.stringify(first)}`,
  );
  assert(String(await focused()).includes("Make the search"));
});

const SIZES = [{ width: 360, height: 740 }, { width: 1600, height: 1000 }];

test(
  "fits and can be read by everybody, light and dark",
  threeSessions,
  async ({ open }) => {
    const looks = SIZES.flatMap((viewport) => [
      { viewport, colorScheme: "light" as const },
      { viewport, colorScheme: "dark" as const },
    ]);
    for (const options of looks) {
      const page = await open(options);
      await rows(page).nth(2).waitFor();
      await page.getByText("A yes is typed").waitFor();
      const look = async (name: string): Promise<void> => {
        const what = `${name} ${JSON.stringify(options)}`;
        await assertFits(page, what);
        await assertAccessible(page, what);
      };
      await look("waiting");
      await openSession(page, "Add login");
      await page.getByText("Output").click();
      await page.getByText("running").waitFor();
      await look("items");
      await page.getByRole("link", { name: "Log", exact: true }).click();
      await page.getByText("Started workflow").first().waitFor();
      await look("log");
      await page.getByRole("link", { name: "Findings" }).click();
      await page.getByText("How it began").waitFor();
      await look("findings");
      await page.context().close();
    }
  },
);

/** What would run if any of it were taken for more than text. */
const PAYLOADS = [
  "<script>pwned=1</script>",
  "<img src=x onerror=pwned=1>",
  "<svg onload=pwned=1>",
  "<svg><script>pwned=1</script></svg>",
  "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
  "<body onload=pwned=1>",
  "<a href='javascript:pwned=1'>link</a>",
  "javascript:pwned=1//",
  '"><script>pwned=1</script>',
  "' onfocus=pwned=1 autofocus x='",
  "</title><script>pwned=1</script>",
  "</textarea><script>pwned=1</script>",
  "<!--<script>pwned=1//-->",
  "<math><mtext><table><mglyph><style><img src=x onerror=pwned=1>",
  "<details open ontoggle=pwned=1>x</details>",
  "<input autofocus onfocus=pwned=1>",
  "{{constructor.constructor('pwned=1')()}}",
  "${pwned=1}",
  "&lt;script&gt;pwned=1&lt;/script&gt;",
  "<style>@import 'javascript:pwned=1'</style>",
];

function inFours(texts: readonly string[]): readonly string[] {
  return texts.flatMap((_, at) =>
    at % 4 === 0 ? [texts.slice(at, at + 4).join(" ")] : []
  );
}

test(
  "shows scripts in names, notes and outputs as the text they are",
  async (directory) => {
    const output = PAYLOADS.map((text) =>
      `echo '${text.replaceAll("'", `'\\''`)}'`
    );
    Deno.writeTextFileSync(`${directory}/check.sh`, output.join("\n"));
    for (const payloads of inFours(PAYLOADS)) {
      await orc(directory, "start", "--beside", `Task ${payloads}`);
    }
    for (const payloads of inFours(PAYLOADS)) {
      await orc(directory, "note", payloads);
    }
    await orc(directory, "complete", "scope", "--notes", PAYLOADS.join(" "));
    await orc(directory, "approve-item", "plan_approval");
    await orc(directory, "advance");
    await orc(directory, "complete", "tests");
  },
  async ({ open }) => {
    const page = await open({ viewport: { width: 1280, height: 2400 } });
    await rows(page).nth(4).waitFor();
    const listed = await rows(page).allInnerTexts();
    for (const payload of PAYLOADS) {
      assert(listed.some((text) => text.includes(payload)), payload);
    }
    await rows(page).first().click();
    await page.getByText("Output").click();
    await page.getByText("==> stdout <==").waitFor();
    const shown = await page.locator("main").innerText();
    const printed = await page.locator(".output pre").innerText();
    const notes = await page.locator(".texts").innerText();
    for (const payload of PAYLOADS) {
      for (const text of [shown, printed, notes]) {
        assert(text.includes(payload), payload);
      }
    }
    await page.getByRole("link", { name: "Log", exact: true }).click();
    await page.getByText("Started workflow").waitFor();
    await page.getByRole("link", { name: "Findings" }).click();
    await page.getByText("How it began").waitFor();
    assertEquals(await page.evaluate("typeof pwned"), "undefined");
    const strange =
      "main script, main img, main svg, main iframe, nav script, nav img";
    assertEquals(await page.locator(strange).count(), 0);
  },
);

/** Many sessions, which are copies of one. */
async function manySessions(directory: string): Promise<void> {
  await orc(directory, "start", "Task number 00000");
  const sessions = `${directory}/.orchestrator/sessions`;
  const [{ name: model = "" } = {}] = [...Deno.readDirSync(sessions)];
  const state = Deno.readTextFileSync(`${sessions}/${model}/state.json`);
  // As it is where there are so many: most are over.
  const closed = state.replace('"status": "active"', '"status": "completed"');
  assert(closed !== state);
  for (let number = 1; number < COUNT; number++) {
    const padded = String(number).padStart(5, "0");
    const id = `${model.slice(0, -5)}${padded}`;
    Deno.mkdirSync(`${sessions}/${id}`);
    Deno.writeTextFileSync(
      `${sessions}/${id}/state.json`,
      (number % 100 === 0 ? state : closed).replaceAll(model, id).replaceAll(
        "number 00000",
        `number ${padded}`,
      ),
    );
  }
}

/** As a person drags the bar beside it. */
async function scrollTo(list: Locator, part: number): Promise<void> {
  await list.evaluate((element, part) => {
    element.scrollTop = element.scrollHeight * part;
  }, part);
}

const COUNT = 10_000;
/** What a person takes for at once; a loaded machine gets three times as long. */
const FIRST_MS = 3 * 1000;
/** Most of it is what a fast reading leaves to be collected. */
const MAX_MEMORY_KB = 250 * 1024;

test(
  "draws ten thousand sessions without drawing them all",
  manySessions,
  async ({ open, dashboard }) => {
    const beganMs = performance.now();
    const page = await open();
    await rows(page).nth(10).waitFor();
    assert(performance.now() - beganMs < FIRST_MS);
    await page.getByText("all 10,000").waitFor({ timeout: 30_000 });
    const list = page.locator(".rows");
    await scrollTo(list, 1 / 2);
    await page.locator('[data-row="5000"] a').waitFor();
    await scrollTo(list, 1);
    await page.locator(`[data-row="${COUNT - 1}"] a`).waitFor();
    assert(await rows(page).count() < 60);
    await page.getByRole("searchbox").fill("07654");
    await rows(page).nth(1).waitFor({ state: "detached" });
    await rows(page).filter({ hasText: "Task number 07654" }).waitFor();
    if (Deno.build.os === "linux") {
      const status = Deno.readTextFileSync(`/proc/${dashboard.pid}/status`);
      const kb = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]);
      assert(kb < MAX_MEMORY_KB, `${kb} kB`);
    }
  },
);

endBrowser();
