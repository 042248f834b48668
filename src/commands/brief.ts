/** What of their results commands give to programs that ask for no more: paths as `--fields` takes them. */

/** The step that comes next, without the item it is about; the command tells what action it is. */
export const STEP =
  "next.command,next.human,next.answer,next.wait,next.phaseId";

/** The item that comes next, as the one who does it needs it. */
const ITEM = withPrefix(
  "next.item",
  "id,name,description,notes,check,skipConditions,passesAt,failure",
);

/** All that `orc next` says of what comes next. */
export const NEXT = [STEP, ITEM].join();

/** What is asked for there. What runs where the check is put in words is long, and told as text. */
export const CHECK = "evidence,files,expects";

/** What comes next after a change that leads to it. */
export const AHEAD = `phaseId,rejections,${NEXT},${CHECK}`;

/** Where a session stands after a change: what is new is told, and what comes next. */
export const CHANGE = withPrefix(
  "summary",
  `status,phaseId,${STEP},next.item.id`,
);

/** The answer of most changes. */
export const CHANGED = `changed,serial,${CHANGE}`;

/** The same fields of a member. */
export function withPrefix(member: string, fields: string): string {
  return fields.split(",").map((field) => `${member}.${field}`).join();
}

/** Where a session stands; what comes next is told in detail where little else is. */
export function statusFields(isShort: boolean): string {
  if (isShort) {
    return `status,task,phaseId,phaseNotes,constraints,rejections,${NEXT}`;
  }
  const progress = withPrefix("phases", "id,completed,skipped,total");
  const items = withPrefix("items", "id,status,skipReason,failure,tries");
  return `name,status,task,size,phaseId,${progress},${items},phaseNotes,constraints,notes,rejections,past.message,${NEXT},serial`;
}
