import { type ColorChoice, styleFor } from "../../src/cli/style.ts";
import { fakeHost, type FakeMachine } from "./fake.ts";
import { assertEquals } from "@std/assert";

function bold(machine: FakeMachine, color: ColorChoice = "auto"): string {
  return styleFor(fakeHost(machine), color).bold("x");
}

Deno.test("styleFor() colors on a terminal", () => {
  assertEquals(bold({ terminalColumns: 80 }), "\x1b[1mx\x1b[22m");
  const environment = { NO_COLOR: "", TERM: "xterm" };
  assertEquals(
    bold({ terminalColumns: 80, environment }),
    "\x1b[1mx\x1b[22m",
  );
});

Deno.test("styleFor() is plain without a terminal or when colors are not wanted", () => {
  assertEquals(bold({}), "x");
  assertEquals(bold({ terminalColumns: 80 }, "never"), "x");
  for (const [name, value] of [["NO_COLOR", "1"], ["TERM", "dumb"]] as const) {
    const environment = { [name]: value };
    assertEquals(bold({ terminalColumns: 80, environment }), "x");
  }
});

Deno.test("styleFor() colors in any case if it is to", () => {
  for (const name of ["NO_COLOR", "TERM"]) {
    const environment = { [name]: "dumb" };
    assertEquals(bold({ environment }, "always"), "\x1b[1mx\x1b[22m");
  }
});

Deno.test("styleFor() knows how wide lines may be", () => {
  const columns = (machine: FakeMachine) =>
    styleFor(fakeHost(machine), "auto").columns;
  assertEquals(columns({ terminalColumns: 120 }), 120);
  assertEquals(columns({}), 80);
  assertEquals(columns({ terminalColumns: 1 }), 20);
});
