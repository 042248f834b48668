import {
  errorAt,
  FOREIGN_FILE,
  type Path,
  type ProblemDraft,
} from "./problem.ts";
import { entriesOf } from "./value.ts";

/** A kind of file that others call workflow.yaml, too. */
interface ForeignKind {
  /** The second half of a sentence. */
  readonly name: string;
  /** Keys of which all must be there; the file is told by the first. */
  readonly keys: readonly string[];
}

/** From what says most to what says least: the first that fits names the file. */
const KINDS: readonly ForeignKind[] = [
  { name: "a CircleCI configuration", keys: ["jobs", "workflows"] },
  { name: "a GitHub Actions workflow", keys: ["jobs"] },
  { name: "a Kubernetes manifest", keys: ["apiVersion", "kind"] },
  { name: "a GitHub action", keys: ["runs", "inputs"] },
  { name: "a Serverless Workflow", keys: ["document", "do"] },
  { name: "a Serverless Workflow", keys: ["states", "specVersion"] },
  { name: "a Google Cloud workflow", keys: ["main"] },
  { name: "an Azure pipeline", keys: ["trigger"] },
  { name: "an Azure pipeline", keys: ["pool"] },
  { name: "a Bitbucket pipeline", keys: ["pipelines"] },
  { name: "a Drone pipeline", keys: ["steps", "kind"] },
  { name: "a Cloud Build configuration", keys: ["steps", "images"] },
  { name: "a Docker Compose file", keys: ["services"] },
  { name: "an n8n workflow", keys: ["nodes", "connections"] },
  { name: "a Taskfile", keys: ["tasks", "version"] },
  { name: "a workflow for the older tool's run command", keys: ["workflow"] },
];

/**
 * Recognises a file of another program: it has none of the phases that a workflow of orc has, and
 * the keys that a common kind of file has. Undefined for anything else.
 */
export function foreignWorkflow(input: unknown): ProblemDraft | undefined {
  const entries = entriesOf(input);
  if (entries === undefined) return foreignList(input);
  const names = entries.map(([key]) => key);
  if (names.includes("phases")) return undefined;
  const kind = KINDS.find(({ keys }) =>
    keys.every((key) => names.includes(key))
  );
  if (kind !== undefined) return looksLike([kind.keys[0] ?? ""], kind.name);
  const job = entries.find(([, value]) =>
    new Map(entriesOf(value)).has("script")
  );
  return typeof job?.[0] === "string"
    ? looksLike([job[0]], "a GitLab CI configuration")
    : undefined;
}

/** Ansible keeps plays in a list. */
function foreignList(input: unknown): ProblemDraft | undefined {
  if (!Array.isArray(input)) return undefined;
  const isPlay = new Map(entriesOf(input[0])).has("hosts");
  return isPlay ? looksLike([0, "hosts"], "an Ansible playbook") : undefined;
}

function looksLike(path: Path, name: string): ProblemDraft {
  return errorAt(
    path,
    FOREIGN_FILE,
    `This looks like ${name}, and not like a workflow of orc, which has phases`,
  );
}
