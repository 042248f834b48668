import { addressOf } from "../../src/objects/address_rules.ts";
import { assertEquals } from "@std/assert";

Deno.test("addressOf() takes host, bucket and prefix apart", () => {
  assertEquals(addressOf("https://s3.example.org/bucket"), {
    url: "https://s3.example.org/bucket",
    bucketUrl: "https://s3.example.org/bucket",
    prefix: "",
  });
  assertEquals(addressOf("http://127.0.0.1:9000/bucket/team/a/"), {
    url: "http://127.0.0.1:9000/bucket/team/a",
    bucketUrl: "http://127.0.0.1:9000/bucket",
    prefix: "team/a/",
  });
});
