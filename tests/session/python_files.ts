/** Files that the Python tool wrote, imported as text: tests of the core have no permission to read. */
import auState from "../testdata/python-projects/au/.orchestrator/sessions/de19a506/state.json" with {
  type: "text",
};
import cpState from "../testdata/python-projects/cp/.orchestrator/sessions/3f1eb0bb/state.json" with {
  type: "text",
};
import evdState from "../testdata/python-projects/evd/.orchestrator/sessions/d7547c31/state.json" with {
  type: "text",
};
import gState from "../testdata/python-projects/g/.orchestrator/sessions/21d67316/state.json" with {
  type: "text",
};
import gcState from "../testdata/python-projects/gc/.orchestrator/sessions/b42657d2/state.json" with {
  type: "text",
};
import minState from "../testdata/python-projects/min/.orchestrator/sessions/s1/state.json" with {
  type: "text",
};
import mlState from "../testdata/python-projects/ml/.orchestrator/sessions/312eacc1/state.json" with {
  type: "text",
};
import supZeroHumanState from "../testdata/python-projects/sup_zero_human/.orchestrator/sessions/10a921bc/state.json" with {
  type: "text",
};
import tpState from "../testdata/python-projects/tp/.orchestrator/sessions/513632d4/state.json" with {
  type: "text",
};
import lfbLegacyState from "../testdata/python-projects/lfb/.workflow_state.json" with {
  type: "text",
};
import auLog from "../testdata/python-projects/au/.orchestrator/sessions/de19a506/log.jsonl" with {
  type: "text",
};
import cpLog from "../testdata/python-projects/cp/.orchestrator/sessions/3f1eb0bb/log.jsonl" with {
  type: "text",
};
import evdLog from "../testdata/python-projects/evd/.orchestrator/sessions/d7547c31/log.jsonl" with {
  type: "text",
};
import gLog from "../testdata/python-projects/g/.orchestrator/sessions/21d67316/log.jsonl" with {
  type: "text",
};
import gcLog from "../testdata/python-projects/gc/.orchestrator/sessions/b42657d2/log.jsonl" with {
  type: "text",
};
import minLog from "../testdata/python-projects/min/.orchestrator/sessions/s1/log.jsonl" with {
  type: "text",
};
import mlLog from "../testdata/python-projects/ml/.orchestrator/sessions/312eacc1/log.jsonl" with {
  type: "text",
};
import supZeroHumanLog from "../testdata/python-projects/sup_zero_human/.orchestrator/sessions/10a921bc/log.jsonl" with {
  type: "text",
};
import tpLog from "../testdata/python-projects/tp/.orchestrator/sessions/513632d4/log.jsonl" with {
  type: "text",
};
import gcLegacyLog from "../testdata/python-projects/gc/.workflow_log.jsonl" with {
  type: "text",
};
import lfbLegacyLog from "../testdata/python-projects/lfb/.workflow_log.jsonl" with {
  type: "text",
};

/** Text of each state by its project. */
export const PYTHON_STATES: ReadonlyMap<string, string> = new Map([
  ["au", auState],
  ["cp", cpState],
  ["evd", evdState],
  ["g", gState],
  ["gc", gcState],
  ["min", minState],
  ["ml", mlState],
  ["sup_zero_human", supZeroHumanState],
  ["tp", tpState],
  ["lfb", lfbLegacyState],
]);

/** Text of each log. */
export const PYTHON_LOGS: readonly string[] = [
  auLog,
  cpLog,
  evdLog,
  gLog,
  gcLog,
  minLog,
  mlLog,
  supZeroHumanLog,
  tpLog,
  gcLegacyLog,
  lfbLegacyLog,
];
