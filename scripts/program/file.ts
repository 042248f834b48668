#!/usr/bin/env node
// Of its own, since in a single file no module is the main one that `import.meta.main` asks for.

import { run } from "./main.ts";

await run();
