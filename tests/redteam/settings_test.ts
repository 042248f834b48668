/** Settings beside the workflow: what was committed may loosen it, and what git was only told of may not. */
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { git, type Player, playerIn } from "./stage.ts";
import { assert, assertEquals } from "@std/assert";

const WORKFLOW = `name: Shop
version: "1"
settings: {test_command: test -f passes}
phases:
  - id: BUILD
    name: Build
    items:
      - {id: tests, name: Tests pass, step_type: gate, verification: {type: command, command: "{{test_command}}"}}
`;

/** Both files that say something for a workflow, the older tool's too. */
const FILES = [".orchestrator/config.yaml", ".orchestrator.yaml"] as const;

const LOOSE = "test_command: test -d .\n";

interface Shop extends Player {
  readonly root: string;
  /** Puts a text into git's index, and nowhere else in git. */
  stage(text: string): Promise<void>;
  commit(): Promise<void>;
  /** The codes of what `orc verify` finds. */
  verify(...argv: readonly string[]): Promise<readonly string[]>;
}

/** A test for each file in which settings may stand. */
function inShop(
  name: string,
  test: (shop: Shop) => Promise<void>,
): void {
  for (const file of FILES) {
    Deno.test(`${name}: ${file}`, () =>
      withTemporaryDirectory(async (root) => {
        const player = playerIn(root);
        await git(root, "init", "--quiet", "--initial-branch=main");
        writeTree(root, { "workflow.yaml": WORKFLOW });
        await git(root, "add", ".");
        await git(root, "commit", "--quiet", "-m", "Begin");
        await test({
          ...player,
          root,
          async stage(text) {
            writeTree(root, { [file]: text });
            await git(root, "add", "--force", file);
          },
          commit: () => git(root, "commit", "--quiet", "-m", "Settings"),
          async verify(...argv) {
            const { out } = await player.orc(["verify", ...argv, "--json"]);
            const { findings } = JSON.parse(out).result;
            return findings.map(({ code }: { code: string }) => code);
          },
        });
      }));
  }
}

async function assertRefused({ orc }: Player): Promise<void> {
  const { exitCode, out } = await orc(["start", "Sell apples", "--json"]);
  assertEquals([exitCode, JSON.parse(out).error.code], [
    77,
    "loosening_refused",
  ]);
}

inShop("an agent loosens nothing by git add", async (shop) => {
  await shop.stage(LOOSE);
  await assertRefused(shop);
  await shop.human(["start", "Sell apples"]);
  assert((await shop.verify()).includes("loosened"));
});

inShop("what was committed counts, and no other value", async (shop) => {
  await shop.stage(LOOSE);
  await shop.commit();
  await shop.stage("test_command: test -d ..\n");
  await assertRefused(shop);
  await shop.stage(`${LOOSE}docs: mine\n`);
  await shop.done(["start", "Sell apples"]);
  assertEquals(await shop.verify(), ["session_open"]);
});

inShop("orc verify --base goes by the settings of the base", async (shop) => {
  await shop.stage(LOOSE);
  await shop.commit();
  await shop.done(["start", "Sell apples"]);
  assertEquals(await shop.verify("--base", "main"), ["session_open"]);
  assert((await shop.verify("--base", "main~1")).includes("loosened"));
});

inShop("where git cannot be asked, nothing was committed", async (shop) => {
  await shop.stage(LOOSE);
  await shop.commit();
  Deno.writeTextFileSync(`${shop.root}/.git/HEAD`, "ref: refs/heads/none\n");
  await assertRefused(shop);
});
