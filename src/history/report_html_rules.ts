/** A report as one file for a browser: without any script, and nothing is loaded from elsewhere. */
import { headOf, oneLine, seen } from "../base/markdown.ts";
import { countOf } from "../base/text.ts";
import { epochMsOf } from "../base/time.ts";
import { Sha256 } from "../replay/sha256.ts";
import { type Bar, barChart } from "./bar_rules.ts";
import { escapeHtml } from "./html_rules.ts";
import { isMarked } from "./page_rules.ts";
import type {
  Moment,
  Report,
  ReportedCheck,
  Reporter,
} from "./report_rules.ts";
import {
  checkText,
  headText,
  partsOf,
  REPORT_MARK,
  secondsText,
  timeText,
  titleText,
} from "./report_text_rules.ts";

const END = "</html>";

export function isReportHtml(text: string): boolean {
  return isMarked(text, REPORT_MARK, END);
}

const STYLE = `
:root{color-scheme:light dark;--ground:#f6f7f5;--paper:#fff;--line:#dfe3de;--text:#1c2320;--dim:#566059;--accent:#1f5c45;--good:#1a6b3f;--bad:#a8231b;--wait:#7a4d00;--wait-ground:#f0c674;font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
@media (prefers-color-scheme:dark){:root{--ground:#131715;--paper:#1b211e;--line:#303833;--text:#e6ebe7;--dim:#a2ada6;--accent:#7fd0ab;--good:#7ed3a0;--bad:#ff9d94;--wait:#f2c46b;--wait-ground:#8a6a1f}}
body{margin:0;background:var(--ground);color:var(--text)}
main{max-width:60rem;margin:0 auto;padding:1.5rem 1rem}
h1{font-size:1.5rem;margin:0 0 .25rem;overflow-wrap:anywhere}
h2{font-size:1.1rem;margin:1.75rem 0 .5rem}
p{margin:.25rem 0;overflow-wrap:anywhere}
.dim{color:var(--dim)}
section{background:var(--paper);border:1px solid var(--line);border-radius:8px;padding:.25rem 1rem 1rem;margin:1rem 0;overflow-x:auto}
section h2{margin-top:.75rem}
.worst{border-color:var(--bad)}
.worst h2{color:var(--bad)}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
th{color:var(--dim);font-weight:600}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.9em}
.good{color:var(--good)}
.bad{color:var(--bad)}
ul{margin:.25rem 0;padding-left:1.25rem}
li{overflow-wrap:anywhere}
svg{display:block;width:100%;min-width:34rem;height:auto}
svg text{fill:var(--text);font-size:13px}
svg .label{fill:var(--dim)}
svg .track{fill:var(--line)}
svg .bar{fill:var(--accent)}
svg .wait{fill:var(--wait-ground)}
svg .passed{fill:var(--good)}
svg .failed,svg .refused,svg .forced{fill:var(--bad)}
svg .human{fill:var(--wait)}
svg .done{fill:var(--text)}
svg .mark{stroke:var(--paper);stroke-width:1.5}
`;

/** A source of the page's policy: this style, and no other. */
function hashOf(style: string): string {
  const hex = new Sha256().updateText(style).hex();
  const bytes = hex.match(/../g)?.map((pair) => parseInt(pair, 16)) ?? [];
  return `'sha256-${btoa(String.fromCharCode(...bytes))}'`;
}

/** The report as a page; the same session at the same time gives the same page. */
export function reportHtml(
  report: Report,
  { moments, waits }: Pick<Reporter, "moments" | "waits">,
): string {
  const title = escapeHtml(titleText(report));
  const policy = `default-src 'none'; style-src ${
    hashOf(STYLE)
  }; base-uri 'none'; form-action 'none'`;
  const parts = partsOf(report).map(([heading, lines]) =>
    section(
      heading,
      `<ul>${lines.map((line) => `<li>${textIn(line)}</li>`).join("")}</ul>`,
      WORST.includes(heading) ? "worst" : "",
    )
  );
  return `<!doctype html>
${REPORT_MARK}
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p class="dim">${textIn(headText(report))}</p>
${report.outcome === null ? "" : `<p>${textIn(report.outcome)}</p>`}
${section("Timeline", timeline(report, moments, waits))}
${section("Time per phase", timeBars(report))}
${section("Tries per check", tryBars(report))}
${parts.join("\n")}
${section("What was done", doneTable(report))}
${section("Checks", checksTable(report))}
${section("What happened", momentsTable(moments))}
</main>
</body>
${END}
`.replaceAll(/\n{2,}/g, "\n");
}

const WORST: readonly string[] = ["Forced", "Changed since it was checked"];

/** A part that scrolls on a narrow screen, also by keyboard. */
function section(title: string, content: string, kind = ""): string {
  if (content === "") return "";
  const name = escapeHtml(title);
  return `<section class="${kind}" tabindex="0" aria-label="${name}"><h2>${name}</h2>${content}</section>`;
}

/** Longest text of others on the page. */
const MAX_TEXT_LENGTH = 2000;

function textIn(text: string): string {
  return escapeHtml(headOf(seen(text), MAX_TEXT_LENGTH));
}

function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  if (rows.length === 0) return "";
  const heads = head.map((each) => `<th scope="col">${each}</th>`).join("");
  const lines = rows.map((cells) =>
    `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`
  );
  return `<table><thead><tr>${heads}</tr></thead><tbody>${
    lines.join("\n")
  }</tbody></table>`;
}

