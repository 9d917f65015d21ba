import { Command } from 'commander';
import { greatestAmount } from '../store/schema.ts';
import { UserError } from '../userError.ts';
import { signedUsd } from './arguments.ts';
import { formatUsd } from './money.ts';
import { print, printable } from './output.ts';
import { accountOf, withStore } from './session.ts';

export function topupCommand(): Command {
  return new Command('topup')
    .description('add to the balance of an account; an amount below 0 takes from it')
    .argument('<account>', 'its id or name')
    .argument('<usd>', 'US dollars, exact to six decimals', signedUsd)
    .option('--note <text>', 'why, for the ledger', '')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nTo take money away: legible topup ACCOUNT -3.50')
    .action(async (idOrName: string, amount: number, options: { note: string; json?: boolean }) => {
      await withStore(async ({ store, now }) => {
        const { id, posted, pending } = await accountOf(store, idOrName);
        const topUp = { accountId: id, amount, note: options.note, now: await now() };
        const account = await store.topUp(topUp);
        if (!account) {
          if (amount > 0)
            throw new UserError(
              `The balance is ${formatUsd(posted)}, and ${formatUsd(greatestAmount)} is the most that an account can have.`,
            );
          throw new UserError(
            `The balance is ${formatUsd(posted)}, of which ${formatUsd(pending)} are held: it cannot change by ${formatUsd(amount)}.`,
          );
        }
        print(options, account, () => `${printable(account.name)} now has ${formatUsd(account.posted)}`);
      });
    });
}
