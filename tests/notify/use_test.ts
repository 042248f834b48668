/** Who is told that a human is waited for, by processes as people run them. */
import { rejectItem } from "../../src/work/rework.ts";
import { approvingHost } from "../trust/fixtures.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { orcCommand } from "../orc_command.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const WORKFLOW = `name: Asking
secrets: [API_KEY]
phases:
  - id: DO
    name: Do
    items:
      - {id: idea, name: Idea}
      - {id: consent, name: Somebody agrees, verification: {type: manual_gate}}
      - {id: extra, name: Extra, required: false}
`;

const SECRET = "sk-a-secret-that-nobody-may-see";

interface Scene {
  readonly root: string;
  readonly received: readonly string[];
  readonly port: number;
  /** Runs a command, which has to end so, and returns what it printed. */
  orc(args: readonly string[], exitCode?: number): Promise<string>;
  /** Waits until so many messages have come. */
  until(count: number): Promise<void>;
}

/** Runs a test beside a receiver that answers so, in a repository with a session. */
function withReceiver(
  test: (scene: Scene) => Promise<void>,
  answer: () => Response | Promise<Response> = () => new Response("ok"),
  notify = (port: number) => `http://127.0.0.1:${port}/hook/token`,
): Promise<void> {
  return withTemporaryDirectory(async (outside) => {
    const root = `${outside}/shop`;
    writeTree(root, { "workflow.yaml": WORKFLOW });
    Deno.mkdirSync(`${outside}/home`);
    const received: string[] = [];
    const gone = new AbortController();
    const server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      signal: gone.signal,
      onListen: () => {},
    }, async (request) => {
      received.push(await request.text());
      return await answer();
    });
    const { port } = server.addr;
    const env = {
      HOME: `${outside}/home`,
      ORCHESTRATOR_NOTIFY: notify(port),
      API_KEY: SECRET,
      CLAUDECODE: "1",
      CLAUDE_CODE_SESSION_ID: "1",
    };
    const [program, ...first] = orcCommand();
    const orc: Scene["orc"] = async (args, exitCode = 0) => {
      const { code, stdout, stderr } = await new Deno.Command(program, {
        args: [...first, ...args],
        cwd: root,
        env,
        stdin: "null",
      }).output();
      const decoder = new TextDecoder();
      const text = decoder.decode(stdout) + decoder.decode(stderr);
      assertEquals(code, exitCode, text);
      return text;
    };
    const until = async (count: number) => {
      for (let tries = 0; tries < 300 && received.length < count; tries++) {
        await new Promise((done) => setTimeout(done, 50));
      }
      assertEquals(received.length, count);
    };
    try {
      await orc(["start", `Add login with ${SECRET}`]);
      await test({ root, received, port, orc, until });
    } finally {
      gone.abort();
      await server.finished.catch(() => {});
    }
  });
}

/** So long a message that should not be there may take to come. */
const settle = () => new Promise((done) => setTimeout(done, 1500));

Deno.test("a gate that opens is told once, whatever follows, with no secret, and once more after a no", () =>
  withReceiver(async ({ orc, until, received, root }) => {
    await orc(["complete", "idea"]);
    await until(1);
    const message = JSON.parse(received[0] ?? "");
    assertEquals(
      [message.event, message.repository, message.item, message.name],
      ["gate_opened", "shop", "consent", "Somebody agrees"],
    );
    assertStringIncludes(message.command, "orc approve-item consent --session");
    assertStringIncludes(message.task, "Add login with ");
    assert(!received.join().includes(SECRET), received.join());
    // What does not open it tells nobody.
    await orc(["complete", "extra"]);
    await orc(["complete", "idea"]);
    await orc(["complete", "consent"], 3);
    await settle();
    assertEquals(received.length, 1);
    // After a no it waits anew.
    const reason = "The way back is missing";
    await rejectItem(approvingHost(), { root, itemId: "consent", reason });
    await orc(["complete", "idea"]);
    await until(2);
  }));

Deno.test("a receiver that hangs delays nothing", () => {
  let release = () => {};
  const hanging = new Promise<Response>((done) => {
    release = () => done(new Response("late"));
  });
  return withReceiver(
    async ({ orc, until, root }) => {
      await orc(["complete", "idea"]);
      await until(1);
      // Whoever waits for the answer gives up first, and says so.
      const cache = [...Deno.readDirSync(`${root}/.orchestrator/cache`)];
      const names = cache.map(({ name }) => name);
      assert(!names.includes("notify-failure.json"), names.join());
      assert(names.includes("notified"), names.join());
      release();
    },
    () => hanging,
  );
});

Deno.test("what kept a message from being told stands in doctor, without what lets one in", () =>
  withReceiver(
    async ({ orc, until, root, port }) => {
      await orc(["complete", "idea"]);
      await until(1);
      const path = `${root}/.orchestrator/cache/notify-failure.json`;
      for (let tries = 0; tries < 200; tries++) {
        try {
          Deno.statSync(path);
          break;
        } catch {
          await new Promise((done) => setTimeout(done, 50));
        }
      }
      const said = await orc(["doctor"], 3);
      assertStringIncludes(
        said,
        `"127.0.0.1:${port}" was not told: it answered 500`,
      );
      assert(!said.includes("token"), said);
      const refused = await orc(["notify", "test"], 7);
      assertStringIncludes(refused, "it answered 500");
    },
    () => new Response("no", { status: 500 }),
  ));

Deno.test("a program is told on its standard input, and a redirect is not followed", () =>
  withReceiver(
    async ({ orc, root }) => {
      assertStringIncludes(await orc(["notify", "test"]), "Told tee, as json");
      const told = JSON.parse(Deno.readTextFileSync(`${root}/told`));
      assertEquals([told.event, told.repository], ["test", "shop"]);
      await orc(["complete", "idea"]);
      for (let tries = 0; tries < 200; tries++) {
        const text = Deno.readTextFileSync(`${root}/told`);
        if (text.includes("gate_opened")) return;
        await new Promise((done) => setTimeout(done, 50));
      }
      throw new Error("Nobody was told");
    },
    undefined,
    () => "tee told",
  ));

Deno.test("a receiver that sends elsewhere has not been told", () =>
  withReceiver(
    async ({ orc, received }) => {
      const said = await orc(["notify", "test"], 7);
      assertStringIncludes(said, "it answered 302");
      assertEquals(received.length, 1);
    },
    () => Response.redirect("http://127.0.0.1:9/elsewhere"),
  ));
