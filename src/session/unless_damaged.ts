import { OrcError } from "../base/error.ts";

/** Reads what may be damaged, which must not hide what is not: why it cannot be read becomes a warning. */
export async function unlessDamaged<Value>(
  read: () => Value | Promise<Value>,
  warnings: string[],
): Promise<Value | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    warnings.push(error.message);
    return undefined;
  }
}
