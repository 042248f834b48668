import { type OrcError, refused } from "../../base/error.ts";
import { oneLine } from "../../base/markdown.ts";
import { countOf, inOneLine } from "../../base/text.ts";
import { startTexts } from "../../replay/account.ts";
import type { Recoverable, Recovered } from "../../sessions/recover.ts";
import type { Attested } from "../../trust/attest.ts";
import type { Hooked, PushedRef, PushVerified } from "../../trust/hook.ts";
import type { Verified } from "../../trust/use.ts";
import type { Trusted } from "../../work/foreign.ts";
import { type Clamped, clamped } from "../clamp.ts";
import { arg, command, flag, type ResultOf, type Style } from "../command.ts";
import { section, shortTask } from "../view.ts";

export const verifyCommand = command<ResultOf<Verified>>({
  description:
    "Checks whether what a session says is so: that its log is as orc wrote it, that its events lead to its state by the rules, that orc itself saw each item done, and that it was finished. It names files that changed since a check saw them. It reads all of the log and changes nothing. Exits with 0 if the session holds, and with 3 and one line per finding if not.\n\nWith --attestation it judges, in any clone of the repository, whether what orc attest said speaks for the files of a commit. With --rerun it runs the checks again; what git ignores, such as installed packages, is not in a clean checkout: --setup fetches it.\n\nIt notices what was changed behind orc's back. It cannot notice what somebody with the same account writes by the rules and with the right hashes: they are no secret.",
  args: [
    arg("[ID]", "Id of the session instead of the current one", "session", {
      excludes: ["session", "attestation"],
    }),
  ],
  flags: [
    flag(
      "--attestation FILE",
      "Judge what orc attest made, where the session is not; note for git's note on the commit's tree",
    ),
    flag(
      "--commit REF",
      "Commit that it has to be about instead of HEAD",
      { needs: "attestation" },
    ),
    flag(
      "--base REF",
      "Commit whose workflow.yaml counts, and from which work goes out and is measured, such as origin/main",
    ),
    flag(
      "--allowed-signers FILE",
      "Ask for a signature by one of these keys; a relative file is taken from the base",
      { needs: "attestation" },
    ),
    flag(
      "--rerun",
      "Run every command check again, on a clean checkout of the commit",
      { effect: "writes" },
    ),
    flag(
      "--setup COMMAND",
      'Run this there first, such as "npm ci"',
      { needs: "rerun" },
    ),
  ],
  effect: "reads",
  permissions: ["run"],
  examples: [
    "orc verify",
    "orc verify 01k9 --json",
    'orc verify --rerun --setup "npm ci"',
    "orc verify --attestation note --base origin/main",
  ],
  async use(host, options, values) {
    const asked = {
      base: values.text("base"),
      rerun: values.on("rerun"),
      setup: values.text("setup"),
      onProgress: ({ elapsedMs }: { readonly elapsedMs: number }) =>
        host.terminal.showProgress(
          `checks run again, ${Math.floor(elapsedMs / 1000)} s`,
        ),
    };
    const attestation = values.text("attestation");
    try {
      const verified = await verify(attestation);
      return { ...verified, refusal: notHolding(verified) };
    } finally {
      host.terminal.showProgress(undefined);
    }

    async function verify(attestation: string | undefined): Promise<Verified> {
      if (attestation === undefined) {
        const session = values.text("ID") ?? options.session;
        const { verifySession } = await import("../../trust/use.ts");
        return await verifySession(host, { ...options, ...asked, session });
      }
      const { verifyAttestation } = await import("../../trust/attestation.ts");
      const { session: _session, ...where } = options;
      return await verifyAttestation(host, {
        ...where,
        ...asked,
        attestation,
        commit: values.text("commit"),
        allowedSigners: values.text("allowed-signers"),
      });
    }
  },
  render: verifiedText,
});

/** The refusal with which a program ends that asked for a session which does not hold. */
function notHolding(
  { findings, holds }: Pick<Verified, "findings" | "holds">,
): OrcError | undefined {
  if (holds) return undefined;
  const count = countOf(findings.length, "finding");
  return refused("not_verified", `The session does not hold: ${count}`);
}

function verifiedText(
  { holds, findings, serial, coveredFrom, rerun, signedBy, start, approvals }:
    ResultOf<
      Verified
    >,
  style: Style,
): string {
  const covered = coveredFrom === null || coveredFrom === 1
    ? ""
    : `, covered from update ${coveredFrom} on`;
  const updates = `${countOf(serial, "update")}${covered}`;
  const again = rerun === null ? [] : [`${countOf(rerun, "check")} run again`];
  const signed = signedBy === null ? [] : [`signed by ${oneLine(signedBy)}`];
  const head = holds
    ? style.good(`Holds, ${[updates, ...again, ...signed].join(", ")}`)
    : style.bad(`Does not hold: ${countOf(findings.length, "finding")}`);
  const lines = (texts: readonly string[]) =>
    texts.map((text) => `  ${oneLine(text)}`);
  return [
    head,
    ...lines(findings.map(({ message }) => message)),
    ...section("How it came about", [
      ...startTexts(start),
      ...approvals.map(({ message }) => message),
    ]),
  ].join("\n");
}