function doneTable({ phases }: Report): string {
  const rows = phases.filter(({ startedAt }) => startedAt !== null)
    .flatMap(({ phaseId, items }) =>
      items.map(({ itemId, name, status, by, said }) => [
        textIn(phaseId),
        `<code>${textIn(itemId)}</code> ${textIn(name)}`,
        textIn(status),
        textIn(by ?? ""),
        textIn(said ?? ""),
      ])
    );
  return table(["Phase", "Item", "State", "By", "What was said"], rows);
}

function checksTable({ phases }: Report): string {
  const rows = phases.flatMap(({ items }) => items)
    .flatMap(({ itemId, check }) =>
      check === null ? [] : [[
        `<code>${textIn(itemId)}</code>`,
        `<span class="${check.passed ? "good" : "bad"}">${
          textIn(checkText(check))
        }</span>`,
        check.durationMs === null
          ? ""
          : textIn(secondsText(Math.round(check.durationMs / 1000))),
        `<code>${textIn(oneLine(check.command ?? ""))}</code>`,
      ]]
    );
  return table(["Item", "Result", "Time", "Command"], rows);
}

/** Events that a page lists; the log has all. */
const MAX_LISTED = 300;

function momentsTable(moments: readonly Moment[]): string {
  return table(
    ["When", "Phase", "What happened"],
    moments.slice(0, MAX_LISTED).map(({ at, phaseId, kind, text }) => [
      textIn(at),
      textIn(phaseId ?? ""),
      `<span class="${BAD.includes(kind) ? "bad" : ""}">${textIn(text)}</span>`,
    ]),
  );
}

const BAD: readonly Moment["kind"][] = ["failed", "refused", "forced"];

function timeBars({ phases }: Report): string {
  const bars = phases.flatMap((phase): readonly Bar[] =>
    phase.durationSeconds === null ? [] : [{
      label: phase.phaseId,
      value: phase.durationSeconds,
      part: phase.waitedSeconds,
      text: timeText(phase),
    }]
  );
  return barChart("Time per phase", bars);
}

function tryBars({ phases }: Report): string {
  const bars = phases.flatMap(({ items }) => items)
    .flatMap(({ itemId, check }): readonly Bar[] =>
      check === null ? [] : [{
        label: itemId,
        value: check.tries,
        part: check.failures,
        text: triesText(check),
      }]
    );
  return barChart("Tries per check", bars);
}

function triesText({ tries, failures }: ReportedCheck): string {
  const ran = countOf(tries, "run");
  return failures === 0 ? ran : `${ran}, ${failures} failed`;
}

const WIDTH = 900;
const LEFT = 130;
const ROW = 30;

/** Phases as bars along the time, the waiting for humans on them, and a mark for each thing that happened. */
function timeline(
  report: Report,
  moments: readonly Moment[],
  waits: Reporter["waits"],
): string {
  const startMs = epochMsOf(report.startedAt);
  const { durationSeconds } = report;
  if (startMs === undefined || durationSeconds === null) return "";
  const endMs = epochMsOf(report.endedAt) ?? startMs + durationSeconds * 1000;
  const spanMs = Math.max(1, endMs - startMs);
  const x = (ms: number) => {
    const part = Math.min(1, Math.max(0, (ms - startMs) / spanMs));
    return LEFT + Math.round((WIDTH - LEFT - 10) * part * 10) / 10;
  };
  const shown = report.phases.filter(({ startedAt }) => startedAt !== null);
  const rows = shown.map((phase, index) => {
    const y = index * ROW + 6;
    const from = epochMsOf(phase.startedAt) ?? startMs;
    const to = epochMsOf(phase.completedAt) ?? endMs;
    const own = <Each extends { readonly phaseId: string | null }>(
      all: readonly Each[],
    ) => all.filter(({ phaseId }) => phaseId === phase.phaseId);
    const rect = (kind: string, one: number, other: number, text: string) =>
      `<rect class="${kind}" x="${one}" y="${y}" width="${
        Math.max(2, Math.round((other - one) * 10) / 10)
      }" height="16" rx="3"><title>${text}</title></rect>`;
    const time = textIn(`${phase.phaseId}: ${timeText(phase)}`);
    const marks = own(moments).flatMap(({ at, kind, text }) => {
      const ms = epochMsOf(at);
      return ms === undefined ? [] : [
        `<circle class="mark ${kind}" cx="${x(ms)}" cy="${
          y + 8
        }" r="5"><title>${textIn(`${at} ${text}`)}</title></circle>`,
      ];
    });
    return [
      `<text class="label" x="0" y="${y + 13}">${
        escapeHtml(headOf(oneLine(phase.phaseId), 16))
      }</text>`,
      rect("bar", x(from), x(to), time),
      ...own(waits).map(({ fromMs, toMs }) =>
        rect("wait", x(fromMs), x(toMs), "Waiting for a human")
      ),
      ...marks,
    ].join("");
  });
  const bottom = shown.length * ROW + 20;
  const name = textIn(`From ${report.startedAt}, ${timeText(report)}`);
  return `<svg viewBox="0 0 ${WIDTH} ${
    bottom + 8
  }" role="img" aria-label="${name}">${
    rows.join("\n")
  }<text class="label" x="${LEFT}" y="${bottom}">${
    textIn(report.startedAt)
  }</text><text class="label" x="${
    WIDTH - 10
  }" y="${bottom}" text-anchor="end">${
    textIn(secondsText(durationSeconds))
  }</text></svg>`;
}
