import { type SizeFacts, sizeOfTask } from "../../src/bundled/size_rules.ts";
import { assertTable } from "../base/table.ts";
import { assert, assertEquals } from "@std/assert";

const FACTS: SizeFacts = {
  sizes: ["xs", "s", "m", "l"],
  riskSize: "m",
  isRisky: (path) => path.startsWith("migrations/"),
  files: new Set(["README.md", "src/main.ts"]),
};

function sizeOf(task: string, facts: Partial<SizeFacts> = {}): string {
  return sizeOfTask(task, { ...FACTS, ...facts }).size;
}

Deno.test("sizeOfTask() tells the size from the words of a task", () => {
  assertTable<string, string>((task) => sizeOf(task), [
    ["Fix a typo in add.mjs", "xs"],
    ["Fix typo in the error message of login", "xs"],
    ["Correct the spelling mistake in src/help.ts", "xs"],
    ["fix misspelled variable in a comment", "xs"],
    ["Update the README", "xs"],
    ["Fix the broken link in docs/install.md", "xs"],
    ["Add an example to the README", "xs"],
    ["docs: explain --json", "xs"],
    ["Update CHANGELOG.md for 1.2.0", "xs"],
    ["Remove trailing whitespace", "xs"],
    ["Fix indentation of config.yaml", "xs"],
    ["Update the copyright year", "xs"],
    ["Add docstrings to the parser", "xs"],
    ["Add a comment to parse() in src/parse.ts", "xs"],
    ["Improve the wording of the prompt", "xs"],
    ["Bump the version number to 1.4.1", "xs"],
    ["Increase the default timeout to 60 seconds", "xs"],
    ["Add dist/ to .gitignore", "xs"],
    ["Rename the button Save to Store", "xs"],
    ["Remove unused imports", "xs"],
    ["Remove the debug output in worker.py", "xs"],
    ["One-line change: raise MAX to 10", "xs"],
    ["Fix typo in the migration guide", "xs"],
    ["Write the tutorial for beginners", "xs"],
    ["Fix the crash on empty input", "s"],
    ["Fix a bug in date parsing", "s"],
    ["bug: off-by-one in pagination", "s"],
    ["The export fails with a null pointer", "s"],
    ["fix: login returns 500 for unknown users", "s"],
    ["Memory leak in the worker", "s"],
    ["Search does not work with umlauts", "s"],
    ["Wrong total when the cart is empty", "s"],
    ["Regression: dates are a day early", "s"],
    ["Fix flaky test in queue_test.go", "s"],
    ["Resolve the deadlock in the pool", "s"],
    ["Fix add() for negative numbers", "s"],
    ["Hotfix: add the missing null check", "s"],
    ["Rename getUser to findUser", "s"],
    ["Extract a function for the header", "s"],
    ["Minor cleanup of utils", "s"],
    ["Correct rounding of prices", "s"],
    ["Add login", "m"],
    ["Add a search page", "m"],
    ["Implement CSV export", "m"],
    ["Support dark mode", "m"],
    ["Create an endpoint for orders", "m"],
    ["Introduce a cache for images", "m"],
    ["Refactor the parser", "m"],
    ["Improve performance of the list", "m"],
    ["Add spelling suggestions to the search", "m"],
    ["Build a documentation site", "m"],
    ["Fix all errors of the linter", "m"],
    ["Fix several bugs in the importer", "m"],
    ["Log-in", "m"],
    ["Do what we discussed", "m"],
    ["x", "m"],
    ["登録フォームを直す", "m"],
    ["Les dates sont fausses", "m"],
    ["Fix:\n- the header\n- the footer\n- the menu", "m"],
    [`Fix it. ${"Explain more of it. ".repeat(20)}`, "m"],
    ["Rewrite the scheduler", "l"],
    ["Migrate the database to Postgres", "l"],
    ["Add a schema migration for orders", "l"],
    ["Add OAuth2 authentication", "l"],
    ["Implement payments with Stripe", "l"],
    ["Encrypt the stored files", "l"],
    ["Encryption of backups", "l"],
    ["Redesign the API", "l"],
    ["Make the service multi-tenant", "l"],
    ["Breaking change: drop v1", "l"],
    ["Move the codebase to TypeScript", "l"],
    ["Fix access control of projects", "l"],
    ["GDPR: delete user data on request", "l"],
    ["Zero-downtime deploys", "l"],
  ]);
});

