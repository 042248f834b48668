import { named } from "./error.ts";
import { load, process } from "./node.ts";

/** A permission, as Deno describes it. */
export interface PermissionDescriptor {
  readonly name: string;
  readonly path?: string;
  readonly command?: string;
  readonly host?: string;
  readonly kind?: string;
  readonly variable?: string;
}

/** Node's permission model knows three of Deno's permissions; without it all are granted. */
const NODE_SCOPES: Readonly<Record<string, string>> = {
  read: "fs.read",
  run: "child",
  write: "fs.write",
};

/** What Node 20 and later offer as `process.permission`. */
interface NodePermission {
  has(scope: string, reference?: string): boolean;
}

/** Whether a permission is there; Node has nobody to ask for one. */
export function querySync(
  { name, path }: PermissionDescriptor,
): { state: string } {
  const { permission } = process as { permission?: NodePermission };
  const scope = NODE_SCOPES[name];
  if (permission === undefined || scope === undefined) {
    return { state: "granted" };
  }
  return { state: permission.has(scope, path) ? "granted" : "prompt" };
}

/** How a program is run. */
export interface CommandOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Never anything else: such a program is asked, and not told. */
  readonly stdin?: "null";
}

/** Programs that answer at once; what runs longer goes through `node:child_process`. */
export class Command {
  readonly #program: string;
  readonly #options: CommandOptions;

  constructor(program: string, options: CommandOptions = {}) {
    this.#program = program;
    this.#options = options;
  }

  outputSync(): { code: number; stdout: Uint8Array; stderr: Uint8Array } {
    const { args = [], env } = this.#options;
    // Few commands run a program, and those that do not need not load it.
    const { spawnSync } = load<typeof import("node:child_process")>(
      "node:child_process",
    );
    const ended = spawnSync(this.#program, args, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    if (ended.error) {
      named(() => {
        throw ended.error;
      });
    }
    const { stdout, stderr, status } = ended;
    return { code: status ?? -1, stdout, stderr };
  }
}