export const attestCommand = command<AttestResult>({
  description:
    "Says in one line of JSON what a finished session did: which workflow it followed, which commands orc ran on which files, and who approved. It is about the files of HEAD, for others to judge: orc verify --attestation note. What does not hold is refused, and so is what is not committed. Where the setting attestation_key names an OpenSSH key, it is signed.\n\nWithout a flag it is printed. With --note it becomes a note on git's tree, which stays with the files through an amended message: git push origin refs/notes/orchestrator hands it on.\n\nWith --install-hook git asks before it pushes whether what is pushed holds.",
  args: [
    arg("[ID]", "Id of the session instead of the current one", "session", {
      excludes: ["session", "install-hook", "uninstall-hook"],
    }),
  ],
  flags: [
    flag("--to FILE", "Write it to a file", { excludes: ["note"] }),
    flag("--note", "Make it a note on the tree of HEAD"),
    flag("--install-hook", "Have git ask before it pushes", {
      excludes: ["to", "note", "uninstall-hook"],
    }),
    flag("--uninstall-hook", "Take that hook away", {
      excludes: ["to", "note"],
    }),
    flag(
      "--require BRANCH...",
      "Branch that is not pushed without an attestation, such as main or release/*",
      { needs: "install-hook" },
    ),
  ],
  effect: "writes",
  permissions: ["run", "tree"],
  isWhole: true,
  examples: [
    "orc attest --note",
    "orc attest --to ../attestation.json",
    "orc attest --install-hook --require main",
  ],
  isValue: true,
  async use(host, { session, ...where }, values) {
    if (values.on("install-hook") || values.on("uninstall-hook")) {
      const { changePushHook } = await import("../../trust/hook.ts");
      const { place, warnings, ...hook } = await changePushHook(host, {
        ...where,
        remove: values.on("uninstall-hook"),
        require: values.list("require"),
      });
      return { place, warnings, attested: null, hook };
    }
    const { attestSession } = await import("../../trust/attest.ts");
    const { place, warnings, ...attested } = await attestSession(host, {
      ...where,
      session: values.text("ID") ?? session,
      file: values.text("to"),
      note: values.on("note"),
    });
    return { place, warnings, attested, hook: null };
  },
  render: attestText,
});

interface AttestResult {
  /** Null where it is about the hook. */
  readonly attested: ResultOf<Attested> | null;
  /** Null where it is not about the hook. */
  readonly hook: ResultOf<Hooked> | null;
}

function attestText({ attested, hook }: AttestResult): string {
  if (hook !== null) {
    const { path, installed, changed } = hook;
    if (installed) return changed ? `Wrote ${path}` : `${path} is up to date`;
    return changed ? `Removed ${path}` : `No hook of orc in ${path}`;
  }
  if (attested === null) return "";
  const { text, path, note, tree, signed } = attested;
  const how = signed ? ", signed" : "";
  if (path !== null) return `Wrote ${path}${how}`;
  if (note === null) return text.trimEnd();
  return `Noted on tree ${tree}${how}; hand it on: git push origin ${note}`;
}

export const verifyPushCommand = command<ResultOf<PushVerified>>({
  description:
    "Tells git's pre-push hook whether what is pushed may be. It reads what git hands to the hook from standard input. Each commit whose tree has an attestation in refs/notes/orchestrator has to stand its test; what was never attested is let go, but for branches that --require names. Exits with 0 or 3. Such a hook is made by: orc attest --install-hook",
  flags: [
    flag(
      "--require BRANCH...",
      "Branch that is not pushed without an attestation, such as main or release/*",
    ),
  ],
  effect: "reads",
  permissions: ["run"],
  examples: ["orc verify-push --require main"],
  async use(host, { session: _session, ...where }, values) {
    const { verifyPush } = await import("../../trust/hook.ts");
    const refs = new TextDecoder().decode(host.readInput(MAX_REFS_BYTES));
    const require = values.list("require");
    const verified = await verifyPush(host, { ...where, refs, require });
    return { ...verified, refusal: notPushed(verified) };
  },
  render: ({ refs, passes }) =>
    [...refs.flatMap(pushedLines), ...passes ? [] : [`Try: ${WAY_ON}`]]
      .join("\n"),
});

const WAY_ON =
  "finish the session, commit, then: orc attest --note; to push all the same: git push --no-verify";

/** A hundred thousand references. */
const MAX_REFS_BYTES = 32 * 1024 * 1024;

function pushedLines(
  { ref, verdict, passes, findings }: PushedRef,
): readonly string[] {
  if (verdict === "fails") {
    return [
      `${oneLine(ref)} does not hold: ${countOf(findings.length, "finding")}`,
      ...findings.map(({ message }) => `  ${oneLine(message)}`),
    ];
  }
  if (passes) return verdict === "holds" ? [`${oneLine(ref)} holds`] : [];
  return [`Nothing attests the files of ${oneLine(ref)}`];
}

