/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** One session: what waits for a human, its phases and items, and what their checks are worth now. */
import type { ComponentChildren, JSX } from "preact";
import type {
  CheckAnswer,
  ChecksAnswer,
  findingsAnswer,
  ItemDetail,
  PhaseDetail,
  Question,
  SessionAnswer,
  ToldEvent,
} from "../answers.ts";
import { type Loaded, useAnswer } from "./data.ts";
import { Log } from "./log.tsx";
import {
  Ago,
  Badge,
  Command,
  durationText,
  Output,
  Progress,
  Sign,
  StatusBadge,
} from "./parts.tsx";

export type Tab = "" | "log" | "findings";

const TABS: readonly (readonly [tab: Tab, name: string])[] = [
  ["", "Items"],
  ["log", "Log"],
  ["findings", "Findings"],
];

interface Props {
  readonly id: string;
  readonly tab: Tab;
  /** Another one after each update of the session. */
  readonly stamp: number;
  readonly events: readonly ToldEvent[];
}

export function Session({ id, tab, stamp, events }: Props): JSX.Element {
  const path = `/api/sessions/${id}`;
  const { data, error } = useAnswer<SessionAnswer>(path, stamp);
  if (data === undefined) {
    return <Pending error={error} what="the session" />;
  }
  const { task, name, status, warnings, questions, progress } = data;
  const done = progress.completed + progress.skipped;
  return (
    <article class="session" aria-labelledby="task">
      <a class="back" href="#/">← All sessions</a>
      <header>
        <h1 id="task">{name ?? task}</h1>
        {name && <p class="task">{task}</p>}
        <p class="facts">
          <StatusBadge status={status} />
          <span>{data.workflow}</span>
          {data.size && <span>size {data.size}</span>}
          <code>{id}</code>
          <span>update {data.serial}</span>
        </p>
        <p class="done">
          <Progress done={done} total={progress.total} label="Items done" />
          <span>{done} of {progress.total} items</span>
        </p>
      </header>
      {error && <p class="alert bad" role="alert">{error}</p>}
      {warnings.map((warning) => (
        <p class="alert warn" key={warning}>{warning}</p>
      ))}
      {questions.map((question) =>
        tab === ""
          ? <Asked question={question} key={keyOf(question)} />
          : (
            <p class="alert warn" key={keyOf(question)}>
              Waits for you: <a href={`#/s/${id}`}>{question.name}</a>
            </p>
          )
      )}
      <nav class="tabs" aria-label="Parts of the session">
        {TABS.map(([part, word]) => (
          <a
            key={part}
            href={`#/s/${id}${part && `/${part}`}`}
            aria-current={part === tab ? "page" : undefined}
          >
            {word}
          </a>
        ))}
      </nav>
      {tab === "" && <Items id={id} session={data} stamp={stamp} />}
      {tab === "log" && <Log session={id} events={events} />}
      {tab === "findings" && <Findings path={path} stamp={stamp} />}
    </article>
  );
}

function keyOf({ phaseId, itemId }: Question): string {
  return `${phaseId} ${itemId}`;
}

function Pending(
  { error, what }: { error: string | undefined; what: string },
): JSX.Element {
  return error === undefined
    ? <p class="empty" role="status">Reading {what}…</p>
    : <p class="alert bad" role="alert">{error}</p>;
}

/** What a human is asked, and what they type for a yes. */
export function Asked(
  { question, link }: { question: Question; link?: ComponentChildren },
): JSX.Element {
  const { phaseId, itemId, name, since, lines, files, command } = question;
  return (
    <section class="asked" aria-label={`Waits for you: ${name}`}>
      <h2>
        <Badge tone="warn">waits for you</Badge> {name}
      </h2>
      <p class="facts">
        <span>{phaseId}{itemId && ` · ${itemId}`}</span>
        <span>
          <Ago at={since} />
        </span>
        {link}
      </p>
      {/* The first line names what the heading names. */}
      <Lines lines={lines.slice(1)} />
      {files.map(({ path, problem, lines: [title = path, ...rest] }) => (
        <details key={path} open>
          <summary>
            <code>{title.replace(/:$/, "")}</code>
          </summary>
          {problem ? <p class="bad">{problem}</p> : <Lines lines={rest} />}
        </details>
      ))}
      <p class="hint">A yes is typed at a terminal in this repository:</p>
      <Command text={command} label={`command for ${itemId ?? phaseId}`} />
      {itemId && (
        <p class="hint">
          A no: <code>{rejection(command)}</code>
        </p>
      )}
    </section>
  );
}

