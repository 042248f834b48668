import { jsonObject } from "../../src/base/json.ts";
import {
  encodeSignature,
  keysIn,
  namesOnlyKeys,
  principalsIn,
  signatureIn,
  statementOf,
  verifyTime,
} from "../../src/trust/statement_rules.ts";
import type { Event } from "../../src/workflow/types.ts";
import { assertEquals } from "@std/assert";

const SIGNATURE = {
  after: "a".repeat(64),
  at: "2026-03-01T10:00:00.123000Z",
  approvers: "b".repeat(40),
  principal: "alice@example.org",
  text: "-----BEGIN SSH SIGNATURE-----",
};

function event(actor: Event["actor"], more: Partial<Event> = {}): Event {
  const details = jsonObject({ approved: true, notes: "Fine" });
  const message = "Approved manual gate: ok";
  const about = { phaseId: "PLAN", itemId: "ok", message, details };
  return { type: "item_completed", ...about, actor, ...more };
}

const OCCASION = {
  session: "01k9",
  definition: "c".repeat(64),
  after: null,
  at: "2026-03-01T10:00:00Z",
};

Deno.test("statementOf() is one line of canonical JSON about what a human stands for", () => {
  assertEquals(
    statementOf(OCCASION, [event("human"), event("system")]),
    '{"acts": [{"details": {"approved": true, "notes": "Fine"}, "event_type": "item_completed", "item_id": "ok", "message": "Approved manual gate: ok", "phase_id": "PLAN"}], "after": null, "at": "2026-03-01T10:00:00Z", "definition": "' +
      "c".repeat(64) +
      '", "session": "01k9", "statement": "approval of orc 1"}\n',
  );
});

Deno.test("statementOf() stays the same with the signature, and with nothing else", () => {
  const plain = event("human");
  const statement = statementOf(OCCASION, [plain]);
  const signed = new Map(plain.details)
    .set("signature", encodeSignature(SIGNATURE));
  assertEquals(
    statementOf(OCCASION, [{ ...plain, details: signed }]),
    statement,
  );
  const others = [
    statementOf({ ...OCCASION, session: "01ka" }, [plain]),
    statementOf({ ...OCCASION, after: "a" }, [plain]),
    statementOf(OCCASION, [plain, plain]),
    statementOf(OCCASION, [event("human", { itemId: "no" })]),
    statementOf(OCCASION, [event("human", { type: "item_skipped" })]),
    statementOf(OCCASION, [event("human", { details: new Map() })]),
  ];
  assertEquals(new Set([statement, ...others]).size, others.length + 1);
});

Deno.test("signatureIn() reads what encodeSignature() wrote, and nothing of another form", () => {
  const read = (value: Parameters<typeof jsonObject>[0]) =>
    signatureIn({ details: jsonObject(value) });
  assertEquals(read({ signature: encodeSignature(SIGNATURE) }), SIGNATURE);
  const first = { ...SIGNATURE, after: null };
  assertEquals(read({ signature: encodeSignature(first) }), first);
  assertEquals(read({}), undefined);
  assertEquals(read({ signature: "x" }), undefined);
  for (const key of ["at", "approvers", "principal", "text"] as const) {
    const signature = new Map(encodeSignature(SIGNATURE));
    signature.delete(key);
    assertEquals(read({ signature }), undefined, key);
  }
});

Deno.test("keysIn() finds the keys of approvers whatever stands before and behind them", () => {
  const text = `# ssh-ed25519 AAAAcomment

alice@example.org ssh-ed25519 AAAAone
bob@example.org,carol namespaces="orc",valid-before="2027 01 01"  sk-ssh-ed25519@openssh.com\tAAAAtwo= Bob's key
*@example.org cert-authority ssh-rsa AAAAauthority
dave ecdsa-sha2-nistp256 AAAA+/three==
nothing here
`;
  assertEquals(keysIn(text), [
    "ssh-ed25519 AAAAone",
    "sk-ssh-ed25519@openssh.com AAAAtwo=",
    "ecdsa-sha2-nistp256 AAAA+/three==",
  ]);
});

Deno.test("namesOnlyKeys() tells where a line of the approvers is no key that is read", () => {
  const key = "alice@example.org ssh-ed25519 AAAAone\n";
  assertEquals(namesOnlyKeys(`# Approvers\n\n${key}${key}`), true);
  const authority = "*@example.org cert-authority ssh-rsa AAAAauthority\n";
  assertEquals(namesOnlyKeys(key + authority), false);
  assertEquals(namesOnlyKeys(`${key}nothing here\n`), false);
});

Deno.test("principalsIn() takes names apart, and leaves out those that are excluded", () => {
  assertEquals(principalsIn("a@b.org,!c@b.org,*@b.org\n\nd\n"), [
    "a@b.org",
    "*@b.org",
    "d",
  ]);
});

Deno.test("verifyTime() gives an instant to the second, as digits", () => {
  assertEquals(verifyTime("2026-03-01T10:00:59.987654Z"), "20260301100059");
});
