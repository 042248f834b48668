/** Which files are written for which hosts, and what goes into each. */
import { filesOf, type HostKind } from "./host_rules.ts";
import { OPENCODE_PLUGIN, SKILL } from "./text_rules.ts";

/** What orc adds to a file of others. */
export type Part =
  | { readonly type: "block" | "pointer" }
  | { readonly type: "hooks"; readonly host: HostKind }
  | {
    readonly type: "server";
    readonly host: HostKind;
    readonly key: string;
  };

export interface Target {
  /** Seen from the root, or from the user's directory. */
  readonly path: string;
  /** For whom it is; a file may serve several. */
  readonly hosts: readonly string[];
  /** The whole file, where it is orc's own. */
  readonly whole?: string;
  readonly parts: readonly Part[];
}

/** What all hosts but Claude Code read, and the file of that. */
const SHARED = "AGENTS.md";
const OF_CLAUDE = "CLAUDE.md";

export interface TargetOptions {
  readonly isGlobal: boolean;
  /** Whether orc is named as a server of tools. */
  readonly mcp: boolean;
}

/** Each file once, in the order it is shown. */
export function targetsFor(
  hosts: readonly HostKind[],
  { isGlobal, mcp }: TargetOptions,
): readonly Target[] {
  const targets = new Map<string, Target>();
  const add = (
    path: string,
    host: HostKind,
    { whole, parts = [] }: Partial<Pick<Target, "whole" | "parts">>,
  ): void => {
    const known = targets.get(path);
    targets.set(path, {
      path,
      hosts: [...new Set([...known?.hosts ?? [], host.name])],
      ...whole !== undefined && { whole },
      parts: [
        ...known?.parts ?? [],
        ...parts.filter(({ type }) => type !== "block" || !known),
      ],
    });
  };
  for (const host of hosts) {
    if (isGlobal) continue;
    add(SHARED, host, { parts: [{ type: "block" }] });
    if (host.name === "claude") {
      add(OF_CLAUDE, host, { parts: [{ type: "pointer" }] });
    }
  }
  for (const host of hosts) {
    const { hooks, skill, mcp: server } = filesOf(host, { isGlobal });
    if (host.shape === "plugin") add(hooks, host, { whole: OPENCODE_PLUGIN });
    else add(hooks, host, { parts: [{ type: "hooks", host }] });
    if (skill !== null) add(skill, host, { whole: SKILL });
    if (mcp && server !== null) {
      const [path, key] = server;
      add(path, host, { parts: [{ type: "server", host, key }] });
    }
  }
  return [...targets.values()];
}

/** Whether Claude Code reads the file of the others already. */
export function importsShared(text: string): boolean {
  return /(?:^|\s)@(?:\.\/)?AGENTS\.md(?![\w.-])/m.test(text);
}
