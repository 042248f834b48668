/** What doctor says of settings and secrets. */
import { IDENTITY, VALUE } from "../secrets/fixtures.ts";
import {
  type Act,
  ALL_GOES_ON,
  type Outcome,
  type Place,
  prove,
} from "./finding.ts";

const CONFIG = ".orchestrator/config.yaml";

const CORRECTED = {
  "correct it; what counts is shown by: orc config list": [
    `echo 'color: never' > ${CONFIG}`,
    "orc config list",
  ],
};

prove({
  code: "unreadable_config",
  damage: `echo '{' > ${CONFIG}`,
  untilThen: [
    ["orc config list", 78],
    ['orc start --beside "Another task"', 78],
  ],
  ways: CORRECTED,
});

prove({
  code: "unreadable_config",
  of: "the older tool's",
  damage: "echo 'test_command: [' > .orchestrator.yaml",
  untilThen: [
    ["orc config list", 78],
    ['orc start --beside "Another task"', 78],
  ],
  ways: {
    "correct it; what counts is shown by: orc config list": [
      "echo 'test_command: make test' > .orchestrator.yaml",
      "orc config list",
    ],
  },
});

prove({
  code: "invalid_setting",
  damage: `echo 'lock_timeout_seconds: soon' > ${CONFIG}`,
  untilThen: [['orc start --beside "Another task"', 78]],
  ways: CORRECTED,
});

for (const line of ["color: purple", "notice: maybe", "web_mode: maybe"]) {
  prove({
    code: "invalid_setting",
    of: line,
    damage: `echo '${line}' > ${CONFIG}`,
    untilThen: ALL_GOES_ON,
    ways: CORRECTED,
  });
}

prove({
  code: "doubtful_setting",
  damage: `echo 'colour: never' > ${CONFIG}`,
  untilThen: ALL_GOES_ON,
  ways: {
    "see what counts, and from where: orc config list": [
      "orc config list",
      `echo 'color: never' > ${CONFIG}`,
    ],
  },
});

prove({
  code: "legacy_config",
  damage: "echo 'test_command: make test' > .orchestrator.yaml",
  untilThen: ALL_GOES_ON,
  ways: {
    "see whether it would move: orc migrate --dry-run": [
      "orc migrate --dry-run",
      "orc migrate --yes",
    ],
  },
});

prove({
  code: "legacy_config",
  of: "of the user",
  damage: ({ home }) => {
    Deno.mkdirSync(`${home}/.config/orchestrator`, { recursive: true });
    Deno.writeTextFileSync(
      `${home}/.config/orchestrator/config.yaml`,
      "color: never\n",
    );
  },
  untilThen: ALL_GOES_ON,
  ways: {
    "keep them one by one: orc config set NAME VALUE --global": [
      "orc config set color never --global",
      "rm -r HOME/.config/orchestrator",
    ],
  },
});

prove({
  code: "machine_vanishes",
  damage: `echo 'web_mode: true' > ${CONFIG}`,
  untilThen: ALL_GOES_ON,
  ways: {
    "see how sessions leave it: orc persist probe; if it stays: orc config set web_mode false":
      ["orc config set web_mode false"],
  },
});

prove({
  code: "notify_failed",
  damage: ({ root }) => {
    const cache = `${root}/.orchestrator/cache`;
    Deno.mkdirSync(cache, { recursive: true });
    const path = `${cache}/notify-failure.json`;
    const failure = { at: "2026-03-01T10:00:00Z", message: "It is away" };
    Deno.writeTextFileSync(path, JSON.stringify(failure));
    Deno.chmodSync(path, 0o600);
  },
  untilThen: ALL_GOES_ON,
  ways: {
    "mend that, then try it: orc notify test": [
      "orc config set notify true --global",
      "orc notify test",
    ],
  },
});

const SECRETS = ".orchestrator/secrets";

