/** Counts lines that hold nothing anybody can read. */
export interface DamageCount {
  /** Takes the next line, undefined when it is no text, and whether it is whole. */
  take(text: string | undefined, isWhole: boolean): void;
  total(): number;
}

/** More torn lines in front of one event than crashes in a row could leave. */
const MAX_TORN_LINES = 8;

/**
 * Counts the damaged lines of a log. What a crash tore and the next update wrote again is not
 * damaged: it is the beginning of the line that follows, or consists of the zeros that a power
 * cut leaves.
 */
export function damageCount(direction: "forwards" | "backwards"): DamageCount {
  return direction === "forwards" ? countForwards() : countBackwards();
}

function countForwards(): DamageCount {
  let count = 0;
  let torn: string[] = [];
  return {
    take: (text, isWhole) => {
      const read = withoutZeros(text);
      if (isWhole) {
        count += torn.filter((beginning) =>
          !read?.startsWith(beginning)
        ).length;
        torn = [];
      } else if (read === undefined || torn.length === MAX_TORN_LINES) count++;
      else if (read !== "") torn.push(read);
    },
    total: () => count + torn.length,
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
