import type { Row } from "./row.ts";
import { measureUpdate } from "./update.ts";

/** What a sync takes on the disk of a usual laptop: 1 to 10 ms. */
const SYNC_MS = 2;

const HERE = new URL(import.meta.url).pathname;

/** A durable update on a disk that takes its time: strace delays each sync. */
export async function measureUpdateOnSlowDisk(): Promise<Row> {
  const syncs = "fsync,fdatasync";
  const { success, stdout, stderr } = await new Deno.Command("strace", {
    args: [
      "-f",
      "--seccomp-bpf",
      ...["-o", "/dev/null"],
      ...["-e", `trace=${syncs}`],
      ...["-e", `inject=${syncs}:delay_exit=${SYNC_MS * 1000}`],
      ...[Deno.execPath(), "run", "-A", HERE],
    ],
    stdin: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const row: Row = JSON.parse(new TextDecoder().decode(stdout));
  const what = `${row.what}, each sync ${SYNC_MS} ms longer`;
  return { ...row, what, target: "≤ 1.5" };
}

if (import.meta.main) console.log(JSON.stringify(await measureUpdate()));
