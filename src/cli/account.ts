import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { LedgerEntry } from '../store/admin.ts';
import type { Account } from '../store/records.ts';
import { UserError } from '../userError.ts';
import { positiveUsd, whole } from './arguments.ts';
import { formatUsd } from './money.ts';
import { moment, print, show, table } from './output.ts';
import { accountName, accountOf, withStore } from './session.ts';

/** Each table that shows it is as wide as the longest. */
const longestName = 200;

export function accountCommand(): Command {
  const account = new Command('account').description('who pays: create, list, show');

  account
    .command('create')
    .description('make an account')
    .argument('<name>', 'what to call it')
    .option('--balance <usd>', 'put this on it at once', positiveUsd)
    .option('--json', 'print JSON')
    .action(async (given: string, options: { balance?: number; json?: boolean }) => {
      const name = accountName(given);
      if (name.length > longestName)
        throw new UserError(`The name of an account has at most ${longestName} characters.`);
      await withStore(
        async ({ store, now }) => {
          const { balance: amount } = options;
          const balance = amount === undefined ? undefined : { amount, note: 'first balance' };
          const made = await store.createAccount({ id: randomUUID(), name, now: await now(), balance });
          if (!made) throw new UserError(`There is an account ${name} already.`);
          print(options, made, () => describe([made]));
        },
        { isMade: true },
      );
    });

  account
    .command('list')
    .description('all accounts')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const accounts = await withStore(({ store }) => store.listAccounts());
      show(options, accounts, () => describe(accounts));
    });

  account
    .command('show')
    .description('an account and its latest entries in the ledger')
    .argument('<account>', 'its id or name')
    .option('--entries <n>', 'how many', whole, 20)
    .option('--json', 'print JSON')
    .action(async (idOrName: string, options: { entries: number; json?: boolean }) => {
      await withStore(async ({ store }) => {
        const shown = await accountOf(store, idOrName);
        const entries = await store.listEntries(shown.id, options.entries);
        const rows = entries.map((e) => [moment(e.at), e.kind, amountOf(e), e.taskId ?? e.note]);
        show(
          options,
          { ...shown, entries },
          () => `${describe([shown])}\n\n${table(['when', 'entry', 'amount', 'task or note'], rows)}`,
        );
      });
    });

  return account;
}

/** In money, or the calls of a package; what is charged has a minus. */
function amountOf({ kind, amount, calls }: LedgerEntry): string {
  const sign = kind === 'settle' ? -1 : 1;
  return calls > 0 ? `${sign * calls} call${calls === 1 ? '' : 's'}` : formatUsd(sign * amount);
}

function describe(accounts: Account[]): string {
  return table(
    ['account', 'name', 'balance', 'held', 'since'],
    accounts.map((a) => [a.id, a.name, formatUsd(a.posted), formatUsd(a.pending), moment(a.createdAt)]),
  );
}
