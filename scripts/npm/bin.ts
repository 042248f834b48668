#!/usr/bin/env node
// Of its own, since npm's link to it is not the main module that `import.meta.main` asks for.

import { run } from "../program/main.ts";

await run();
