import { startItem } from "../../src/work/item.ts";
import { fixedHost, HYBRID_WORKFLOW, withSession } from "../work/fixtures.ts";
import { testOutput, testText } from "./orc.ts";

testOutput({
  name: "orc start-item marks an item as being worked on",
  argv: ["start-item", "plan"],
  within: withSession,
});

testText({
  name: "orc start-item does nothing for an item that is started",
  argv: ["start-item", "plan"],
  within: withSession,
  before: (root) =>
    startItem(fixedHost({ number: 2 }), { root, itemId: "plan" }),
});

testOutput({
  name: "orc start-item says when a manual gate will pass by itself",
  argv: ["start-item", "look"],
  within: (test) => withSession(test, HYBRID_WORKFLOW),
});

testText({
  name: "orc start-item says it again when the clock runs",
  argv: ["start-item", "look"],
  within: (test) => withSession(test, HYBRID_WORKFLOW),
  before: (root) =>
    startItem(fixedHost({ number: 2 }), { root, itemId: "look" }),
});

testOutput({
  name: "orc start-item names the item that was probably meant",
  argv: ["start-item", "plna"],
  within: withSession,
  exitCode: 4,
});
