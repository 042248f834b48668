import { functionLengths } from "../../../scripts/house/lengths.ts";
import { assertEquals } from "@std/assert";

Deno.test("functionLengths() measures functions, methods and arrows", () => {
  const text = `
export async function first(
  a: string,
): Promise<void> {
  if (a) {
    await other(
      a,
    );
  }
}

class Thing {
  #second(): void {
    return;
  }
}

const third = (a: string): string => {
  return a;
};
`;
  assertEquals(functionLengths(text), [
    { name: "first", lines: 9 },
    { name: "#second", lines: 3 },
    { name: "third", lines: 3 },
  ]);
});

Deno.test("functionLengths() takes no call or condition for a function", () => {
  const text = `
register(
  "a",
);
for (const a of b) {
  a();
}
const c = (
  a + b
);
`;
  assertEquals(functionLengths(text), []);
});
