import { main } from "../../src/cli/main.ts";
import { captureStreams } from "../cli/fake.ts";
import { directoryIn, WORK } from "../journey/honest_agent.ts";
import { inRepository, type Repository } from "../journey/orc.ts";
import {
  agent,
  APPROVING,
  fixedHost,
  machineNumber,
} from "../work/fixtures.ts";

/** What orc said to one command. */
export interface Said {
  /** The command, without what the agent says in it. */
  readonly command: string;
  /** The item whose turn it was; empty at the start and between phases. */
  readonly item: string;
  readonly exitCode: number;
  /** Of a refusal as text, what went to standard error. */
  readonly text: string;
  /** What others said, and orc passes on. */
  readonly authors: Authors;
}

/** Texts of a person, who starts the session, and of who wrote the workflow. */
interface Authors {
  readonly person: readonly string[];
  readonly workflow: readonly string[];
}

const TASK =
  "Let people who forgot their password set a new one by a link that is sent to their address, works once and for an hour, and tells nobody whether the address is known";

const NAME = "let-people-who-forgot-their-pa";

const CONSTRAINTS: readonly string[] = [
  "No new package without asking",
  "The public interface of auth.js stays as it is until version 3",
  "Every text that people see is in the catalogue of texts",
];

/** The files of a project without tests, and of one whose tests are found. */
export const PROJECTS: Readonly<
  Record<string, Readonly<Record<string, string>>>
> = {
  plain: {},
  tested: {
    "package.json": '{"name": "shop", "scripts": {"test": "node --test"}}',
    "shop.test.js": 'require("node:test").test("sells", () => {});\n',
  },
};

/** What is asked at each turn: it changes nothing. */
const QUESTIONS: readonly (readonly string[])[] = [
  ["next"],
  ["next", "--json"],
  ["status", "--json"],
  ["status", "--brief", "--json"],
  ["handoff"],
];

const MAX_TURNS = 50;

/**
 * Plays the built-in workflow to its end as an honest agent would, who once is too early with each
 * item, and returns all that orc said. Changes get these flags.
 */
export async function playCourse(
  files: Readonly<Record<string, string>>,
  flags: readonly string[],
): Promise<readonly Said[]> {
  const course: Said[] = [];
  await inRepository(async (repository) => {
    for (const [path, text] of Object.entries(files)) {
      await repository.write(path, text);
    }
    const play = playerIn(repository.directory, course);
    const constraints = CONSTRAINTS.flatMap((text) => ["-c", text]);
    const size = ["--size", "l"];
    await play({}, ["start", TASK, ...size, ...constraints, ...flags]);
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      if (await takeTurn(repository, play, flags) === "finish") return;
    }
    throw new Error(`Not at the end after ${MAX_TURNS} turns`);
  });
  return course;
}

/** The item whose turn it is, as orc tells all of it. */
interface Turn {
  readonly id?: string;
  readonly name?: string;
  readonly description?: string | null;
  readonly check?: string | null;
  readonly notes?: readonly string[];
  /** What the phase of the item says. */
  readonly phaseNotes?: readonly string[];
  /** What its check runs. */
  readonly command?: string | null;
}

function authorsAt(
  { name, description, check, notes = [], phaseNotes = [], command }: Turn,
): Authors {
  const texts = [name, description, check, command, ...notes, ...phaseNotes];
  return {
    // The session's name is made of the task, and stands in the paths of its documents.
    person: [TASK, ...CONSTRAINTS, NAME],
    workflow: texts.flatMap((text) => text ?? []),
  };
}

type Player = (
  turn: Turn,
  argv: readonly string[],
  byHuman?: boolean,
) => Promise<Said>;

let machines = 0;

/** A real id is no row of zeros, and a repository lies in a usual place. */
const ID = "01kbh7t0ea4q6v9rnm3xw5c2dz";
const ROOT = "/home/ada/projects/shop";

function playerIn(root: string, course: Said[]): Player {
  return async (turn, argv, byHuman = false) => {
    const streams = captureStreams();
    const host = fixedHost({
      workingDirectory: root,
      environment: byHuman ? APPROVING : agent("1"),
      programs: "real",
      number: machineNumber(machines++),
    });
    const exitCode = await main(argv, host, { streams });
    const text = (streams.out === "" ? streams.err : streams.out)
      .replaceAll(root, ROOT).replaceAll(/01kk\d{22}/g, ID);
    const command = argv.filter((word) => /^(?:--)?[a-z-]+$/.test(word))
      .filter((word) => !["--notes", "-c", "--size", "l"].includes(word))
      .filter((word) => word !== turn.id).join(" ");
    const authors = authorsAt(turn);
    const said = { command, item: turn.id ?? "", exitCode, text, authors };
    course.push(said);
    return said;
  };
}

async function takeTurn(
  repository: Repository,
  play: Player,
  flags: readonly string[],
): Promise<string> {
  const known = await play({}, ["next", "--full"]);
  const { next, command } = JSON.parse(known.text).result;
  const { text } = await play({}, ["status", "--full"]);
  const { phaseNotes } = JSON.parse(text).result;
  const [, verb = "", word] = String(next.command).split(" ");
  const item = { ...next.item, command, phaseNotes };
  const { id = "" } = item;
  for (const argv of QUESTIONS) await play(item, argv);
  const args = word === undefined ? [verb] : [verb, word];
  if (verb === "complete") await play(item, [...args, ...flags]);
  const directory = directoryIn(next);
  await WORK[id]?.(repository, directory ?? "docs");
  const notes = verb === "complete" ? ["--notes", `- did ${id}`] : [];
  const done = await play(item, [...args, ...notes, ...flags], next.human);
  if (verb !== "complete" || done.exitCode === 0) return verb;
  throw new Error(`${args.join(" ")}: ${done.text}`);
}
