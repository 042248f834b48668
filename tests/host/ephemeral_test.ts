import { detectMachine, type Machine } from "../../src/host/ephemeral.ts";
import { assert, assertEquals } from "@std/assert";

type Variables = Readonly<Record<string, string>>;

/** Environments of machines that vanish, as they are described, each with its source. */
const RECORDED: {
  readonly places: readonly (Machine & {
    readonly variables: Variables;
    readonly directories: readonly string[];
    readonly source: string;
  })[];
  readonly others: readonly {
    readonly what: string;
    readonly variables: Variables;
  }[];
} = JSON.parse(
  Deno.readTextFileSync(new URL("../testdata/ephemeral.json", import.meta.url)),
);

function detect(
  variables: Variables,
  directories: readonly string[] = [],
): Machine {
  return detectMachine(
    (name) => variables[name],
    (path) => directories.includes(path),
  );
}

Deno.test("detectMachine() knows the places whose environments are recorded", () => {
  assert(RECORDED.places.length >= 10);
  for (
    const { variables, directories, source, ...machine } of RECORDED.places
  ) {
    assert(source.startsWith("https:"), `${machine.place} has no source`);
    assertEquals(detect(variables, directories), machine);
  }
});

Deno.test("detectMachine() takes no machine that stays for one that vanishes", () => {
  const stays = { place: null, vanishes: "no", branchPrefix: null };
  for (const { variables, what } of RECORDED.others) {
    assertEquals(detect(variables), stays as Machine, what);
  }
});

Deno.test("detectMachine() needs all marks that are tied together", () => {
  for (const { variables, directories } of RECORDED.places) {
    const names = Object.keys(variables);
    const without = names.map((name) => {
      const { [name]: _, ...others } = variables;
      return detect(others, directories).place;
    });
    const whole = detect(variables, directories).place;
    assert(
      names.length === 0 || without.some((place) => place !== whole),
      `${whole} is known without any of ${names}`,
    );
  }
});

Deno.test("detectMachine() lets ORCHESTRATOR_EPHEMERAL have the last word", () => {
  const web = { CLAUDE_CODE_REMOTE: "true" };
  const said = (ORCHESTRATOR_EPHEMERAL: string, more: Variables = {}) =>
    detect({ ...more, ORCHESTRATOR_EPHEMERAL }).vanishes;
  assertEquals(said("0", web), "no");
  assertEquals(said("False", web), "no");
  assertEquals(said("1"), "yes");
  assertEquals(said("true", { CODESPACES: "true" }), "yes");
  assertEquals(said("", web), "yes");
  assertEquals(said("perhaps", { CODESPACES: "true" }), "maybe");
  assertEquals(
    detect({ ...web, ORCHESTRATOR_EPHEMERAL: "0" }).place !== null,
    true,
  );
});
