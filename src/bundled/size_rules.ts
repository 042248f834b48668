/** The size of a task, told from its words and from what the repository holds. Who is not sure says m. */

/** What a workflow and a repository say about sizes. */
export interface SizeFacts {
  /** Words of the workflow, the smallest first; at least one. */
  readonly sizes: readonly string[];
  /** The size that a change of risky files needs. */
  readonly riskSize: string;
  readonly isRisky: (path: string) => boolean;
  /** Paths of the repository's files. */
  readonly files: ReadonlySet<string>;
}

/** A size, and in one sentence why. */
export interface FoundSize {
  readonly size: string;
  readonly reason: string;
}

/** The sizes that the rules below know; a workflow may have other words, or fewer of these. */
const KNOWN = ["xs", "s", "m", "l"] as const;

type Known = (typeof KNOWN)[number];

/** What builds something new, wherever it stands: no such task is a correction alone. */
const BUILDS =
  /\b(?:add|adds|build|create|design|develop|extend|generate|implement|integrate|introduce|make it possible|port|support|set up|write)\b/i;

/** What goes deep, costs data or trust where it fails, or concerns all of a project. */
const LARGE: readonly RegExp[] = [
  /\b(?:re-?architect|redesign|rewrite|re-?write|overhaul|restructure)\w*/i,
  /\b(?:data(?:base)?|schema|user|production|storage) migrations?\b|\bmigrat(?:e|es|ing|ion)\b(?! guide)/i,
  /\b(?:auth(?:entication|orization)|oauth2?|oidc|saml|single sign-on|sso|two-factor|2fa|permission (?:model|system)|access control|encrypt(?:ion)?|cryptograph\w*)\b/i,
  /\b(?:payments?|billing|invoicing|checkout flow|payroll)\b/i,
  /\b(?:breaking change|backwards?[- ]incompatible|public api v\d|new major version)\b/i,
  /\b(?:multi-?tenan\w*|shard(?:ing|ed)?|distributed|replication|failover|disaster recovery|zero-downtime)\b/i,
  /\b(?:gdpr|personal data|delete (?:all )?(?:user|customer) data|hipaa|pci)\b/i,
  /\bdrop\b.{0,40}\b(?:tables?|databases?|schemas?|collections?)\b/i,
  /\b(?:replace|switch|move|convert|port)\b.{0,60}\b(?:framework|database|orm|architecture|monolith|microservices?|typescript|rust|go|python 3|codebase)\b/i,
  /\b(?:whole|entire) (?:codebase|code base|project|application|system)\b/i,
];

/** What costs data or trust where it fails, however little of it is changed. */
const RISK: readonly RegExp[] = [
  /\b(?:auth|authenticat\w*|authoriz\w*|passwords?|passphrases?|credentials?|secrets?|api keys?|private keys?)\b/i,
  /\b(?:security|vulnerabilit\w*|permissions?|privileges?|sandbox|firewall|injection|xss|csrf|cors)\b/i,
  /\b(?:tls|ssl|https|certificates?|encrypt\w*|decrypt\w*|signatures? (?:check|verification))\b/i,
  /\b(?:payments?|billing|refunds?|credit cards?)\b/i,
  /\b(?:delete|drop|erase|wipe|purge|truncate|destroy)\w*\b.{0,40}\b(?:data|tables?|databases?|records?|rows?|users?|customers?|accounts?|backups?)\b/i,
];

/** Words of a correction that changes no behaviour, or of text alone. */
const TINY: readonly RegExp[] = [
  /\btypos?\b|\bmis-?spell\w*|\bspelling(?: (?:mistake|error|of|in)\b|$)|\bgrammar\b|\bwording\b|\bpunctuation\b/i,
  /\b(?:broken|dead|wrong|outdated) (?:url|hyper)?links?\b/i,
  /\bwhite-?space\b|\bindentation\b|\btrailing (?:blank|space)s?\b|\bformatting\b(?! option| of)/i,
  /\bcopyright (?:year|notice|header)\b|\blicen[cs]e (?:year|header)\b/i,
  /\b(?:code )?comments? (?:in|of|on|to|for|above)\b|\bdoc-?strings?\b|\bjsdoc\b|\btsdoc\b/i,
  /\b(?:bump|update|raise|increase|decrease|lower|change|set)\b.{0,40}\b(?:version number|timeout|config(?:uration)? (?:value|line)|default (?:port|value)|constant)\b/i,
  /\b(?:\.gitignore|\.editorconfig|gitignore|editorconfig)\b/i,
  /\bone[- ](?:line|word|character)\b/i,
  /\brename (?:the )?(?:label|button|heading|title|menu entry|placeholder)\b/i,
  /\bremove (?:an? |the )?(?:unused (?:imports?|variables?)|stray|debug (?:print|output|log)|console\.log)\b/i,
];

