import { testHost } from "../../src/host/test_host.ts";
import { openRepository } from "../../src/library/repository.ts";
import { codeOf, EASY_WORKFLOW, withRoot } from "../work/fixtures.ts";
import { assertEquals } from "@std/assert";

const REQUEST = {
  command: ["make", "test"],
  workingDirectory: "/nowhere",
  timeoutMs: 1000,
};

Deno.test("testHost() leaves nothing to chance", async () => {
  const two = [testHost(), testHost()] as const;
  const said = await Promise.all(two.map(async (host) => [
    [host.now(), host.localNow(), host.newToken(), host.newToken()],
    (await host.idSource())(),
    [host.env("HOME"), host.homeDirectory(), host.caller()],
    await host.runProgram(REQUEST),
  ]));
  assertEquals(said[0], said[1]);
  assertEquals(two[0].requests, [REQUEST]);
  assertEquals(two[0].now(), "2026-01-02T03:04:05Z");
  assertEquals(two[0].terminal.readLine("Who?"), undefined);
});

Deno.test("testHost() takes a clock, variables, answers and programs", async () => {
  let minute = 10;
  const host = testHost({
    now: () => `2026-05-06T07:${minute++}:00Z`,
    environment: { CI: "1" },
    answers: ["Ada"],
    runProgram: () => Promise.reject(new Error("No program is run here")),
  });
  assertEquals([host.now(), host.now()], [
    "2026-05-06T07:10:00Z",
    "2026-05-06T07:11:00Z",
  ]);
  assertEquals(host.localNow(), "2026-05-06T07:12:00.000000");
  assertEquals(host.env("CI"), "1");
  assertEquals(host.terminal.readLine("Who?"), "Ada");
  assertEquals(host.questions, ["Who?"]);
  const error = await host.runProgram(REQUEST).catch((error) => error);
  assertEquals(error.message, "No program is run here");
});

Deno.test("testHost() keeps hosts of one repository apart by their numbers", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    const ids = await Promise.all([0, 1].map(async (number) => {
      const host = testHost({ number });
      const repository = await openRepository({ root, host });
      return (await repository.start("Add login", { beside: true })).id;
    }));
    assertEquals(new Set(ids).size, 2);
    const code = await codeOf(() => testHost({ number: 1000 }));
    assertEquals(code, "usage invalid_number");
  }));
