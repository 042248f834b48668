import { inlined } from "../../../scripts/docs/definitions.ts";
import { assertEquals } from "@std/assert";

function to(name: string): { readonly $ref: string } {
  return { $ref: `#/definitions/${name}` };
}

Deno.test("inlined() keeps what is shared and has a name", () => {
  const results = { one: to("Shared"), two: { items: to("Shared") } };
  const definitions = { Shared: { type: "string" } };
  assertEquals(inlined(results, definitions), { results, definitions });
});

Deno.test("inlined() puts what is used once, or was named by a tool, where it is used", () => {
  const { results, definitions } = inlined(
    { one: to("Once"), two: { items: to("alias-1") }, three: to("alias-1") },
    {
      Once: { type: "array", items: to("alias-1") },
      "alias-1": { type: "number" },
    },
  );
  assertEquals(results, {
    one: { type: "array", items: { type: "number" } },
    two: { items: { type: "number" } },
    three: { type: "number" },
  });
  assertEquals(definitions, {});
});

Deno.test("inlined() keeps what contains itself", () => {
  const definitions = {
    Tree: { items: to("Branch") },
    Branch: { properties: { tree: to("Tree") } },
  };
  assertEquals(inlined({ one: to("Tree") }, definitions).definitions, {
    Tree: { items: to("Branch") },
    Branch: { properties: { tree: to("Tree") } },
  });
});
