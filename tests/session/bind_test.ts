import {
  unbindSessions,
  writeBinding,
  writeCurrent,
} from "../../src/session/bind.ts";
import { readBinding, readCurrent } from "../../src/session/binding.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import { NOW, SESSION_ID, test, tokenOf } from "./fixtures.ts";
import { assertEquals } from "@std/assert";

const TOKEN = tokenOf(0xb1);
const ONE = { kind: "agent", name: "one" } as const;
const OTHER = { kind: "agent", name: "other" } as const;

test("unbindSessions() removes what names one of the sessions, and nothing else", async ({ layout, context }) => {
  writeCurrent(layout, SESSION_ID, TOKEN);
  await writeBinding(layout, ONE, { session: SESSION_ID, at: NOW }, TOKEN);
  await writeBinding(layout, OTHER, { session: "other", at: NOW }, TOKEN);
  await unbindSessions(layout, context, new Set([SESSION_ID]));
  assertEquals(readCurrent(layout), undefined);
  assertEquals(await readBinding(layout, ONE), undefined);
  assertEquals(await readBinding(layout, OTHER), "other");
});

test("unbindSessions() locks and writes nothing where nobody is in them", async ({ layout, context }) => {
  writeCurrent(layout, SESSION_ID, TOKEN);
  const before = readTree(layout.root);
  const locked = { ...context, newToken: () => tokenOf(-1) };
  await unbindSessions(layout, locked, new Set(["other"]));
  assertEquals(readTree(layout.root), before);
});

test("unbindSessions() leaves what is damaged", async ({ layout, context }) => {
  writeTree(layout.directory, {
    current: "../x",
    "bindings/0.json": "{",
    "bindings/1.json": `{"session": "${SESSION_ID}"}`,
  });
  await unbindSessions(layout, context, new Set([SESSION_ID]));
  assertEquals(readTree(layout.bindings), { "0.json": "{" });
  assertEquals(Deno.readTextFileSync(layout.current), "../x");
});