function notPushed({ refs }: PushVerified): OrcError | undefined {
  const held = refs.filter(({ passes }) => !passes);
  if (held.length === 0) return undefined;
  const count = countOf(held.length, "reference");
  return refused("not_verified", `Cannot push ${count} as it is`, {
    hint: WAY_ON,
  });
}

export const recoverCommand = command<Clamped<RecoverResult>>(
  clamped<RecoverResult>({ lists: ["sessions"] }, {
    description:
      "Brings a session back that is gone, or older than it was: after git clean -fdx, rm -rf .orchestrator, or an old copy that was put back. While a session is active orc keeps a second name of its files in git's own directory, and for 30 days after its end. What lies in its place is renamed. Outside of git nothing is kept.\n\nWith --list it shows what could be brought back, and changes nothing. With --forget it removes what is kept of a session that is gone on purpose.",
    args: [
      arg("[ID]", "Id of the session; not needed where one is missing"),
    ],
    flags: [
      flag("--list", "Only show what could be brought back", {
        effect: "reads",
        excludes: ["forget"],
      }),
      flag("--forget", "Let it go instead, after a yes"),
      flag("--dry-run", "Show what would be done, and do nothing", {
        effect: "reads",
        excludes: ["list"],
      }),
      flag("-y, --yes", "Let it go without asking", { needs: "forget" }),
    ],
    effect: "rewrites",
    examples: [
      "orc recover",
      "orc recover --list",
      "orc recover 01k9 --forget",
    ],
    async use(host, options, values) {
      const { forgetSession, listRecoverable, recoverSession } = await import(
        "../../sessions/recover.ts"
      );
      const session = values.text("ID") ?? options.session;
      const dryRun = values.on("dry-run");
      const request = { ...options, session, dryRun };
      const none = {
        recovered: null,
        forgotten: null,
        sessions: null,
        dryRun: false,
      };
      if (values.on("list")) {
        return { ...none, ...await listRecoverable(host, options) };
      }
      if (values.on("forget")) {
        const yes = values.on("yes");
        const { place, session } = await forgetSession(host, {
          ...request,
          yes,
        });
        return { ...none, place, forgotten: session, dryRun };
      }
      const { place, warnings, ...recovered } = await recoverSession(
        host,
        request,
      );
      return { ...none, place, warnings, recovered, dryRun };
    },
    render: recoverText,
  }),
);

const MAX_TASK_LENGTH = 60;

interface RecoverResult {
  /** Null unless it was brought back. */
  readonly recovered: ResultOf<Recovered> | null;
  /** Id of the session that was let go; null otherwise. */
  readonly forgotten: string | null;
  /** Whether it was only told, and nothing done. */
  readonly dryRun: boolean;
  /** What could be brought back; null unless it was asked for. */
  readonly sessions: readonly Recoverable[] | null;
}

function recoverText(
  { recovered, forgotten, sessions, dryRun }: RecoverResult,
): string {
  if (recovered !== null) {
    const { session, serial, task, current, aside } = recovered;
    return [
      `${
        dryRun ? "Would recover" : "Recovered"
      }: session "${session}" at update ${serial} (${
        shortTask(task, MAX_TASK_LENGTH)
      })`,
      ...aside.map((path) =>
        dryRun
          ? `Would rename what lies in its place: "${path}"`
          : `What lay in its place is now "${path}"`
      ),
      ...current || dryRun
        ? []
        : [`Go on with it: orc session switch ${session}`],
    ].join("\n");
  }
  if (forgotten !== null) {
    return dryRun
      ? `Would forget: session "${forgotten}" could not be brought back any more`
      : `Forgotten: session "${forgotten}" cannot be brought back any more`;
  }
  if (!sessions?.length) return "No session is missing";
  return sessions.map(({ session, serial, status, present, task }) => {
    const now = present === null ? "gone" : `at update ${present}`;
    return `${session}  kept at update ${serial} (${status}), now ${now}  ${
      shortTask(task, MAX_TASK_LENGTH)
    }`;
  }).join("\n");
}

export const trustCommand = command<ResultOf<Trusted>>({
  description:
    "Lets the commands of a session run that was not begun here: one that git brought along, or a copy. Until then no check of it runs a command, and no agent is run on it. It shows all of its commands as they would run; a human reads them and types the id of the session. That is kept in your own directory for this very workflow, by its hash: where the session brings another one, it is asked again. A session that was begun here needs it not.",
  args: [
    arg("[ID]", "Id of the session instead of the current one", "session", {
      excludes: ["session"],
    }),
  ],
  effect: "human",
  examples: ["orc trust 01k9"],
  async use(host, options, values) {
    const session = values.text("ID") ?? options.session;
    const { trustSession } = await import("../../work/foreign.ts");
    return await trustSession(host, { ...options, session });
  },
  render: ({ changed, commands }) =>
    [
      changed
        ? "Trusted: its commands may run"
        : "Its commands may run already",
      ...commands.map(({ itemId, command, workingDir }) =>
        `  ${inOneLine(`${itemId}: ${command}`)}${
          workingDir ? ` (in ${inOneLine(workingDir)})` : ""
        }`
      ),
    ].join("\n"),
});
