const TOP = new URL("../../", import.meta.url).pathname;

/** Runs the suite `faults` with all its faults; whether it passed. */
export async function breakEachCall(): Promise<boolean> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--no-prompt", "--allow-all", "tests/faults"],
    cwd: TOP,
    env: { ORC_FAULT_POINTS: "all" },
    stdin: "null",
  }).spawn().status;
  return success;
}
