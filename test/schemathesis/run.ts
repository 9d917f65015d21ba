import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startServer } from '../fuzz/server.ts';

/**
 * Requests made of the server's own document, and its answers held to it, by schemathesis from PyPI:
 * `node test/schemathesis/run.ts --program PATH`. The exit status is that of schemathesis, or 1 when the server has
 * ended or found a fault of its own.
 */
const { values } = parseArgs({
  options: {
    program: { type: 'string', default: 'schemathesis' },
    examples: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
  },
});

// No URL that it makes up may lead anywhere: nobody serves port 1.
const target = await startServer({ LEGIBLE_OUTBOUND_PORTS: '1' });
const checks = ['not_a_server_error', 'status_code_conformance', 'response_schema_conformance'];
const run = spawn(
  values.program,
  [
    ...['run', `http://127.0.0.1:${target.port}/openapi.json`],
    ...['--checks', checks.join(',')],
    ...['--phases', 'examples,coverage,fuzzing'],
    ...['--max-examples', values.examples],
    ...['--seed', values.seed],
    ...['--suppress-health-check', 'all'],
    ...['--continue-on-failure', '--warnings', 'off', '--no-color'],
  ],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      SCHEMATHESIS_HOOKS: 'hooks',
      PYTHONPATH: import.meta.dirname,
      PYTHONDONTWRITEBYTECODE: '1',
      LEGIBLE_KEY: target.key,
      LEGIBLE_IMAGE: join(import.meta.dirname, '../../examples/common.png'),
    },
  },
);
const [status] = (await once(run, 'exit')) as [number | null];
const ended = target.exit();
const faults = target.log.filter((line) => line.includes('our own fault'));
await target.stop();
for (const line of faults.slice(0, 5)) console.error(line);
if (ended !== undefined) console.error(`the server has ended: ${JSON.stringify(ended)}`);
process.exitCode = ended !== undefined || faults.length > 0 ? 1 : (status ?? 1);