/** Gives the user an identity, and keeps a secret. */
async function keep(place: Place, flags = ""): Promise<void> {
  giveIdentity(place);
  await place.type(`orc secrets set API_KEY ${flags}`);
}

function giveIdentity({ home }: Place): void {
  Deno.mkdirSync(`${home}/.orchestrator`, { recursive: true });
  const path = `${home}/.orchestrator/identity.txt`;
  Deno.writeTextFileSync(path, `${IDENTITY}\n`);
  Deno.chmodSync(path, 0o600);
}

/** What is done to a repository that keeps a secret. */
function afterKeeping(damage: string): Act {
  return async (place) => {
    await keep(place);
    const { code, err } = await place.type(
      damage.replaceAll("HOME", place.home),
    );
    if (code !== 0) throw new Error(err);
  };
}

const KNOWN: Outcome = ["orc secrets get API_KEY", 0, VALUE];
const SET = ["orc secrets set API_KEY"];
const AGAIN = ["orc secrets set API_KEY --yes"];

prove({
  code: "secret_missing",
  damage: (place) => {
    giveIdentity(place);
    place.write({ [CONFIG]: "secrets: [API_KEY]\n" });
  },
  untilThen: [["orc secrets get API_KEY", 4], ...ALL_GOES_ON],
  ways: { "orc secrets set API_KEY": SET },
  afterwards: [KNOWN],
});

for (
  const [name, suffix] of [["API_KEY.age", ""], [
    "api",
    ", then remove that file",
  ]] as const
) {
  const path = `${SECRETS}/${name}`;
  const word = suffix === "" ? "API_KEY" : "NAME";
  const yes = suffix === "" ? " --yes" : "";
  const set = `orc secrets set ${word}${yes} --file "ROOT/${path}"`;
  prove({
    code: "secret_plaintext",
    of: name,
    damage: (place) => {
      giveIdentity(place);
      place.write({ [path]: VALUE });
      Deno.chmodSync(`${place.root}/${path}`, 0o600);
    },
    ways: {
      [set + suffix]: [
        set.replace("NAME", "API_KEY"),
        ...suffix === "" ? [] : [`rm ${path}`],
      ],
    },
    afterwards: [KNOWN],
  });
}

prove({
  code: "secret_locked",
  damage: afterKeeping("mv HOME/.orchestrator/identity.txt HOME/identity"),
  untilThen: [["orc secrets get API_KEY", 77]],
  ways: {
    "use the identity or passphrase that it was kept with":
      "mv HOME/identity HOME/.orchestrator/identity.txt",
    "keep it anew: orc secrets set API_KEY --yes": [
      "orc secrets init",
      ...AGAIN,
    ],
  },
  afterwards: [KNOWN],
});

prove({
  code: "secret_damaged",
  damage: afterKeeping(
    `cp ${SECRETS}/API_KEY.age HOME/copy && truncate -s -1 ${SECRETS}/API_KEY.age`,
  ),
  untilThen: [["orc secrets get API_KEY", 6]],
  ways: {
    "put back a good copy": `cp HOME/copy ${SECRETS}/API_KEY.age`,
    "keep it anew: orc secrets set API_KEY --yes": AGAIN,
  },
  afterwards: [KNOWN],
});

prove({
  code: "secret_damaged",
  of: "in the user's own directory",
  damage: async (place) => {
    await keep(place, "--global");
    await place.type(
      `truncate -s -1 ${place.home}/.orchestrator/secrets/API_KEY.age`,
    );
  },
  untilThen: [["orc secrets get API_KEY", 6]],
  ways: {
    "keep it anew: orc secrets set API_KEY --global --yes":
      "orc secrets set API_KEY --global --yes",
  },
  afterwards: [KNOWN],
});

prove({
  code: "secret_linked",
  damage: afterKeeping(
    `mv ${SECRETS}/API_KEY.age HOME/moved && ln -s HOME/moved ${SECRETS}/API_KEY.age`,
  ),
  untilThen: [["orc secrets get API_KEY", 6]],
  ways: {
    "put the file itself in its place":
      `rm ${SECRETS}/API_KEY.age && mv HOME/moved ${SECRETS}/API_KEY.age`,
  },
  afterwards: [KNOWN],
});

