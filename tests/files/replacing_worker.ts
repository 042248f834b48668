/** Replaces a file again and again by renaming, each time with 1000 equal letters. */
const RUNNING = 1;
const DONE = 2;

addEventListener("message", (event) => {
  if (!(event instanceof MessageEvent)) return;
  const { path, progress } = event.data;
  Atomics.store(progress, 0, RUNNING);
  Atomics.notify(progress, 0);
  for (let count = 0; count < 400; count++) {
    const letter = count % 2 === 0 ? "a" : "b";
    Deno.writeTextFileSync(`${path}.tmp`, letter.repeat(1000));
    Deno.renameSync(`${path}.tmp`, path);
  }
  Atomics.store(progress, 0, DONE);
});