/** The words that say no to what others say yes to. */
function rejection(command: string): string {
  return `${command.replace("approve-item", "reject")} --reason "<why>"`;
}

function Lines({ lines }: { lines: readonly string[] }): JSX.Element | null {
  return lines.length === 0
    ? null
    : <pre class="lines">{lines.join("\n")}</pre>;
}

function Items(
  { id, session, stamp }: { id: string; session: SessionAnswer; stamp: number },
): JSX.Element {
  const { next, detail, rejections, constraints, notes, phaseId } = session;
  const checks = useAnswer<ChecksAnswer>(`/api/sessions/${id}/checks`, stamp);
  const isAsked = session.questions.length > 0;
  return (
    <>
      {rejections.map(({ itemId, reason }) => (
        <p class="alert bad" key={itemId}>
          <strong>{itemId} was rejected:</strong> {reason}
        </p>
      ))}
      {next && !isAsked && (
        <section class="next" aria-label="Next step">
          <h2>Next</h2>
          <Command text={next.command} label="next command" />
        </section>
      )}
      {checks.data?.unknown.map(({ message }) => (
        <p class="alert warn" key={message}>{message}</p>
      ))}
      {detail.map((phase) => (
        <Phase
          key={phase.id}
          phase={phase}
          isCurrent={phase.id === phaseId}
          session={id}
          checks={checks}
        />
      ))}
      <Texts title="Constraints" texts={constraints} />
      <Texts title="Notes" texts={notes} />
    </>
  );
}

function Texts(
  { title, texts }: { title: string; texts: readonly string[] },
): JSX.Element | null {
  if (texts.length === 0) return null;
  return (
    <section>
      <h2>{title}</h2>
      <ul class="texts">{texts.map((text) => <li key={text}>{text}</li>)}</ul>
    </section>
  );
}

function Phase(
  { phase, isCurrent, session, checks }: {
    phase: PhaseDetail;
    isCurrent: boolean;
    session: string;
    checks: Loaded<ChecksAnswer>;
  },
): JSX.Element {
  const { id, name, status, completed, skipped, total, items } = phase;
  const seconds = secondsBetween(phase.startedAt, phase.completedAt);
  return (
    <section
      class={`phase${isCurrent ? " current" : ""}`}
      aria-labelledby={`phase-${id}`}
    >
      <h2 id={`phase-${id}`}>
        <Sign status={status} /> {name}
        <span class="count">{completed + skipped}/{total}</span>
        {seconds !== undefined && (
          <span class="count">{durationText(seconds)}</span>
        )}
      </h2>
      <ul class="items">
        {items.map((item) => (
          <Item
            key={item.id}
            item={item}
            session={session}
            check={checks.data?.checks.find(({ itemId }) => itemId === item.id)}
            stale={checks.data?.stale.find(({ itemId }) => itemId === item.id)
              ?.message}
          />
        ))}
      </ul>
    </section>
  );
}

function secondsBetween(
  from: string | null,
  to: string | null,
): number | undefined {
  const ms = Date.parse(to ?? "") - Date.parse(from ?? "");
  return Number.isNaN(ms) ? undefined : ms / 1000;
}