const DOCUMENT = String
  .raw`(?:\b(?:readme|changelog|docs?|documentation|contributing|faq|man page|tutorial|user guide|migration guide|release notes|wiki)\b|\.(?:md|rst|adoc|txt)\b)`;

/** What is about documents. */
const DOCUMENTS = new RegExp(DOCUMENT, "i");

/** What changes a document itself, whatever that document is about. */
const TEXTS: readonly RegExp[] = [
  // Before the document stands nothing but what belongs to it: "Rewrite the README", but not "Rewrite it as in the README".
  new RegExp(
    String
      .raw`^\W*(?:docs?: )?\w+ (?:(?:an?|the|our|all|whole|entire|old|new|typos?|spelling|grammar|wording|broken|links?|examples?|in|of|on) ){0,6}[\w./-]*?${DOCUMENT}`,
    "i",
  ),
  new RegExp(
    String
      .raw`\b(?:sections?|chapters?|paragraphs?|sentences?|headings?|typos?|spelling|wording) (?:in|of|to|for|on)\b.*${DOCUMENT}`,
    "i",
  ),
  new RegExp(
    String
      .raw`^\W*(?:(?=docs?:)docs?: )?(?:document|describe|explain|clarify|mention|proofread)\b`,
    "i",
  ),
];

/** A label in front, as commits have it: it says what the task is meant to be, and not what is done in it. */
const LABEL = /^\W*docs?(?:\([^)]*\))?!?: */i;

/** What is done to programs, so that a document is only named beside it. */
const WORKS_ON_CODE =
  /\b(?:build|develop|disable|enable|implement|integrate|port|refactor|support)\b/i;

/** What a label for documents does not go with, where nothing else speaks of them. */
const CHANGES =
  /\b(?:change|delete|drop|fix|make|move|remove|replace|switch|turn)\b/i;

/** A program that makes or shows documents is none. */
const DOCUMENT_PROGRAMS =
  /\b(?:docs?|documentation|readme|changelog)[- ](?:site|generator|search|server|pipeline|build|viewer|parser|renderer)\b|\b(?:docker|api doc\w* generat\w*)\b/i;

