import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'vitest';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

export type Sdk = typeof import('../../client/src/index.ts');

/** The SDK packed as it would be published and installed from its tarball into a project of its own. */
export async function installSdk() {
  const project = mkdtempSync(join(tmpdir(), 'legible-sdk-'));
  // From a copy: test files that pack at the same time would build into one folder.
  cpSync(join(root, 'tsconfig.json'), join(project, 'copy/tsconfig.json'));
  cpSync(join(root, 'client'), join(project, 'copy/client'), {
    recursive: true,
    filter: (path) => !path.startsWith(join(root, 'client/dist')),
  });
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', project], {
    cwd: join(project, 'copy/client'),
    env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` },
  });
  const [{ filename, files }] = JSON.parse(stdout);
  writeFileSync(join(project, 'package.json'), '{"type":"module","private":true}');
  await run('npm', ['install', '--no-audit', '--no-fund', '--offline', join(project, filename)], {
    cwd: project,
  });
  const folder = join(project, 'node_modules/@legible/client/dist');
  return {
    /** Where its built files are. */
    folder,
    /** As it was installed. */
    sdk: (await import(pathToFileURL(join(folder, 'index.js')).href)) as Sdk,
    /** Paths inside the tarball. */
    files: files.map(({ path }: { path: string }) => path) as string[],

    /** Runs a program of the project; what it prints. */
    async run(command: string, args: string[], program: string, name = 'program.mjs'): Promise<string> {
      writeFileSync(join(project, name), program);
      const { stdout } = await run(command, [...args, name], {
        cwd: project,
        timeout: 25_000,
        // Deno's cache would be in the home folder.
        env: { ...process.env, DENO_DIR: join(project, 'deno'), DENO_NO_UPDATE_CHECK: '1' },
      });
      return stdout;
    },

    /** What the compiler says about a program of the project; empty when it has nothing against it. */
    async complaints(program: string): Promise<string> {
      writeFileSync(join(project, 'program.ts'), program);
      const options = '--noEmit --strict --module nodenext --target es2023 --lib es2023,dom --types'.split(
        ' ',
      );
      const tsc = join(root, 'node_modules/typescript/bin/tsc');
      const checked = run(process.execPath, [tsc, ...options, '', 'program.ts'], { cwd: project });
      return checked.then(
        () => '',
        (error: { stdout: string }) => error.stdout,
      );
    },

    remove: () => rmSync(project, { recursive: true }),
  };
}

/** What a promise is rejected with. */
export async function failure(promise: Promise<unknown>): Promise<InstanceType<Sdk['LegibleError']>> {
  return promise.then(
    () => expect.fail('it was not rejected'),
    (error) => error,
  );
}
