import type { TestProject } from 'vitest/node';
import { startPostgres } from './start.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a server that lives as long as the test run. */
    postgresUrl: string;
  }
}

/** Starts one PostgreSQL server for the whole run; each test makes a database of its own in it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { url, stop } = await startPostgres();
  project.provide('postgresUrl', url);
  return stop;
}
