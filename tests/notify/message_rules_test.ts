import {
  type Message,
  postOf,
  receiverIn,
  receiverText,
} from "../../src/notify/message_rules.ts";
import {
  countsInRepository,
  readTypedSetting,
  settingNamed,
} from "../../src/settings/settings.ts";
import { assertEquals } from "@std/assert";

const MESSAGE: Message = {
  event: "gate_opened",
  repository: "shop",
  session: "01kk",
  task: "Add <login> & more",
  phase: "PLAN",
  item: "consent",
  name: "Somebody\nagrees",
  agent: "claude-code:1",
  since: "2026-03-01T10:00:00Z",
  command: "orc approve-item consent --session 01kk",
};

const URL_RECEIVER = receiverIn("https://ntfy.example/base/our%20topic?auth=1");

Deno.test("postOf() sends JSON of orc to the URL as it is", () => {
  const { url, body } = postOf(MESSAGE, "json", URL_RECEIVER);
  assertEquals(url, "https://ntfy.example/base/our%20topic?auth=1");
  assertEquals(JSON.parse(body), MESSAGE);
});

Deno.test("postOf() gives ntfy the topic in the body, at the root of the server", () => {
  const { url, body } = postOf(MESSAGE, "ntfy", URL_RECEIVER);
  assertEquals(url, "https://ntfy.example/base?auth=1");
  assertEquals(JSON.parse(body), {
    topic: "our topic",
    title: "Waiting for you: Somebody agrees (shop)",
    message: "Add <login> & more\norc approve-item consent --session 01kk",
    tags: ["raised_hand"],
  });
});

Deno.test("postOf() gives Slack a text in which nothing is a link or a mention", () => {
  const { body } = postOf(MESSAGE, "slack", URL_RECEIVER);
  assertEquals(JSON.parse(body), {
    text:
      "Waiting for you: Somebody agrees (shop)\nAdd &lt;login&gt; &amp; more\norc approve-item consent --session 01kk",
  });
});

Deno.test("receiverText() names no path, which may be what lets one in", () => {
  assertEquals(receiverText(URL_RECEIVER), "ntfy.example");
  assertEquals(
    receiverText(receiverIn("notify-send --urgent orc")),
    "notify-send",
  );
});

Deno.test("notify is a URL or a program, and no repository names one", () => {
  const setting = settingNamed("notify");
  const read = (text: string) => readTypedSetting(setting.type, text);
  for (
    const text of [
      "https://hooks.example/T/1?x=2",
      "http://127.0.0.1:8080/a",
      "notify-send orc",
    ]
  ) {
    assertEquals(read(text), { value: text });
    assertEquals(countsInRepository(setting, text), false);
  }
  assertEquals(read("http://example.org/T/secret"), {
    found: '"http://example.org/..."',
  });
  assertEquals(
    countsInRepository(settingNamed("notify_format"), "slack"),
    false,
  );
});
