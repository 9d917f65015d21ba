// What bin/legible.js does, on the sources.
import { run } from '../../src/cli/run.ts';

await run(process.argv);
