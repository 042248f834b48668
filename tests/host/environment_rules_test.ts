import {
  environmentOf,
  mergeVariables,
} from "../../src/host/environment_rules.ts";
import { assertEquals } from "@std/assert";

Deno.test("mergeVariables() knows a name in whatever case it is spelled", () => {
  assertEquals(
    mergeVariables(
      { Path: "a", NPM_CONFIG_X: "b", home: "c" },
      { PATH: "d" },
      ["npm_config_x"],
    ),
    { home: "c", PATH: "d" },
  );
});

Deno.test("environmentOf() takes what a request makes of the environment, and adds and withholds as before", () => {
  const own = { A: "1", GIT_DIR: "x", KEY: "2" };
  const bare = { A: "1", KEY: "2" };
  assertEquals(environmentOf(own, {}, false), bare);
  const made = environmentOf(own, {
    environment: (all) => ({ ...all, B: "3" }),
    variables: { C: "4" },
    withheld: ["KEY"],
  }, false);
  assertEquals(made, { A: "1", GIT_DIR: "x", B: "3", C: "4" });
});
