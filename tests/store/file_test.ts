import { withTemporaryDirectory } from "../files/temporary.ts";
import { testStore } from "./contract.ts";
import { fileFixture } from "./file_fixture.ts";

testStore(
  "fileStore()",
  (test) => withTemporaryDirectory((root) => test(fileFixture(root))),
);
