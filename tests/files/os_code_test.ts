import { isAbsent, isTaken } from "../../src/files/errors.ts";
import { codeOf } from "../../src/files/os_code.ts";
import { withTemporaryDirectory } from "./temporary.ts";
import { assertEquals } from "@std/assert";

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error("Nothing was thrown");
}

Deno.test("codeOf() is the system's name of an error, or its class", () =>
  withTemporaryDirectory((directory) => {
    const absent = thrownBy(() => Deno.lstatSync(`${directory}/none`));
    const taken = thrownBy(() => Deno.mkdirSync(directory));
    const denied = thrownBy(() => Deno.lstatSync("/nowhere"));
    assertEquals(codeOf(absent), "ENOENT");
    assertEquals(codeOf(taken), "EEXIST");
    assertEquals(codeOf(denied), "NotCapable");
    assertEquals(codeOf(new TypeError("x")), "TypeError");
    assertEquals([isAbsent(absent), isAbsent(taken)], [true, false]);
    assertEquals([isTaken(absent), isTaken(taken)], [false, true]);
  }));

Deno.test({
  name: "codeOf() names what Deno has no name for",
  ignore: Deno.build.os !== "linux",
  fn() {
    const rename = "rename 'a' -> 'b'";
    const quota = new Error(`Disk quota exceeded (os error 122): ${rename}`);
    assertEquals(codeOf(quota), "EDQUOT");
    const unknown = new Error(`Protocol error (os error 71): ${rename}`);
    assertEquals(codeOf(unknown), "E71");
    const named = Object.assign(new Error("x (os error 5)"), { code: "EIO" });
    assertEquals(codeOf(named), "EIO");
  },
});
