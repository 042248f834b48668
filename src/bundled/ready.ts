/** The workflows that come with orc, each for a kind of work, fitted to a project. */
import { type NamedCommands, RISKS, type Steps, stepsIn } from "./pieces.ts";
import type { Project } from "./project.ts";
import {
  bugfix,
  docs,
  feature,
  refactor,
  release,
  research,
  tdd,
} from "./recipes.ts";
import { bundledWorkflow } from "./workflow.ts";

/** A workflow that comes with orc. */
export interface ReadyWorkflow {
  /** What `orc init --workflow` takes. */
  readonly name: string;
  /** What it is for, in one line. */
  readonly summary: string;
  /** Its sizes, the smallest first; none where each task is gone through whole. */
  readonly sizes: readonly string[];
}

/** The workflow that a project without its own follows. */
export const STANDARD = "standard";

type Phases = (steps: Steps) => string;

interface Recipe extends ReadyWorkflow {
  readonly title: string;
  readonly phases: Phases;
}

const RECIPES: readonly Recipe[] = [
  {
    name: "bugfix",
    title: "Bug fix",
    summary: "A defect: its cause, a test that fails without the fix, a yes",
    sizes: ["s", "m"],
    phases: bugfix,
  },
  {
    name: "feature",
    title: "New feature",
    summary: "Something new: what it must do, a design, tests, a review, a yes",
    sizes: ["m", "l"],
    phases: feature,
  },
  {
    name: "refactor",
    title: "Refactoring",
    summary: "Better code that does the same: tests before and after",
    sizes: ["s", "m"],
    phases: refactor,
  },
  {
    name: "docs",
    title: "Documents",
    summary: "Documents alone: what is written differs from the start",
    sizes: ["xs", "s"],
    phases: docs,
  },
  {
    name: "release",
    title: "Release",
    summary: "A new version: changelog, tests, a yes, and that it is out",
    sizes: [],
    phases: release,
  },
  {
    name: "research",
    title: "Research",
    summary: "A question: sources, findings and an answer in writing",
    sizes: [],
    phases: research,
  },
  {
    name: "tdd",
    title: "Test first",
    summary: "A test, then the code: the test is proved to fail without it",
    sizes: ["s", "m"],
    phases: tdd,
  },
];

/** All workflows that come with orc; the first is the one without a choice. */
export const READY_WORKFLOWS: readonly ReadyWorkflow[] = [
  {
    name: STANDARD,
    summary: "Any change: from a check for a typo to five phases",
    sizes: ["xs", "s", "m", "l"],
  },
  ...RECIPES.map(({ name, summary, sizes }) => ({ name, summary, sizes })),
];

/** The text of such a workflow for a project; undefined for a name that none has. */
export function readyWorkflow(
  name: string,
  project: Pick<Project, "parts">,
  named: NamedCommands = {},
): string | undefined {
  if (name === STANDARD) return bundledWorkflow(project, named);
  const recipe = RECIPES.find((one) => one.name === name);
  if (recipe === undefined) return undefined;
  const { title, summary, sizes, phases } = recipe;
  const steps = stepsIn(project, named);
  return `\
# ${summary}.
# orc enforces it: an item is done when its check passes, not when somebody says so.
# Change whatever does not fit, then run: orc validate

name: ${title}
version: "1.0"
description: "${summary}"
${
    sizes.length === 0 ? "" : `
# from names the smallest size of a task that needs a phase or an item.
sizes: [${sizes.join(", ")}]
${RISKS}
`
  }
${steps.settings}
phases:
${phases(steps)}`;
}
