import { withRoot, withSession } from "../work/fixtures.ts";
import { testOutput, testText } from "./orc.ts";

/** A directory with a name that is always the same, since feedback tells it. */
function withShop(test: (root: string) => Promise<void>): Promise<void> {
  return withSession(async (root) => {
    const config = '[remote "origin"]\n\turl = https://me:pw@host/shop.git\n';
    Deno.mkdirSync(`${root}/.git/objects`, { recursive: true });
    Deno.writeTextFileSync(`${root}/.git/HEAD`, "ref: refs/heads/main\n");
    Deno.writeTextFileSync(`${root}/.git/config`, config);
    await test(root);
  });
}

const LATER = { at: "2026-03-01T10:15:00Z", number: 9 };

testOutput({
  name: "orc feedback capture keeps feedback on the session",
  argv: ["feedback", "capture", "--learnings", "Ask first"],
  within: withShop,
  machine: LATER,
});

testOutput({
  name: "orc feedback capture keeps nothing for whoever does not want it",
  argv: ["feedback", "capture", "--auto"],
  within: withSession,
  machine: { environment: { ORCHESTRATOR_SKIP_FEEDBACK: "1" } },
});

testText({
  name: "orc feedback capture needs a session",
  argv: ["feedback", "capture"],
  within: (test) => withRoot({}, test),
  exitCode: 4,
});
