import { startItem } from "../../src/app/start_item.ts";
import { fixedHost, withSession } from "../app/fixtures.ts";
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
  name: "orc start-item names the item that was probably meant",
  argv: ["start-item", "plna"],
  within: withSession,
  exitCode: 4,
});