Deno.test("sizeOfTask() lets no word of a correction or a document hide what else is asked for", () => {
  assertTable<string, string>((task) => sizeOf(task), [
    ["Update README and rewrite the whole auth system", "l"],
    ["Rewrite the auth system and the README", "l"],
    ["docs: implement new billing engine", "l"],
    ["docs: implement the scheduler", "m"],
    ["docs: make the scheduler concurrent", "m"],
    ["Implement the scheduler that the README describes", "m"],
    ["Add OAuth2 and mention it in the README", "l"],
    ["Fix formatting; also delete user data", "l"],
    ["Change comments in auth.ts and drop the users table", "l"],
    ["Fix typo in the payment gateway authentication", "l"],
    ["one-line change: disable TLS verification", "m"],
    ["one-line change: turn off TLS/SSL", "m"],
    ["Fix typo in the password check", "m"],
    ["Minor: wipe old backups", "m"],
    ["Fix the security hole in uploads", "m"],
    ["Fix typo and make the scheduler concurrent", "s"],
    ["Update README, refactor the parser", "m"],
    ["Update the changelog parser", "m"],
    ["?!", "m"],
  ]);
});

Deno.test("sizeOfTask() takes what changes texts alone for tiny, whatever they are about", () => {
  assertTable<string, string>((task) => sizeOf(task), [
    ["Rewrite the README", "xs"],
    ["Update the README on authentication", "xs"],
    ["Fix typo in README and CHANGELOG", "xs"],
    ["Fix typos in login and signup", "xs"],
    ["Fix spelling and grammar of the help", "xs"],
    ["Fix typo in the docs of the payment API", "xs"],
    ["Document the OAuth flow in the README", "xs"],
    ["Add a section on passwords to the README", "xs"],
    ["Add a passwords section to the README", "xs"],
    ["docs: explain encryption", "xs"],
    ["docs: update for 2.0", "xs"],
    ["Update README.md and docs/install.md", "xs"],
    ["Fix typo in a comment in src/auth.ts", "xs"],
  ]);
});

Deno.test("sizeOfTask() says why in one line, with the word that decided", () => {
  const { reason } = sizeOfTask("Fix the crash", FACTS);
  assertEquals(reason, 'the task speaks of "fix"');
  for (const task of ["Add login", "x", "Fix typo", "Rewrite it"]) {
    const { reason } = sizeOfTask(task, FACTS);
    assert(reason !== "" && !reason.includes("\n"), task);
  }
});

Deno.test("sizeOfTask() takes a risky file for the size that risk needs, never for a smaller one", () => {
  assertEquals(sizeOf("Fix the bug in migrations/1.sql"), "m");
  assertEquals(sizeOf("Fix typo in migrations/1.sql"), "m");
  assertEquals(sizeOf("Rewrite migrations/1.sql"), "l");
  assertEquals(sizeOf("Fix typo in src/main.ts"), "xs");
});

Deno.test("sizeOfTask() takes work on documents alone for smaller", () => {
  const files = new Set(["README.md", "guide/start.md"]);
  assertEquals(sizeOf("Describe the retreat", { files }), "xs");
  assertEquals(sizeOf("Write a chapter on cooking", { files }), "s");
  assertEquals(sizeOf("Describe the retreat"), "m");
  assertEquals(sizeOf("Rewrite it", { files }), "l");
});

Deno.test("sizeOfTask() speaks the words of the workflow", () => {
  const tasks = ["Fix typo", "Fix the crash", "Add login", "Rewrite it"];
  const sizesOf = (...sizes: readonly string[]) =>
    tasks.map((task) => sizeOf(task, { sizes, riskSize: sizes[0] }));
  assertEquals(sizesOf("s", "m"), ["s", "s", "m", "m"]);
  assertEquals(sizesOf("xs", "m", "l"), ["xs", "m", "m", "l"]);
  assertEquals(sizesOf("small", "big"), ["small", "big", "big", "big"]);
  assertEquals(sizesOf("a", "b", "c"), ["a", "b", "c", "c"]);
  assertEquals(sizesOf("only"), ["only", "only", "only", "only"]);
});