function Item(
  { item, session, check, stale }: {
    item: ItemDetail;
    session: string;
    check: CheckAnswer | undefined;
    stale: string | undefined;
  },
): JSX.Element {
  const { id, name, status, required, failure, tries, skipReason, said } = item;
  const isDone = status === "completed";
  return (
    <li class={`item ${status}`}>
      <div class="head">
        <Sign status={tries > 0 && !isDone ? "failed" : status} />
        <strong>{name}</strong>
        <code>{id}</code>
        {!required && <Badge>optional</Badge>}
        {stale && <Badge tone="warn">stale</Badge>}
        {check?.passed && isDone && !stale && <Badge tone="good">fresh</Badge>}
        {check?.proved && <Badge tone="good">failed before</Badge>}
        <span class="right">
          <Ago at={item.doneAt ?? item.startedAt} />
        </span>
      </div>
      {stale && <p class="warn">{stale}</p>}
      {failure && <p class="bad">{failure}{tries > 1 && ` (${tries} tries)`}
      </p>}
      {skipReason && <p class="dim">Skipped: {skipReason}</p>}
      {said && <p class="said">{said}</p>}
      {check?.command && (
        <p class="check">
          <code>{check.command}</code>
          <span>{checkText(check)}</span>
          <Ago at={check.at} />
        </p>
      )}
      {!check?.command && !isDone && item.check && (
        <p class="check">
          <span>{item.check}</span>
        </p>
      )}
      {check?.output && (
        <Output
          session={session}
          output={check.output}
          label={`Output of ${id}`}
          key={check.output}
        />
      )}
    </li>
  );
}

function checkText(check: CheckAnswer): string {
  const { passed, exitCode, testsRun, durationMs } = check;
  return [
    passed ? "passed" : "failed",
    ...exitCode === null || exitCode === 0 ? [] : [`exit code ${exitCode}`],
    ...testsRun === null ? [] : [`${testsRun} tests`],
    ...durationMs === null ? [] : [`${(durationMs / 1000).toFixed(1)} s`],
  ].join(" · ");
}

type FindingsAnswer = Awaited<ReturnType<typeof findingsAnswer>>;

function Findings(
  { path, stamp }: { path: string; stamp: number },
): JSX.Element {
  const { data, error, isLoading } = useAnswer<FindingsAnswer>(
    `${path}/findings`,
    stamp,
  );
  if (data === undefined) {
    return <Pending error={error} what="all of the log" />;
  }
  const { findings, approvals, start, coveredFrom } = data;
  // That it goes on is no finding for who watches it.
  const wrong = findings.filter(({ code }) => code !== "session_open");
  return (
    <section class="findings" aria-busy={isLoading}>
      {wrong.length === 0
        ? (
          <p class="alert good">
            Nothing speaks against what this session says.
          </p>
        )
        : (
          <ul class="texts">
            {wrong.map(({ code, message, serial }) => (
              <li class="alert bad" key={`${code} ${message}`}>
                {message} <code>{code}</code>
                {serial !== null && <span class="dim">update {serial}</span>}
              </li>
            ))}
          </ul>
        )}
      <h2>Approvals and forced acts</h2>
      {approvals.length === 0
        ? <p class="empty">None so far</p>
        : (
          <ul class="texts">
            {approvals.map(({ message, at, forced, elsewhere }) => (
              <li
                key={`${message} ${at}`}
                class={forced || elsewhere ? "bad" : ""}
              >
                {forced && <Badge tone="bad">forced</Badge>} {message}{" "}
                <Ago at={at} />
              </li>
            ))}
          </ul>
        )}
      <h2>How it began</h2>
      <dl>
        <dt>Workflow</dt>
        <dd>{start?.workflowPath ?? "built in"}</dd>
        <dt>Commit</dt>
        <dd>
          <code>{start?.commit?.slice(0, 12) ?? "none"}</code>
        </dd>
        <dt>Chain of events</dt>
        <dd>
          {coveredFrom === null
            ? "covers nothing"
            : `covers all from update ${coveredFrom} on`}
        </dd>
      </dl>
      <p class="hint">
        The same, and more, at a terminal: <code>orc verify</code>
      </p>
    </section>
  );
}
