import { memoryStore } from "../../src/documents/memory.ts";
import { testStore } from "./contract.ts";

testStore("memoryStore()", (test) => test({ store: memoryStore() }));
