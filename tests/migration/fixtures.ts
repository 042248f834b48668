import { readTree } from "../files/temporary.ts";
import { type Files, legacyState } from "../work/fixtures.ts";

const PYTHON_PROJECTS = "tests/testdata/python-projects";

/** A workflow that only the log tells of. */
export const OLDER_WORKFLOW = "wf_0000aaaa";

/** An event of the older tool, as it spells them. */
export function eventLine(
  workflowId: string,
  type: string,
  fields: Readonly<Record<string, unknown>> = {},
): string {
  const event = {
    timestamp: "2026-01-02T03:04:05.000001Z",
    event_type: type,
    workflow_id: workflowId,
    phase_id: null,
    item_id: null,
    message: type,
    details: {},
    actor: "system",
    ...fields,
  };
  return `${
    JSON.stringify(event).replaceAll('":', '": ').replaceAll(',"', ', "')
  }\n`;
}

/** A checkpoint of the older tool. */
export function checkpointText(id: string, workflowId: string): string {
  return JSON.stringify(
    {
      checkpoint_id: id,
      workflow_id: workflowId,
      phase_id: "DO",
      item_id: null,
      timestamp: "2026-01-02T03:04:05+00:00",
      workflow_state_snapshot: JSON.parse(
        legacyState({ workflow_id: workflowId }),
      ),
    },
    null,
    2,
  );
}

export const LOG = [
  eventLine(OLDER_WORKFLOW, "workflow_started", {
    message: "Started workflow: The older task",
    details: { workflow_type: "Easy", project: null },
  }),
  eventLine(OLDER_WORKFLOW, "item_completed", {
    phase_id: "DO",
    item_id: "it",
    details: { notes: "done" },
  }),
  eventLine(OLDER_WORKFLOW, "workflow_completed"),
  eventLine("wf_1a2b3c4d", "workflow_started", {
    message: "Started workflow: Old task",
  }),
  '{"torn": \n',
  eventLine("wf_1a2b3c4d", "item_started", { phase_id: "DO", item_id: "it" }),
].join("");

/** Each kind of file that the older tool scattered. */
export const EVERYTHING: Files = {
  ".workflow_state.json": legacyState(),
  ".workflow_log.jsonl": LOG,
  ".workflow_checkpoints/cp_20260102_030405_1a2b3c.json": checkpointText(
    "cp_20260102_030405_1a2b3c",
    "wf_1a2b3c4d",
  ),
  ".workflow_checkpoints/cp_20260101_030405_00aaaa.json": checkpointText(
    "cp_20260101_030405_00aaaa",
    OLDER_WORKFLOW,
  ),
  ".workflow_tool_feedback.jsonl": '{"workflow_id_hash":"b0aaee280a5599b2"}\n',
  ".workflow_process_feedback.jsonl":
    '{"workflow_id":"wf_1a2b3c4d","task":"t"}\n{"workflow_id":"wf_0000aaaa"}\n',
  ".workflow_feedback.jsonl": '{"workflow_id":"wf_1a2b3c4d","mode":"auto"}\n',
  ".secrets.enc": "Salted__\u0001",
  ".claude/prd_state.json": '{"prd_id":"p","tasks":[]}',
  ".orchestrator.yaml": "test_command: make check\n",
  "README.md": "not ours\n",
};

/** The sessions of the older tool that are kept for tests, laid out as its forerunners did. */
export function pythonShapes(): ReadonlyMap<string, Files> {
  const shapes = new Map<string, Files>();
  for (const { name } of Deno.readDirSync(PYTHON_PROJECTS)) {
    const tree = readTree(`${PYTHON_PROJECTS}/${name}`);
    for (const [path, text] of Object.entries(tree)) {
      const [, id, below = path] =
        /^\.orchestrator\/sessions\/([^/]+)\/(.*)$/.exec(path) ?? [];
      const place = id === undefined ? path : scatteredName(below);
      if (!place.startsWith(".workflow") || place.endsWith("/")) continue;
      const shape = id === undefined ? name : `${name}/${id.slice(-8)}`;
      shapes.set(shape, { ...shapes.get(shape), [place]: text });
    }
  }
  return shapes;
}

function scatteredName(path: string): string {
  if (path === "state.json") return ".workflow_state.json";
  if (path === "log.jsonl") return ".workflow_log.jsonl";
  return path.startsWith("checkpoints/") ? `.workflow_${path}` : path;
}

const BARE_ITEM = { id: "it", status: "completed", retry_count: 0 };
const DEFINITION = {
  name: "Easy",
  phases: [{ id: "DO", items: [{ id: "it" }] }],
};

function stateWith(
  item: Readonly<Record<string, unknown>>,
  fields: Readonly<Record<string, unknown>>,
): string {
  const { workflow_definition: _definition, constraints: _none, ...oldest } =
    JSON
      .parse(legacyState());
  const phases = { DO: { id: "DO", status: "active", items: { it: item } } };
  return JSON.stringify({ ...oldest, phases, ...fields }, null, 2);
}

/** The shapes that a state has had, period by period. */
export const PERIODS: Readonly<Record<string, string>> = {
  "no definition": stateWith(BARE_ITEM, {}),
  "a definition": stateWith(BARE_ITEM, { workflow_definition: DEFINITION }),
  "constraints": stateWith(BARE_ITEM, {
    workflow_definition: DEFINITION,
    constraints: ["none"],
  }),
  "modified files": stateWith({ ...BARE_ITEM, files_modified: ["a"] }, {
    workflow_definition: DEFINITION,
    constraints: [],
  }),
  "evidence": stateWith({
    ...BARE_ITEM,
    files_modified: null,
    evidence: { a: 1.0 },
    gate_result: null,
    skip_context_considered: [],
  }, { workflow_definition: DEFINITION, constraints: [] }),
  "a checksum of the older rule": stateWith(BARE_ITEM, {
    workflow_definition: DEFINITION,
    constraints: [],
    _version: "3.0",
    _checksum: "0123456789abcdef",
    _updated_at: "2026-01-16T00:00:00+00:00",
  }),
};

/** Everything below a directory: kind, mode, time and text. */
export function fullTree(
  root: string,
  directory = root,
): Readonly<Record<string, string>> {
  const tree: Record<string, string> = {};
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    const path = `${directory}/${name}`;
    const { mode, mtime, ino } = Deno.lstatSync(path);
    const about = `${
      ((mode ?? 0) & 0o7777).toString(8)
    } ${mtime?.getTime()} ${ino}`;
    const below = path.slice(root.length + 1);
    if (isDirectory) {
      Object.assign(tree, { [`${below}/`]: about }, fullTree(root, path));
    } else {
      tree[below] = `${about} ${printOf(Deno.readTextFileSync(path))}`;
    }
  }
  return tree;
}

/** Short enough to be read in a failure, and another for any other text. */
function printOf(text: string): string {
  let hash = 0;
  for (const character of text) {
    hash = Math.imul(hash, 31) + (character.codePointAt(0) ?? 0) | 0;
  }
  return `${text.length} ${hash}`;
}

/** Gives each file a mode and a time of its own, so that a mix-up shows. */
export function makeDistinct(root: string, files: Files): void {
  Object.keys(files).forEach((name, index) => {
    const path = `${root}/${name}`;
    Deno.chmodSync(path, [0o600, 0o640, 0o644, 0o664][index % 4] ?? 0o644);
    const seconds = 1_700_000_000 + index + 0.123;
    Deno.utimeSync(path, seconds, seconds);
  });
}
