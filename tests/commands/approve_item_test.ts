import { approveItem } from "../../src/work/approve_item.ts";
import { agent, APPROVING, fixedHost, withSession } from "../work/fixtures.ts";
import { testOutput, testText } from "./orc.ts";

testOutput({
  name: "orc approve-item passes a manual gate for a human",
  argv: ["approve-item", "consent", "-n", "Looked at it"],
  within: withSession,
  machine: { answers: ["consent"] },
});

testText({
  name: "orc approve-item does nothing for what is approved",
  argv: ["approve-item", "consent"],
  within: withSession,
  before: (root) =>
    approveItem(fixedHost({ environment: APPROVING, number: 2 }), {
      root,
      itemId: "consent",
    }),
});

testOutput({
  name: "orc approve-item is refused to an agent",
  argv: ["approve-item", "consent"],
  within: withSession,
  machine: { environment: agent("1") },
  exitCode: 77,
});

testText({
  name: "orc approve-item takes no other word for a yes",
  argv: ["approve-item", "consent"],
  within: withSession,
  machine: { answers: ["y"] },
  exitCode: 77,
});

testText({
  name: "orc approve-item refuses what is no manual gate",
  argv: ["approve-item", "idea"],
  within: withSession,
  exitCode: 3,
});
