import { denoHost } from "../../src/host/deno_host.ts";
import { runScript } from "./script.ts";
import { assert, assertEquals } from "@std/assert";

Deno.test("denoHost().now() is the present in the state's spelling", () => {
  const before = Date.now();
  const now = denoHost().now();
  assert(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$/.test(now), now);
  assert(Date.parse(now) >= before - 1 && Date.parse(now) <= Date.now());
});

Deno.test("denoHost().localNow() is local time with microseconds and no offset", async () => {
  const { stdout } = await runScript(
    `import { denoHost } from "./src/host/deno_host.ts";
     const host = denoHost();
     console.log(host.now() + " " + host.localNow());`,
    { env: { TZ: "Asia/Kathmandu" } },
  );
  const [now = "", localNow = ""] = stdout.trim().split(" ");
  assert(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/.test(localNow), localNow);
  const offsetMs = Date.parse(`${localNow}Z`) - Date.parse(now);
  assert(Math.abs(offsetMs - (5 * 60 + 45) * 60_000) < 5_000, stdout);
});

Deno.test("denoHost().newToken() returns 32 other hex digits each time", () => {
  const host = denoHost();
  const tokens = Array.from({ length: 100 }, () => host.newToken());
  assert(tokens.every((token) => /^[0-9a-f]{32}$/.test(token)));
  assertEquals(new Set(tokens).size, tokens.length);
});

Deno.test("denoHost().idSource() makes ascending ULIDs in lower case", async () => {
  const newId = await denoHost().idSource();
  const ids = Array.from({ length: 1000 }, newId);
  assert(ids.every((id) => /^[0-9a-hjkmnp-tv-z]{26}$/.test(id)), ids[0]);
  assertEquals(ids, ids.toSorted());
  assertEquals(new Set(ids).size, ids.length);
});

Deno.test("denoHost().idSource() makes ids while the clock stands at its beginning", async () => {
  const { stdout } = await runScript(
    `import { denoHost } from "./src/host/deno_host.ts";
     Date.now = () => 0;
     const newId = await denoHost().idSource();
     const ids = [newId(), newId()];
     console.log(ids.every((id) => id.length === 26), ids[0] < ids[1]);`,
  );
  assertEquals(stdout, "true true\n");
});

Deno.test("denoHost().homeDirectory() is absolute and in orc's form, or undefined", async () => {
  // The script sets the variable itself: Deno would put its cache below such a home.
  const { stdout } = await runScript(
    `import { denoHost } from "./src/host/deno_host.ts";
     Deno.env.delete("USERPROFILE");
     for (const home of ["/home/me/", "C:\\\\me", "", "me"]) {
       Deno.env.set("HOME", home);
       console.log(denoHost().homeDirectory());
     }`,
    { flags: ["--allow-read=src", "--allow-env=HOME,USERPROFILE"] },
  );
  assertEquals(stdout, "/home/me\nC:/me\nundefined\nundefined\n");
});

Deno.test("denoHost().caller() names the agent and its session, without an approval", async () => {
  const source = `import { denoHost } from "./src/host/deno_host.ts";
    console.log(JSON.stringify(denoHost().caller()));`;
  const env = { AGENT: "amp", AMP_CURRENT_THREAD_ID: "" };
  const flags = ["--allow-read=src", "--allow-env=AGENT,AMP_CURRENT_THREAD_ID"];
  const callers = { "T-1": "amp:T-1", "": "amp" };
  for (const [id, agent] of Object.entries(callers)) {
    const { stdout } = await runScript(source, {
      flags,
      env: { ...env, AMP_CURRENT_THREAD_ID: id },
    });
    assertEquals(JSON.parse(stdout), { agent, approval: null });
  }
});

Deno.test("denoHost() works without any permission but reading its sources", async () => {
  const { stdout, stderr } = await runScript(
    `import { denoHost } from "./src/host/deno_host.ts";
     const host = denoHost();
     host.workingDirectory;
     console.log(JSON.stringify([
       host.caller(), host.env("HOME") ?? null, host.homeDirectory() ?? null,
       host.terminal.isInteractive, host.identity().host,
     ]));`,
    { env: { CLAUDECODE: "1" } },
  );
  assertEquals(stderr, "");
  assertEquals(JSON.parse(stdout), [
    { agent: null, approval: null },
    null,
    null,
    false,
    "",
  ]);
});

const ERROR = "(e) { console.log([e.name, e.kind, e.code].join()); }";

Deno.test("denoHost().workingDirectory reports a removed directory", async () => {
  const { stdout } = await runScript(
    `import { denoHost } from "./src/host/deno_host.ts";
     const host = denoHost();
     const directory = Deno.makeTempDirSync({ dir: "tests/.tmp" });
     Deno.chdir(directory);
     Deno.removeSync(Deno.cwd());
     try { host.workingDirectory; } catch ${ERROR}`,
    { flags: ["-A"] },
  );
  assertEquals(stdout, "OrcError,external,no_working_directory\n");
});

Deno.test({
  name: "denoHost().env() names a variable that is not valid Unicode",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const { stdout } = await runScript(
      `import { denoHost } from "./src/host/deno_host.ts";
       try { denoHost().env("BROKEN"); } catch ${ERROR}`,
      {
        flags: ["--allow-read=src", "--allow-env=BROKEN"],
        wrapper: (command) => [
          "sh",
          "-c",
          `BROKEN=$(printf 'a\\377') ${command}`,
        ],
      },
    );
    assertEquals(stdout, "OrcError,usage,environment_invalid\n");
  },
});

Deno.test("denoHost().runProgram() loads and runs a program", async () => {
  const { stdout } = await denoHost().runProgram({
    command: ["echo", "hi"],
    workingDirectory: ".",
    timeoutMs: 10_000,
  });
  assertEquals(stdout, "hi\n");
});

interface ModuleInfo {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier: string };
    readonly isDynamic?: boolean;
  }[];
}

Deno.test("denoHost() is loaded without a node module, and with no package but @std", () => {
  const path = "src/host/deno_host.ts";
  const { stdout } = new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", path],
  }).outputSync();
  const { modules }: { readonly modules: readonly ModuleInfo[] } = JSON.parse(
    new TextDecoder().decode(stdout),
  );
  const loaded = new Set([`file://${Deno.realPathSync(path)}`]);
  for (const specifier of loaded) {
    const module = modules.find((module) => module.specifier === specifier);
    for (const { code, isDynamic } of module?.dependencies ?? []) {
      if (code !== undefined && !isDynamic) loaded.add(code.specifier);
    }
  }
  assert(loaded.size > 5, "the modules were not read");
  const heavy = [...loaded].filter((specifier) =>
    !/^(?:file:|npm:deno-std@|jsr:@std\/)/.test(specifier)
  );
  assertEquals(heavy, []);
});
