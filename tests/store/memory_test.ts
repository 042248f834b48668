import { memoryStore } from "../../src/session/memory.ts";
import { testStore } from "./contract.ts";

testStore("memoryStore()", (test) => test({ store: memoryStore() }));
