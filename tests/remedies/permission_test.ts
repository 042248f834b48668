/** What may not be looked at, or changed, is said to be that, and nothing else. */
import { isRoot, test } from "../bad_inputs/lab.ts";
import { legacyState } from "../work/fixtures.ts";
import { IDENTITY } from "../secrets/fixtures.ts";
import {
  type Act,
  find,
  inPlace,
  type Outcome,
  type Place,
  prove,
} from "./finding.ts";
import { assertEquals } from "@std/assert";

/** Only root can give files to somebody else. */
const AS_ANOTHER_USER = { isUnprivileged: true, ignore: !isRoot };

const STATE = ".orchestrator";

/** How to see that the owner of something is another user. */
function lookAt(path: string): string {
  return `see who owns it: ls -ld "ROOT/${path}"`;
}

/** What somebody else keeps for themselves, and what is found besides. */
const HIDDEN: readonly (readonly [
  path: string,
  made: Act | undefined,
  untilThen: readonly Outcome[],
  besides?: readonly string[],
])[] = [
  [`${STATE}/sessions/FIRST/state.json`, undefined, [
    ["orc status --session FIRST", 77],
    ["orc note x --session SECOND", 0],
  ]],
  [`${STATE}/sessions/FIRST/log.jsonl`, undefined, [
    ["orc note x --session FIRST", 77],
    ["orc note x --session SECOND", 0],
  ]],
  [`${STATE}/sessions/FIRST/meta.json`, undefined, []],
  [`${STATE}/sessions/FIRST`, undefined, [
    ["orc note x --session FIRST", 77],
    ["orc note x --session SECOND", 0],
  ]],
  [`${STATE}/meta.json`, undefined, [
    ['orc start --beside "Another task"', 77],
  ]],
  [`${STATE}/current`, undefined, [["orc status", 77]]],
  [`${STATE}/config.yaml`, `echo 'color: never' > ${STATE}/config.yaml`, [
    ['orc start --beside "Another task"', 77],
  ]],
  [
    `${STATE}/state.json`,
    ({ write }: Place) => write({ [`${STATE}/state.json`]: '{"tasks": []}' }),
    [],
  ],
  [`${STATE}/lock`, `echo '{}' > ${STATE}/lock`, [
    ['orc start --beside "Another task"', 77],
  ], []],
  ["workflow.yaml", undefined, [
    ['orc start --beside "Another task"', 77],
    ["orc note x --session FIRST", 0],
  ], []],
  [
    ".workflow_state.json",
    ({ write }: Place) => write({ ".workflow_state.json": legacyState() }),
    [],
    [],
  ],
];

for (const [path, made, untilThen, besides = ["foreign_owner"]] of HIDDEN) {
  prove({
    ...AS_ANOTHER_USER,
    code: "not_readable",
    of: path,
    damage: async (place) => {
      const real = path.replace("FIRST", place.first);
      if (typeof made === "function") await made(place);
      else if (typeof made === "string") await place.type(made);
      await place.type(`chown 4321 ${real} && chmod go= ${real}`);
    },
    untilThen,
    besides,
    ways: {
      [lookAt(path)]: [`ls -ld "ROOT/${path}"`, `chown 0 ${path}`],
    },
    afterwards: [["orc status", 0]],
  });
}

for (const mode of ["700", "744"]) {
  prove({
    ...AS_ANOTHER_USER,
    code: "not_readable",
    of: `all state, with the mode ${mode}`,
    damage: `chown -R 4321 ${STATE} && chmod ${mode} ${STATE}`,
    untilThen: [
      ["orc status", 77],
      ['orc start --beside "Another task"', 77],
    ],
    besides: [],
    ways: {
      [lookAt(STATE)]: [`ls -ld "ROOT/${STATE}"`, `chown -R 0 ${STATE}`],
      "let that user allow it": `chmod 755 ${STATE}`,
    },
    afterwards: [["orc status", 0]],
  });
}

prove({
  code: "not_readable",
  of: "what nobody may read, for any user",
  isUnprivileged: true,
  damage: `chmod 000 ${STATE}/sessions/FIRST/state.json`,
  untilThen: [
    ["orc status --session FIRST", 77],
    ["orc note x --session SECOND", 0],
  ],
  besides: ["missing_permission"],
  ways: {
    [lookAt(`${STATE}/sessions/FIRST/state.json`)]: [
      `ls -ld "ROOT/${STATE}/sessions/FIRST/state.json"`,
      `chmod 644 ${STATE}/sessions/FIRST/state.json`,
    ],
  },
});

prove({
  ...AS_ANOTHER_USER,
  code: "not_writable",
  damage: `chown -R 4321 ${STATE}`,
  untilThen: [
    ["orc status", 0],
    ["orc note x", 77],
    ['orc start --beside "Another task"', 77],
  ],
  besides: [],
  ways: {
    "work as that user": `chown -R 0 ${STATE}`,
    "let that user allow it": `chmod -R a+rwX ${STATE}`,
  },
});

test({
  name: "what its owner lets a group change is found to be well by the group",
  ignore: !isRoot,
  fn: () =>
    inPlace(async (place) => {
      await place.type(`chown -R 4321:0 ${STATE} && chmod -R g+rwX ${STATE}`);
      assertEquals(await find(place, "not_writable"), []);
      assertEquals((await place.type("orc note x")).code, 0);
    }, { isUnprivileged: true }),
});

prove({
  ...AS_ANOTHER_USER,
  code: "secret_unreadable",
  damage: async ({ home, type }) => {
    Deno.mkdirSync(`${home}/.orchestrator`);
    const identity = `${home}/.orchestrator/identity.txt`;
    Deno.writeTextFileSync(identity, `${IDENTITY}\n`);
    Deno.chmodSync(identity, 0o600);
    await type("echo 'pl4nted/value+0001' > value");
    await type("orc secrets set API_KEY --file value");
    await type("chown 4321 .orchestrator/secrets/API_KEY.age");
  },
  untilThen: [["orc secrets get API_KEY", 77]],
  besides: ["foreign_owner"],
  ways: {
    [lookAt(".orchestrator/secrets/API_KEY.age")]: [
      'ls -ld "ROOT/.orchestrator/secrets/API_KEY.age"',
      "chown 0 .orchestrator/secrets/API_KEY.age",
    ],
  },
  afterwards: [["orc secrets get API_KEY", 0, "pl4nted/value+0001"]],
});
