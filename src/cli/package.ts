import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import { generateKey } from '../key.ts';
import type { Package } from '../store/records.ts';
import { UserError } from '../userError.ts';
import { expires, type Future, whole } from './arguments.ts';
import { newKey } from './key.ts';
import { moment, print, show, table } from './output.ts';
import { accountOf, withStore } from './session.ts';

interface Plan {
  title: string;
  type: number;
  rate?: number;
  concurrency?: number;
  calls: number;
  expires?: Future;
  json?: boolean;
}

export function packageCommand(): Command {
  const pack = new Command('package').description('calls paid in advance, with limits of their own');

  pack
    .command('create')
    .description('make a package and its key; the key is shown this once')
    .argument('<account>', 'id or name of the account')
    .requiredOption('--calls <n>', 'how many tasks it pays for', whole)
    .option('--rate <n>', 'requests in any 60 s', whole)
    .option('--concurrency <n>', 'tasks under way at once', whole)
    .addOption(expires())
    .option('--title <text>', 'what getBalance calls it', 'package')
    .option('--type <n>', 'its number in getBalance', whole, 1)
    .option('--json', 'print JSON')
    .action(async (idOrName: string, options: Plan) => {
      await withStore(async (session) => {
        const { store } = session;
        const account = await accountOf(store, idOrName);
        const now = await session.now();
        const id = randomUUID();
        const plan = {
          id,
          accountId: account.id,
          title: options.title,
          type: options.type,
          rateLimit: options.rate ?? null,
          concurrency: options.concurrency ?? null,
          calls: options.calls,
          expiresAt: options.expires?.(now) ?? null,
          now,
        };
        const secret = generateKey();
        const key = newKey(
          secret,
          await session.pepper(),
          { accountId: account.id, now },
          { package: id, label: options.title },
        );
        const made = await store.createPackage(plan, key);
        print(
          options,
          { ...made, key: secret },
          () => `${secret}\n\nIt is not shown again.\n\n${describe([made])}`,
        );
      });
    });

  pack
    .command('list')
    .description('packages that are still valid: all, or those of an account')
    .argument('[account]', 'its id or name')
    .option('--json', 'print JSON')
    .action(async (idOrName: string | undefined, options: { json?: boolean }) => {
      await withStore(async (session) => {
        const { store } = session;
        const now = await session.now();
        const accounts =
          idOrName === undefined ? await store.listAccounts() : [await accountOf(store, idOrName)];
        const listed: Package[][] = [];
        for (const { id } of accounts) listed.push(await store.listPackages(id, now));
        show(options, listed.flat(), () => describe(listed.flat()));
      });
    });

  pack
    .command('end')
    .description('end a package now and revoke its keys')
    .argument('<id>', 'as `legible package list` shows it')
    .option('--json', 'print JSON')
    .action(async (id: string, options: { json?: boolean }) => {
      const ended = await withStore(async ({ store, now }) => store.endPackage(id, await now()));
      if (!ended) throw new UserError(`There is no package ${id} that is still valid.`);
      print(options, { id, ended }, () => `Package ${id} has ended`);
    });

  return pack;
}

function describe(packages: Package[]): string {
  return table(
    ['package', 'account', 'title', 'key', 'calls left', 'rate', 'concurrency', 'expires'],
    packages.map((p) => [
      p.id,
      p.accountId,
      p.title,
      p.keyHint,
      String(p.callsLeft),
      p.rateLimit === null ? 'default' : `${p.rateLimit}/60s`,
      p.concurrency === null ? 'default' : String(p.concurrency),
      moment(p.expiresAt),
    ]),
  );
}
