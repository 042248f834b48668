import { OrcError } from "../../src/base/error.ts";
import { describeFailure } from "../../src/cli/failure.ts";
import { assertEquals } from "@std/assert";

const context = { command: "complete", verbose: false };

function namedError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

const refusals: readonly [message: string, told: string, hint: string][] = [
  [
    'Requires env access to "TERM", run again with the --allow-env flag',
    'Deno did not allow env access to "TERM"',
    "run again with --allow-env=TERM",
  ],
  [
    'Requires write access to "/a b/it\'s", run again with the --allow-write flag',
    'Deno did not allow write access to "/a b/it\'s"',
    "run again with --allow-write='/a b/it'\\''s'",
  ],
  [
    "Requires read access to <CWD>, run again with the --allow-read flag",
    "Deno did not allow read access to <CWD>",
    "run again with --allow-read",
  ],
  ["Something new", "Something new", "run again with --allow-all"],
];

for (const [message, told, hint] of refusals) {
  Deno.test(`describeFailure() explains ${JSON.stringify(message)}`, () => {
    const failure = describeFailure(
      namedError("NotCapable", message),
      context,
    );
    assertEquals(failure.kind, "denied");
    assertEquals([failure.message, failure.hint], [told, hint]);
  });
}

Deno.test("describeFailure() finds a missing permission behind another error", () => {
  const cause = namedError("NotCapable", "Requires --allow-run");
  const wrapped = new OrcError("external", "git_failed", "Cannot run git", {
    cause: new Error("Spawn failed", { cause }),
  });
  assertEquals(describeFailure(wrapped, context).kind, "denied");
});

Deno.test("describeFailure() prefers the words of who expected the refusal", () => {
  const cause = namedError("NotCapable", "Requires --allow-run");
  const told = new OrcError("denied", "no_git", "Git may not run", { cause });
  assertEquals(describeFailure(told, context).code, "no_git");
});

Deno.test("describeFailure() ends on causes that go in a circle", () => {
  const error = new Error("a bug");
  error.cause = error;
  assertEquals(describeFailure(error, context).kind, "internal");
});

Deno.test("describeFailure() takes a refusal of the system for a missing permission", () => {
  const error = namedError("PermissionDenied", "Permission denied: open 'x'");
  const { kind, message } = describeFailure(error, context);
  assertEquals([kind, message], ["denied", "Permission denied: open 'x'"]);
});

Deno.test("describeFailure() gives each usage error a hint", () => {
  const error = new OrcError("usage", "missing_value", "Flag needs a value");
  const unnamed = { ...context, command: null };
  assertEquals(
    [context, unnamed].map((each) => describeFailure(error, each).hint),
    ["orc help complete", "orc help"],
  );
});
