import { withoutUser } from "../../src/fetch/address_rules.ts";
import {
  notTaken,
  problemOf,
  pushEnds,
  refusedBy,
} from "../../src/persist/remote_rules.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

Deno.test("pushEnds() tells what passes from what is refused for good", () => {
  const output = [
    "To file:///bare.git",
    "*\tabc:refs/o/new\t[new reference]",
    " \tabc:refs/o/moved\ta1..b2",
    "=\tabc:refs/o/same\t[up to date]",
    "-\t:refs/o/gone\t[deleted]",
    "!\tabc:refs/o/stale\t[rejected] (stale info)",
    "!\tabc:refs/o/first\t[rejected] (fetch first)",
    "!\tabc:refs/o/lock\t[remote rejected] (cannot lock ref 'x': is at 1)",
    "!\tabc:refs/o/old\t[remote rejected] (incorrect old value provided)",
    "!\tabc:refs/o/failed\t[remote rejected] (failed to update ref)",
    "!\tabc:refs/o/hook\t[remote rejected] (pre-receive hook declined)",
    "!\tabc:refs/o/hidden\t[remote rejected] (deny updating a hidden ref)",
    "Done",
  ].join("\n");
  const kinds = [...pushEnds(output)].map(([ref, { kind }]) => [ref, kind]);
  assertEquals(kinds, [
    ["refs/o/new", "done"],
    ["refs/o/moved", "done"],
    ["refs/o/same", "done"],
    ["refs/o/gone", "done"],
    ["refs/o/stale", "stale"],
    ["refs/o/first", "stale"],
    ["refs/o/lock", "stale"],
    ["refs/o/old", "stale"],
    ["refs/o/failed", "stale"],
    ["refs/o/hook", "refused"],
    ["refs/o/hidden", "refused"],
  ]);
});

/** What git 2.39 says, and what orc makes of it. */
const SAID: readonly (readonly [string, string, string])[] = [
  [
    "fatal: could not read Username for 'https://h': terminal prompts disabled",
    "remote_auth",
    "denied",
  ],
  ["fatal: Authentication failed for 'https://h/r'", "remote_auth", "denied"],
  ["git@h: Permission denied (publickey).", "remote_auth", "denied"],
  [
    "fatal: unable to access 'https://h/r/': The requested URL returned error: 403",
    "remote_refused",
    "denied",
  ],
  [
    "fatal: unable to access 'http://127.0.0.1:1/': Failed to connect to 127.0.0.1 port 1",
    "remote_unreachable",
    "external",
  ],
  [
    "ssh: Could not resolve hostname nowhere\nfatal: Could not read from remote repository.",
    "remote_unreachable",
    "external",
  ],
  [
    "fatal: '/gone' does not appear to be a git repository\nfatal: Could not read from remote repository.",
    "no_remote",
    "external",
  ],
  ["remote: Repository not found.", "no_remote", "external"],
  ["", "remote_unreachable", "external"],
];

Deno.test("problemOf() knows why a remote cannot be used by what git says", () => {
  for (const [errors, code, kind] of SAID) {
    const problem = problemOf("origin", errors);
    assertEquals([problem.code, problem.kind], [code, kind], errors);
    assertStringIncludes(problem.message, '"origin"');
  }
});

Deno.test("no message names who may log in", () => {
  const url = "https://ann:s3cret@h.example/r.git";
  assertEquals(withoutUser(url), "https://h.example/r.git");
  const { message } = problemOf("origin", `fatal: unable to access '${url}'`);
  assertEquals(message.includes("s3cret"), false);
  assertEquals(withoutUser("git@h:r.git"), "git@h:r.git");
  assertStringIncludes(refusedBy("o", "x").hint ?? "", "state_branch");
});

Deno.test("notTaken() tells a remote that refuses from one whose disk fails", () => {
  const cannot = notTaken("o", "unpacker error");
  assertEquals([cannot.code, cannot.kind], ["remote_unreachable", "external"]);
  assertEquals(notTaken("o", "hook declined").code, "remote_refused");
  const { message } = problemOf("o", "fatal: git-pack-objects died.\n");
  assertEquals(message, 'Cannot reach "o": git-pack-objects died');
});
