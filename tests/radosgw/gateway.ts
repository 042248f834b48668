/**
 * A Ceph object gateway of one's own, from Debian's packages: a monitor, a store in memory and the gateway,
 * on loopback, as an ordinary user. Each is a child of this process, and ended by its own id.
 */
import { KEYS } from "../objects/server.ts";

const PROGRAMS: readonly string[] = [
  "ceph",
  "ceph-mon",
  "ceph-osd",
  "monmaptool",
  "radosgw",
  "radosgw-admin",
];

/** Whether all programs are here; says what is missing otherwise. */
export function hasGateway(): boolean {
  const places = (Deno.env.get("PATH") ?? "").split(":");
  const missing = PROGRAMS.filter((name) =>
    !places.some((place) => isFile(`${place}/${name}`))
  );
  if (missing.length === 0) return true;
  console.log(
    `No ${missing.join(", ")}: apt-get install --no-install-recommends ` +
      "ceph-common ceph-mon ceph-osd radosgw",
  );
  return false;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Nobody in particular; the superuser becomes it. */
const NOBODY = 65534;

export interface Gateway {
  readonly url: string;
  readonly port: number;
}

/** Runs a test with a gateway, in which there is a bucket for it. */
export async function withGateway(
  test: (gateway: Gateway) => Promise<void>,
): Promise<void> {
  // Names of sockets are short, and the ordinary user has to come there.
  const at = Deno.makeTempDirSync({ dir: "/tmp", prefix: "radosgw-" });
  const children: Deno.ChildProcess[] = [];
  const [monitor, port] = [freePort(), freePort()];
  const conf = `${at}/ceph.conf`;
  for (const name of ["", "/mon", "/osd", "/run", "/log"]) {
    if (name !== "") Deno.mkdirSync(at + name);
    if (Deno.uid() === 0) Deno.chownSync(at + name, NOBODY, NOBODY);
  }
  const fsid = crypto.randomUUID();
  Deno.writeTextFileSync(conf, configuration(at, { fsid, monitor, port }));
  const start = (...words: readonly string[]) => {
    children.push(asUser([...words, "-c", conf, "-f"]).spawn());
  };
  const run = async (...words: readonly string[]) => {
    const { success, stderr } = await asUser(words).output();
    if (success) return;
    const said = new TextDecoder().decode(stderr);
    throw new Error(`${words.join(" ")}: ${said.slice(-2000)}`);
  };
  try {
    const map = `${at}/run/monmap`;
    const place = `127.0.0.1:${monitor}`;
    const monmap = ["--create", "--add", "a", place, "--fsid", fsid, map];
    await run("monmaptool", ...monmap);
    const mkfs = ["-c", conf, "-i", "a", "--mkfs", "--monmap", map];
    await run("ceph-mon", ...mkfs);
    start("ceph-mon", "-i", "a");
    // Both must name the same, or it never comes up.
    const uuid = crypto.randomUUID();
    const ceph = ["ceph", "-c", conf, "--connect-timeout", "60"] as const;
    await run(...ceph, "osd", "new", uuid);
    const osd = ["-c", conf, "-i", "0", "--mkfs", "--osd-uuid", uuid];
    await run("ceph-osd", ...osd);
    start("ceph-osd", "-i", "0");
    const bucket = ["1.0", "host=h", "root=default"];
    await run(...ceph, "osd", "crush", "add", "osd.0", ...bucket);
    await run(
      ...["radosgw-admin", "-c", conf, "-n", "client.rgw", "user", "create"],
      ...["--uid=orc", "--display-name=orc"],
      `--access-key=${KEYS.AWS_ACCESS_KEY_ID}`,
      `--secret=${KEYS.AWS_SECRET_ACCESS_KEY}`,
    );
    start("radosgw", "-n", "client.rgw");
    await untilAnswered(port);
    const { AwsClient } = await import("aws4fetch");
    const client = new AwsClient({
      accessKeyId: KEYS.AWS_ACCESS_KEY_ID,
      secretAccessKey: KEYS.AWS_SECRET_ACCESS_KEY,
      ...{ service: "s3", region: "us-east-1", retries: 4 },
    });
    const url = `http://127.0.0.1:${port}/bucket`;
    const made = await client.fetch(url, { method: "PUT" });
    if (!made.ok) throw new Error(`no bucket: ${await made.text()}`);
    await made.body?.cancel();
    await test({ url: `${url}/team`, port });
  } catch (error) {
    for (const { name } of Deno.readDirSync(`${at}/log`)) {
      const text = Deno.readTextFileSync(`${at}/log/${name}`);
      console.log(`--- ${name}\n${text.slice(-1500)}`);
    }
    throw error;
  } finally {
    for (const child of children.reverse()) {
      try {
        child.kill("SIGKILL");
      } catch {
        // It ended by itself.
      }
      await child.status;
    }
    Deno.removeSync(at, { recursive: true });
  }
}

/** A command that the superuser runs as somebody without rights. */
function asUser(words: readonly string[]): Deno.Command {
  const drop = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`];
  const [program = "", ...args] = Deno.uid() === 0
    ? [...drop, "--clear-groups", ...words]
    : words;
  return new Deno.Command(program, {
    args,
    env: { HOME: "/nonexistent" },
    stdin: "null",
    stdout: "null",
    stderr: words.includes("-f") ? "null" : "piped",
  });
}

function freePort(): number {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

async function untilAnswered(port: number): Promise<void> {
  for (let tries = 0;; tries++) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/`);
      await response.body?.cancel();
      return;
    } catch (error) {
      if (tries > 300) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** One of each; without authentication among themselves the gateway has to be told so, or it waits. */
function configuration(
  at: string,
  { fsid, monitor, port }: {
    readonly fsid: string;
    readonly monitor: number;
    readonly port: number;
  },
): string {
  return `[global]
fsid = ${fsid}
mon host = 127.0.0.1:${monitor}
public addr = 127.0.0.1
ms bind ipv6 = false
ms mon client mode = crc
auth cluster required = none
auth service required = none
auth client required = none
keyring = /dev/null
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 1073741824
osd failsafe full ratio = .99
mon allow pool size one = true
mon max pg per osd = 2000
mon data avail crit = 1
mon data avail warn = 2
run dir = ${at}/run
crash dir = ${at}/run
admin socket = ${at}/run/$name.$pid.asok
pid file = ${at}/run/$name.pid
log file = ${at}/log/$name.log
mon cluster log file = ${at}/log/cluster.log
mon data = ${at}/mon
osd data = ${at}/osd
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:${port}
rgw dns name = 127.0.0.1
rgw enable gc threads = false
rgw enable lc threads = false
rgw enable usage log = false
`;
}
