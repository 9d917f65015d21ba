import { isIP } from 'node:net';
import { Command } from 'commander';
import { networkOf } from '../flow/network.ts';
import type { BanKind } from '../store/store.ts';
import { UserError } from '../userError.ts';
import { moment, print, table } from './output.ts';
import { withStore } from './session.ts';

export function banCommand(): Command {
  const ban = new Command('ban').description('addresses and keys that made too many errors: list, lift');

  ban
    .command('list')
    .description('bans and blocks that hold now')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const now = Date.now();
      // The store also lists those that ended today: they make the next one longer.
      const all = await withStore(({ store }) => store.listBans(now));
      const bans = all.filter(({ until }) => until > now);
      const rows = bans.map((b) => [b.kind, b.subject, moment(b.since), moment(b.until), String(b.count)]);
      print(options, bans, () => table(['kind', 'subject', 'since', 'until', 'in 24 h'], rows));
    });

  ban
    .command('lift')
    .description('end a ban or a block now')
    .argument('<subject>', 'an address, a /64 prefix or the id of a key')
    .option('--json', 'print JSON')
    .action(async (subject: string, options: { json?: boolean }) => {
      const lifted = await withStore(async ({ store }) => {
        const kinds: BanKind[] = ['address', 'key'];
        const results = await Promise.all(kinds.map((kind) => store.liftBan(kind, banned(subject))));
        return results.includes(true);
      });
      if (!lifted) throw new UserError(`Nothing bans ${subject}; \`legible ban list\` shows what is banned.`);
      print(options, { subject, lifted }, () => `${subject} may call again`);
    });

  return ban;
}

/** A ban of an IPv6 address lies on its /64, which can be written in many ways. */
function banned(subject: string): string {
  const address = subject.replace(/\/64$/, '');
  return isIP(address) > 0 ? networkOf(address) : subject;
}
