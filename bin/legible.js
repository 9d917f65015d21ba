#!/usr/bin/env node
// Plain JavaScript on purpose: better-sqlite3 crashes the process on Node 20, so the version is checked
// before anything else is loaded.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(`Legible needs Node 22.19 or newer; this is ${process.versions.node}.`);
  console.error('In a clone, `npm start` and `npx legible` bring Node 24 with them; run those instead.');
  process.exit(1);
}
const { run } = await import('../dist/cli/run.js');
await run(process.argv);
