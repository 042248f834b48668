#!/usr/bin/env node
// Of its own, since npm's link to it is not the main module that `import.meta.main` asks for.
import module from "node:module";

// From version 22 on, Node keeps what it compiled: here, so that it goes with the package.
// Where nothing can be written, it compiles each time.
module.enableCompileCache?.(`${import.meta.dirname}/.compiled`);
const { run } = await import("./main.js");
await run();
