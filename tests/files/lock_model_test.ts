import { explore, type ModelOptions, type Safeguard } from "./lock_model.ts";
import { assert, assertEquals } from "@std/assert";

/** Every judgement of death is right. */
const HONEST: ModelOptions = {
  processes: 3,
  crashes: 2,
  attempts: 1,
  liveness: "honest",
};

/** Any judgement may be wrong, in both directions. */
const ARBITRARY: ModelOptions = {
  processes: 3,
  crashes: 0,
  attempts: 1,
  liveness: "arbitrary",
};

const WHOLE: readonly ModelOptions[] = [
  { ...HONEST, crashes: 0 },
  HONEST,
  { ...HONEST, processes: 4 },
  ARBITRARY,
  { ...ARBITRARY, crashes: 1 },
  { ...ARBITRARY, processes: 2, crashes: 1, attempts: 4 },
  { ...ARBITRARY, attempts: 2 },
];

for (const options of WHOLE) {
  const { processes, crashes, attempts, liveness } = options;
  Deno.test(`the lock keeps its promises: ${processes} processes, ${crashes} crashes, ${attempts} attempts, ${liveness} liveness`, () => {
    const { states, violation } = explore(options);
    assertEquals(violation, undefined);
    assert(states > 100, `only ${states} states were tried`);
  });
}

const BROKEN: readonly [Safeguard, ModelOptions, string][] = [
  ["claim", HONEST, "two hold the lock"],
  ["next claim", HONEST, "somebody waits for ever"],
  ["recheck", HONEST, "two hold the lock"],
  ["sweep", ARBITRARY, "an update is lost"],
  ["fence", ARBITRARY, "an update is lost"],
];

for (const [without, options, expected] of BROKEN) {
  Deno.test(`the lock breaks without its ${without}: ${expected}`, () => {
    const { violation } = explore({ ...options, without });
    assertEquals(violation, expected);
  });
}