prove({
  code: "secret_readable",
  damage: afterKeeping(`chmod 644 ${SECRETS}/API_KEY.age`),
  untilThen: [KNOWN],
  ways: {
    [`chmod 600 "ROOT/${SECRETS}/API_KEY.age"`]:
      `chmod 600 "ROOT/${SECRETS}/API_KEY.age"`,
  },
  afterwards: [KNOWN],
});

prove({
  code: "secret_committed",
  damage: afterKeeping(`git add --force ${SECRETS}`),
  untilThen: [KNOWN],
  ways: {
    [`git -C "ROOT/${SECRETS}" rm --cached "ROOT/${SECRETS}/API_KEY.age"`]:
      `cd / && git -C "ROOT/${SECRETS}" rm --cached "ROOT/${SECRETS}/API_KEY.age"`,
    "keep it in your own directory: orc secrets set API_KEY --private": [
      "orc secrets set API_KEY --private",
      `git rm -f ${SECRETS}/API_KEY.age`,
    ],
  },
  afterwards: [KNOWN],
});

prove({
  code: "identity_exposed",
  damage: afterKeeping("chmod 644 HOME/.orchestrator/identity.txt"),
  untilThen: [KNOWN],
  ways: {
    'chmod 600 "HOME/.orchestrator/identity.txt"':
      'chmod 600 "HOME/.orchestrator/identity.txt"',
  },
  afterwards: [KNOWN],
});

prove({
  code: "identity_exposed",
  of: "committed to git",
  damage: afterKeeping(
    "git init --quiet HOME && git -C HOME add .orchestrator/identity.txt",
  ),
  ways: {
    'git -C "HOME/.orchestrator" rm --cached "HOME/.orchestrator/identity.txt"':
      'git -C "HOME/.orchestrator" rm --cached "HOME/.orchestrator/identity.txt"',
  },
  afterwards: [KNOWN],
});

prove({
  code: "key_beside_secrets",
  damage: afterKeeping("echo 'SECRETS_PASSWORD=x1' > .env"),
  ways: {
    "move it out of the repository": "mv .env HOME/away",
  },
  afterwards: [KNOWN],
});

prove({
  code: "token_in_file",
  damage: (place) => {
    giveIdentity(place);
    place.write({ [CONFIG]: `# ghp_${"a1".repeat(18)}\n` });
  },
  ways: {
    "replace it by the name of a secret: secrets: [NAME], orc secrets set NAME":
      [`echo 'secrets: [API_KEY]' > ${CONFIG}`, ...SET],
  },
  afterwards: [KNOWN],
});

prove({
  code: "secret_short",
  damage: async (place) => {
    giveIdentity(place);
    place.write({ short: "short" });
    await place.type("orc secrets set API_KEY --file short");
  },
  untilThen: [["orc secrets get API_KEY", 0, "short"]],
  ways: {
    "orc secrets set API_KEY --yes": AGAIN,
  },
  afterwards: [KNOWN],
});

prove({
  code: "legacy_secrets",
  damage: (place) => {
    giveIdentity(place);
    place.write({ ".secrets.enc": "Salted__" });
  },
  untilThen: ALL_GOES_ON,
  ways: {
    "keep them one by one: orc secrets set NAME": [
      ...SET,
      "rm .secrets.enc",
    ],
  },
  afterwards: [KNOWN],
});

prove({
  code: "unreadable_secrets",
  damage:
    "mkdir -p HOME/.orchestrator && ln -s ROOT HOME/.orchestrator/secrets",
  ways: {
    "put that right, then: orc secrets doctor": [
      "rm HOME/.orchestrator/secrets",
      "orc secrets doctor",
    ],
  },
});
