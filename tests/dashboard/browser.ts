/** Looks at the dashboard with Chromium, as it is on a user's machine. */
import axe from "axe-core";
import { assertEquals } from "@std/assert";
import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";
import { withTemporaryDirectory } from "../files/temporary.ts";
import { type Dashboard, newRepository, withDashboard } from "./dashboard.ts";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** Chromium, wherever a system keeps its programs; undefined where there is none. */
function findBrowser(): string | undefined {
  const directories = (Deno.env.get("PATH") ?? "").split(":");
  return NAMES.flatMap((name) => directories.map((path) => `${path}/${name}`))
    .find((path) => {
      try {
        return Deno.statSync(path).isFile;
      } catch {
        return false;
      }
    });
}

const EXECUTABLE = findBrowser();

let launched: Promise<Browser> | undefined;

/** One for all tests of a file: it takes longer to start than most of them. */
function browser(): Promise<Browser> {
  return launched ??= chromium.launch({
    executablePath: EXECUTABLE,
    // Root has no sandbox, and what is opened is only orc's own page.
    args: ["--no-sandbox"],
  });
}

export interface Scene {
  readonly directory: string;
  readonly dashboard: Dashboard;
  /** A page of a browser of its own, with the dashboard open. */
  open(options?: BrowserContextOptions): Promise<Page>;
}

/** A test with a dashboard and a browser, in a repository that \`prepare\` fills before it is served. */
export function test(
  name: string,
  prepare: (directory: string) => Promise<void>,
  run: (scene: Scene) => Promise<void>,
): void {
  Deno.test({
    name: `the dashboard ${name}`,
    ignore: EXECUTABLE === undefined,
    // A browser lives on between tests.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: () =>
      withTemporaryDirectory(async (temporary) => {
        const directory = `${temporary}/shop`;
        await Deno.mkdir(directory);
        await newRepository(directory);
        await prepare(directory);
        await withDashboard(directory, (dashboard) =>
          withPages(dashboard, (open) =>
            run({ directory, dashboard, open })));
      }),
  });
}

/** Nothing that a test opens stays, and nothing that a page complains of passes. */
async function withPages(
  { url }: Dashboard,
  run: (open: Scene["open"]) => Promise<void>,
): Promise<void> {
  const complaints: string[] = [];
  const contexts: { close(): Promise<void> }[] = [];
  const open: Scene["open"] = async (options = {}) => {
    const context = await (await browser()).newContext({
      viewport: { width: 1280, height: 800 },
      ...options,
    });
    contexts.push(context);
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    page.on("pageerror", ({ message }) => complaints.push(message));
    page.on("dialog", (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    await page.goto(url);
    return page;
  };
  try {
    await run(open);
    assertEquals(complaints, []);
  } finally {
    for (const context of contexts) await context.close();
  }
}

/** Ends the browser; the last test of a file. */
export function endBrowser(): void {
  Deno.test({
    name: "the browser of these tests ends",
    ignore: EXECUTABLE === undefined,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => await (await launched)?.close(),
  });
}

/** What the rules of accessibility have against a page as it stands: none. */
export async function assertAccessible(
  page: Page,
  what: string,
): Promise<void> {
  // As an extension would: the page itself lets no foreign script in.
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    // deno-lint-ignore no-explicit-any -- what the script above has put there
    const { violations } = await (globalThis as any).axe.run();
    // deno-lint-ignore no-explicit-any -- as above
    return violations.map(({ id, nodes }: any) =>
      // deno-lint-ignore no-explicit-any -- as above
      `${id}: ${nodes.map(({ html }: any) => html).join(" ")}`
    );
  });
  assertEquals(violations, [], what);
}

/** Nothing reaches beyond the window, so that nobody scrolls sideways. */
export async function assertFits(page: Page, what: string): Promise<void> {
  const beyond = await page.evaluate(() => {
    const { innerWidth, document } = globalThis as unknown as {
      readonly innerWidth: number;
      // deno-lint-ignore no-explicit-any -- a browser's
      readonly document: any;
    };
    const { scrollWidth } = document.documentElement;
    const main = document.querySelector("main");
    return Math.max(
      scrollWidth - innerWidth,
      main.scrollWidth - main.clientWidth,
    );
  });
  assertEquals(beyond, 0, what);
}