/** Words of a defect, or of little work. */
const SMALL: readonly RegExp[] = [
  /\b(?:fix|fixes|fixed|repair|correct|hot-?fix|bug-?fix|patch|debug|resolve)\b/i,
  /\b(?:bugs?|crash(?:es|ed|ing)?|regression|exception|stack ?trace|segfault|panic|deadlock|memory leak|off[- ]by[- ]one|flaky|npe|null pointer|undefined is not|infinite loop)\b/i,
  /\b(?:fails?|failing|broken|wrong(?:ly)?|incorrect(?:ly)?|does ?n[o']t work|not working|returns? (?:500|404|nothing|undefined|null))\b/i,
  /\b(?:small|minor|tiny|little|simple|trivial|quick)\b/i,
  /\brename\b|\binline\b|\bextract (?:an? |the )?(?:function|method|constant|variable)\b/i,
];

/** What says that much is meant. */
const WIDE =
  /\b(?:all|every|each|everywhere|across|throughout|several|many|multiple)\b/i;

/** More words describe more than one thing. */
const MAX_SMALL_WORDS = 60;

/** A path or the name of a file in a text. */
const PATH = /[\w@.-]*(?:\/[\w@.*-]+)+|\b[\w-]+\.[a-z]{1,5}\b/gi;

/** What can only be the name of a file: "TLS/SSL" is none. */
const FILE_NAME = /[\w@./-]*\b[\w-]+\.[a-z]{1,5}\b/gi;

const DOCUMENT_FILE =
  /\.(?:md|markdown|rst|adoc|txt)$|(?:^|\/)(?:LICENSE|AUTHORS|NOTICE)$/i;

/** Tells how large a task is. */
export function sizeOfTask(task: string, facts: SizeFacts): FoundSize {
  const { known, reason } = judge(task, facts);
  const size = wordFor(known, facts.sizes);
  const risky = (task.match(PATH) ?? []).find(facts.isRisky);
  const { sizes, riskSize } = facts;
  if (risky !== undefined && sizes.indexOf(riskSize) > sizes.indexOf(size)) {
    return {
      size: riskSize,
      reason: `the task names "${risky}", which is risky`,
    };
  }
  return { size, reason };
}

interface Judgement {
  readonly known: Known;
  readonly reason: string;
}

function judge(task: string, { files }: SizeFacts): Judgement {
  const text = task.trim();
  const words = text.split(/\s+/).length;
  const isLong = words > MAX_SMALL_WORDS || listEntries(text) > 1;
  // The name of a file may hold any word.
  const plain = text.replaceAll(PATH, " ");
  const builds = BUILDS.exec(plain)?.[0].toLowerCase();
  const parts = partsOf(text);
  const large = wordIn(LARGE, plain);
  const risk = large ?? wordIn(RISK, text.replaceAll(FILE_NAME, " "));
  if (!isLong && parts.length > 0) {
    const isText = risk === undefined
      ? parts.every(isOnDocuments)
      : parts.every((part) =>
        isOnDocuments(part) && wordIn(TEXTS, part) !== undefined
      );
    const tiny = wordIn(TINY, text);
    const isTiny = tiny !== undefined && risk === undefined &&
      (builds === undefined || isOnComments(text)) &&
      parts.every((part) =>
        wordIn(TINY, part) !== undefined || isOnDocuments(part)
      );
    if (tiny !== undefined && (isTiny || isText)) {
      return { known: "xs", reason: `the task speaks of "${tiny}"` };
    }
    if (isText) return { known: "xs", reason: "the task is about documents" };
  }
  if (large !== undefined) {
    return { known: "l", reason: `the task speaks of "${large}"` };
  }
  if (isLong) return { known: "m", reason: "the task asks for several things" };
  const isAllDocuments = files.size > 0 &&
    [...files].every((path) => DOCUMENT_FILE.test(path));
  if (isAllDocuments) {
    return {
      known: builds === undefined ? "xs" : "s",
      reason: "the repository holds documents alone",
    };
  }
  if (risk !== undefined) {
    return { known: "m", reason: `the task speaks of "${risk}"` };
  }
  const small = wordIn(SMALL, plain);
  if (small !== undefined && (builds === undefined || startsSmall(text))) {
    const wide = WIDE.exec(plain)?.[0];
    return wide === undefined
      ? { known: "s", reason: `the task speaks of "${small}"` }
      : {
        known: "m",
        reason: `the task speaks of "${small}", and of "${wide}"`,
      };
  }
  return builds === undefined
    ? { known: "m", reason: "its words do not tell" }
    : { known: "m", reason: `the task is to "${builds}" something` };
}

/** What is asked for, one thing after the other: what only goes on with the one before it is none of its own. */
function partsOf(text: string): readonly string[] {
  const parts: string[] = [];
  for (const part of text.split(BETWEEN)) {
    const said = part.trim();
    if (!/[\p{L}\p{N}]/u.test(said)) continue;
    if (parts.length > 0 && GOES_ON.test(said)) {
      parts.push(`${parts.pop()} ${said}`);
    } else {
      parts.push(said);
    }
  }
  return parts;
}

const BETWEEN =
  /[;,!?\n]|\.(?=\s|$)|\s[&+–—-]\s|\b(?:and|also|then|plus|while|but)\b/i;

/** One word, or what has no verb. */
const GOES_ON =
  /^\S+$|^(?:the|an?|its|their|our|in|of|on|for|to|from|as|please)\s/i;

function isOnDocuments(part: string): boolean {
  if (DOCUMENT_PROGRAMS.test(part) || /\bcode\b/i.test(part)) return false;
  if (WORKS_ON_CODE.test(part)) return false;
  const said = part.replace(LABEL, "");
  return DOCUMENTS.test(said) ||
    said !== part && !BUILDS.test(said) && !CHANGES.test(said);
}

function wordIn(rules: readonly RegExp[], text: string): string | undefined {
  for (const rule of rules) {
    const found = rule.exec(text)?.[0];
    if (found !== undefined) return found.toLowerCase();
  }
  return undefined;
}

/** A fix may add what was missing; what is added may fix nothing. */
function startsSmall(text: string): boolean {
  return /^\W*(?:\w+: )?(?:fix|repair|correct|hot-?fix|bug-?fix|resolve|small|minor|tiny|quick)\b/i
    .test(text);
}

function isOnComments(text: string): boolean {
  return /\b(?:add|write|improve)\b.{0,30}\b(?:comments?|doc-?strings?|jsdoc|tsdoc)\b/i
    .test(text) ||
    /^\W*(?:add|write)\b.{0,30}(?:gitignore|editorconfig)/i.test(text);
}

function listEntries(text: string): number {
  return text.split("\n").filter((line) => /^\s*(?:[-*+]|\d+[.)])\s/.test(line))
    .length;
}

/** The workflow's own word for a size: of fewer words the next larger, of others by their place. */
function wordFor(known: Known, sizes: readonly string[]): string {
  const rank = KNOWN.indexOf(known);
  const ranks = sizes.map((size) =>
    KNOWN.findIndex((one) => one === size.toLowerCase())
  );
  const isOwn = ranks.every((one) => one < 0);
  const at = isOwn
    ? Math.ceil(rank * (sizes.length - 1) / (KNOWN.length - 1))
    : ranks.findIndex((one) => one >= rank);
  return sizes[at] ?? sizes.at(-1) ?? "";
}
