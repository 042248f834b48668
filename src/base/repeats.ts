/**
 * Ids that are remembered at least: some times the events that travel in
 * state.json until the log is known to hold them.
 */
const MIN_REMEMBERED_IDS = 64;

/** Tells whether an event with this id was seen before. */
export type IsRepeat = (id: string) => boolean;

/** What a filter knows before it is asked, and how much it remembers. */
export interface RepeatFilterOptions {
  readonly known?: readonly string[];
  /** As many ids as may stand between an event and its repeat, or more. */
  readonly rememberedIds?: number;
}

/**
 * Makes a test for events that come a second time in a log, read in either
 * direction. After a crash the last events may be written again; nothing of orc
 * stands between them and their first writing. Events of the Python tool have
 * no id and repeat none.
 */
export function repeatFilter(options: RepeatFilterOptions = {}): IsRepeat {
  const { known = [], rememberedIds = 0 } = options;
  const size = Math.max(MIN_REMEMBERED_IDS, rememberedIds, known.length);
  // Two short lists by turns: a set of texts costs far more memory in a long log.
  let older: readonly string[] = [];
  let newer = [...known];
  return (id) => {
    if (id === "") return false;
    if (newer.includes(id) || older.includes(id)) return true;
    if (newer.length >= size) {
      older = newer;
      newer = [];
    }
    newer.push(id);
    return false;
  };
}
