/** Checkpoints that cannot be written: nothing is left behind, and the exit code says why. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { readTree } from "../store/temporary.ts";
import { canMount, inLab, shellWithMounts, test } from "./lab.ts";

const DENIED = 77;
const EXTERNAL = 7;

for (const name of ["checkpoints", "."]) {
  test(`orc checkpoint leaves nothing where "${name}" is read-only`, () =>
    inLab(async (lab) => {
      Deno.mkdirSync(lab.at("checkpoints"));
      const before = readTree(lab.root);
      Deno.chmodSync(lab.at(name), 0o555);
      const args = ["checkpoint", "-m", "x", "--json"];
      const { code, out } = await lab.spawn(args, { unprivileged: true });
      Deno.chmodSync(lab.at(name), 0o755);
      assertEquals(code, DENIED, out);
      assertEquals(JSON.parse(out).error.code, "permission_denied");
      assertEquals(readTree(lab.root), before);
      const again = await lab.orc(["checkpoint"]);
      assertEquals(again.code, 0, again.err);
    }));
}

test({
  name: "orc checkpoint leaves nothing on a full disk",
  ignore: !canMount(),
  fn: () =>
    inLab(async (lab) => {
      const session = `.orchestrator/sessions/${lab.first}`;
      const line = `set -e
cp -r "$1/${session}" "$2/../copy"
mount -t tmpfs -o size=64k none "$1/${session}"
cp -r "$2/../copy/." "$1/${session}/"
dd if=/dev/zero of="$1/${session}/filler" bs=1k 2>/dev/null || true
# Room for the lock, and not for what is written under it.
truncate -s -4096 "$1/${session}/filler"
set +e
orc checkpoint -m x
echo "[$?]"
cd "$1/${session}"
ls -d * checkpoints/*`;
      const { out, err } = await shellWithMounts(lab, line);
      assertStringIncludes(out, `[${EXTERNAL}]`, err);
      assertStringIncludes(err, "disk full; nothing was changed");
      const names = out.split("\n").filter((name) => /^\w/.test(name));
      const expected = ["filler", "log.jsonl", "meta.json", "state.json"];
      assertEquals(names.filter((name) => name !== "checkpoints"), expected);
      assertEquals(out.includes("cp_"), false, out);
    }),
});
