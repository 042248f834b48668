/** A program that brings what keeps the sessions. */
import { findRoot, isOrcError, openRepository } from "../../mod.ts";
import { memoryDocuments } from "../../src/store.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { assert, assertEquals } from "@std/assert";

const WORKFLOW = `name: Tiny
phases:
  - id: PLAN
    name: Plan
    items: [{id: idea, name: Idea}]
`;

Deno.test("a session is led from its start to its end in documents that a program brings", () =>
  withTemporaryDirectory(async (root) => {
    writeTree(root, { "workflow.yaml": WORKFLOW });
    const documents = memoryDocuments();
    const repository = await openRepository({ root, documents });
    const session = await repository.start("Add login");
    await session.complete("idea", { notes: "done" });
    await session.checkpoint({ message: "here" });
    await session.finish();
    assertEquals((await Array.fromAsync(repository.sessions())).length, 1);
    const keys = await documents.keys("");
    assertEquals(
      keys.map((key) => key.replace(/^[^/]*\/(\w+)\/.*$/, "$1")).sort(),
      ["part", "session"],
    );
    const other = await openRepository({ root });
    assertEquals(await Array.fromAsync(other.sessions()), []);
  }));

Deno.test("what keeps the sessions is known from the beginning, and no call changes it", () =>
  withTemporaryDirectory(async (root) => {
    const documents = memoryDocuments();
    const given: object = { documents };
    const repository = await openRepository({ root, documents });
    for (
      const act of [
        () => repository.start("Add login", given),
        () => findRoot({ root, ...given }),
      ]
    ) {
      const error = await act().then(() => undefined, (error) => error);
      assert(isOrcError(error, "unknown_option"), String(error));
    }
    assertEquals(await documents.keys(""), []);
  }));
