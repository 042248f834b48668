/** More torn lines in front of one event than crashes in a row could leave. */
const MAX_TORN_LINES = 8;

/** Tells damaged lines from those that a crash tore and the next update wrote again. */
export interface DamageFinder<Line> {
  /** Takes the next line, its text, undefined when it is none, and whether it is whole. */
  take(line: Line, text: string | undefined, isWhole: boolean): void;
  /** Torn lines of which only the next line tells what they are. */
  pending(): readonly Line[];
}

/**
 * Reports the damaged lines of a log that is read from its beginning on. What a crash tore and
 * the next update wrote again is not damaged: it is the beginning of the line that follows, or
 * consists of the zeros that a power cut leaves.
 */
export function damageFinder<Line>(
  report: (line: Line) => void,
): DamageFinder<Line> {
  let torn: { readonly line: Line; readonly beginning: string }[] = [];
  const settle = (following: string | undefined): void => {
    for (const { line, beginning } of torn) {
      if (!following?.startsWith(beginning)) report(line);
    }
    torn = [];
  };
  return {
    take: (line, text, isWhole) => {
      const read = withoutZeros(text);
      if (isWhole) return settle(read);
      if (read === "") return;
      if (torn.length === MAX_TORN_LINES) settle(undefined);
      if (read === undefined) report(line);
      else torn.push({ line, beginning: read });
    },
    pending: () => torn.map(({ line }) => line),
  };
}

/** Counts lines that hold nothing anybody can read. */
export interface DamageCount {
  /** Takes the next line, undefined when it is no text, and whether it is whole. */
  take(text: string | undefined, isWhole: boolean): void;
  total(): number;
}

/** Counts the damaged lines of a log, as {@linkcode damageFinder} tells them. */
export function damageCount(direction: "forwards" | "backwards"): DamageCount {
  return direction === "forwards" ? countForwards() : countBackwards();
}

function countForwards(): DamageCount {
  let count = 0;
  const finder = damageFinder(() => count++);
  return {
    take: (text, isWhole) => finder.take(undefined, text, isWhole),
    total: () => count + finder.pending().length,
  };
}

function countBackwards(): DamageCount {
  let count = 0;
  let following = "";
  return {
    take: (text, isWhole) => {
      const read = withoutZeros(text);
      if (isWhole) following = read ?? "";
      else if (read === undefined || !following.startsWith(read)) count++;
    },
    total: () => count,
  };
}

/** An empty line, and one of zeros only, hold nothing that could be damaged. */
function withoutZeros(text: string | undefined): string | undefined {
  return text?.replace(/\0+$/, "");
}
