/** The report of a session in a real browser. With `-- --pictures` it also makes that of the documentation. */
import { assertEquals } from "@std/assert";
import { assertAccessible, assertFits, endBrowser, test } from "./browser.ts";
import { orc, orcOfAgent } from "./dashboard.ts";

/** A session with a check that failed first, an approval, a note and something left out, in a report. */
async function reported(directory: string): Promise<void> {
  await orcOfAgent(directory, "start", "Add login");
  const notes = "All who have an account";
  await orcOfAgent(directory, "complete", "scope", "--notes", notes);
  await orc(directory, "approve-item", "plan_approval");
  await orcOfAgent(directory, "advance");
  await orcOfAgent(directory, "complete", "tests");
  Deno.writeTextFileSync(`${directory}/src.txt`, "fixed\n");
  await orcOfAgent(directory, "complete", "tests");
  const reason = "Nothing that users see has changed";
  await orcOfAgent(directory, "skip", "docs", "--reason", reason);
  const { ok } = await orcOfAgent(
    directory,
    "finish",
    "--report",
    "report.html",
  );
  assertEquals(ok, true);
}

test(
  "has a report beside it that anybody can read, on any screen, light and dark",
  reported,
  async ({ open, directory }) => {
    for (const colorScheme of ["light", "dark"] as const) {
      for (const width of [360, 1600]) {
        const viewport = { width, height: 900 };
        const page = await open({ colorScheme, viewport });
        await page.goto(`file://${directory}/report.html`);
        const what = `${colorScheme}, ${width}`;
        await page.getByRole("heading", {
          level: 1,
          name: "Add login",
          exact: true,
        }).waitFor();
        await assertAccessible(page, what);
        await assertFits(page, what);
      }
    }
    const page = await open({ viewport: { width: 960, height: 820 } });
    await page.goto(`file://${directory}/report.html`);
    // Its style is the one that its policy lets in.
    const ground = await page.evaluate(() =>
      // deno-lint-ignore no-explicit-any -- a browser's
      (globalThis as any).getComputedStyle((globalThis as any).document.body)
        .backgroundColor
    );
    assertEquals(ground, "rgb(246, 247, 245)");
    await page.getByRole("img", { name: "Tries per check" })
      .getByText("2 runs, 1 failed").waitFor();
    await page.getByText("after 1 of 2 runs had failed").first().waitFor();
    await page.getByText("src.txt").first().waitFor();
    if (Deno.args.includes("--pictures")) {
      await page.screenshot({ path: "docs/report.png" });
    }
  },
);

endBrowser();
