import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { World } from '../world.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/** How long a client may run. */
const limitMs = 60_000;

export interface Outcome {
  // biome-ignore lint/suspicious/noExplicitAny: what it holds is what the tests are about
  value?: any;
  // biome-ignore lint/suspicious/noExplicitAny: likewise
  error?: any;
}

export interface ClientOptions {
  /** Where its packages are, if not with ours. */
  modules?: string;
  env?: Record<string, string>;
  /** Whether its fixed addresses lead here. */
  isRedirected?: boolean;
}

/**
 * Runs a program of an unmodified client in a process of its own. `body` is the body of an async function: what it
 * returns or throws comes back. `load` is the code that makes the client's names known to it.
 */
export async function runClient(
  world: Pick<World, 'port' | 'url'>,
  load: string,
  body: string,
  { modules = '', env = {}, isRedirected = true }: ClientOptions = {},
): Promise<Outcome> {
  const program = `
    ${load}
    // A test that has failed is no longer there to end it.
    setTimeout(() => process.exit(1), ${limitMs}).unref();
    const tell = (outcome) => process.stdout.write('\\n' + JSON.stringify(outcome), () => process.exit(0));
    (async () => { ${body} })().then(
      (value) => tell({ value }),
      (error) => tell({ error: typeof error === 'string' ? error : { name: error.constructor.name, message: error.message, ...error } }),
    );`;
  const isModule = load.includes('import ');
  const { stdout } = await run(
    process.execPath,
    [
      ...(isRedirected ? ['--require', join(root, 'examples/redirect.cjs')] : []),
      ...(isModule ? ['--input-type=module'] : ['--input-type=commonjs']),
      '--eval',
      program,
    ],
    {
      cwd: root,
      timeout: limitMs,
      env: { PATH: process.env.PATH, LEGIBLE_URL: world.url, NODE_PATH: modules, ...env },
    },
  );
  // Some clients write lines of their own.
  return JSON.parse(stdout.slice(stdout.lastIndexOf('\n')));
}

/** Builds a client that was published without its build, as its own `npm run build` would, into a folder. */
export async function buildClient(name: string, folder: string): Promise<void> {
  const project = join(root, 'node_modules', name, 'tsconfig.json');
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, [tsc, '-p', project, '--outDir', folder]);
}
