/** What will not work on a machine that vanishes, and what did not reach its people. */
import type { DiagnosisFacts } from "./facts.ts";
import { type Row, rowsAbout } from "./session_rules.ts";

const { warning, info } = rowsAbout<DiagnosisFacts>(
  ({ layout }) => layout.root,
);

const REMEDY =
  "see how sessions leave it: orc persist probe; if it stays: orc config set web_mode false";

export const machineRows: readonly Row<DiagnosisFacts>[] = [
  warning("machine_vanishes", {
    of: (facts) => facts.machine.vanishes === "yes" && lossOf(facts),
    remedy: REMEDY,
  }),
  info("machine_vanishes", {
    of: (facts) => facts.machine.vanishes === "maybe" && lossOf(facts),
    remedy: REMEDY,
  }),
];

export const notifyRows: readonly Row<DiagnosisFacts>[] = [
  warning("notify_failed", {
    of: ({ notify, layout: { directory: path } }) =>
      notify !== null && {
        path,
        message:
          `Of "${path}" nobody was told at ${notify.at} that a human is waited for: ${notify.message}`,
      },
    remedy: "mend that, then try it: orc notify test",
  }),
];

/** All of it follows from where things are kept: nothing of it has to be tried. */
function lossOf({ machine, layout: { directory: path } }: DiagnosisFacts) {
  const where = machine.place === null ? "" : ` (${machine.place})`;
  const will = machine.vanishes === "yes" ? "vanishes" : "may vanish";
  const losses = [
    "orc recover finds nothing elsewhere",
    "the identity that opens secrets goes too",
    "a session that comes back is to be trusted anew",
    "nobody approves at a terminal there",
  ];
  return {
    path,
    message: `This machine${where} ${will}, and "${path}" with it: ${
      losses.join(", ")
    }`,
  };
}
