import { fillSessionName, sessionNameOf } from "../../src/base/session_name.ts";
import { assertEquals } from "@std/assert";

const TOKEN = "3f2a".padEnd(32, "0");

Deno.test("sessionNameOf() keeps what people recognise and what every path can hold", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["Add login", "add-login-3f2a"],
    ["  Fix: the CRASH!! (#12) ", "fix-the-crash-12-3f2a"],
    ["../../etc/passwd", "etc-passwd-3f2a"],
    ["日本語", "task-3f2a"],
    ["a".repeat(50), `${"a".repeat(30)}-3f2a`],
    ["$(rm -rf /); `x`", "rm-rf-x-3f2a"],
  ];
  for (const [task, name] of cases) {
    assertEquals(sessionNameOf(task, TOKEN), name, task);
  }
});

Deno.test("fillSessionName() fills the name in wherever it stands", () => {
  const text = "path: docs/{{session_name}}/a.md # {{session_name}} {{other}}";
  assertEquals(
    fillSessionName(text, "x-1"),
    "path: docs/x-1/a.md # x-1 {{other}}",
  );
});
