import { isIP } from 'node:net';
import { Command } from 'commander';
import { networksOf } from '../flow/network.ts';
import { withoutMapping } from '../range.ts';
import type { BanKind } from '../store/records.ts';
import { UserError } from '../userError.ts';
import { moment, print, show, table } from './output.ts';
import { keysNamed, withStore } from './session.ts';

export function banCommand(): Command {
  const ban = new Command('ban').description('addresses and keys that made too many errors: list, lift');

  ban
    .command('list')
    .description('bans and blocks that hold now')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const bans = await withStore(async (session) => {
        const now = await session.now();
        // The store also lists those that ended today: they make the next one longer.
        return (await session.store.listBans(now)).filter(({ until }) => until > now);
      });
      const rows = bans.map((b) => [b.kind, b.subject, moment(b.since), moment(b.until), String(b.count)]);
      show(options, bans, () => table(['kind', 'subject', 'since', 'until', 'in 24 h'], rows));
    });

  ban
    .command('lift')
    .description('end a ban or a block now; what bans an IPv6 address may lie on its /64, /56 or /48')
    .argument('<subject>', 'an address, a /64, /56 or /48 prefix, or the id or hint of a key')
    .option('--json', 'print JSON')
    .action(async (subject: string, options: { json?: boolean }) => {
      const subjects = await withStore(async ({ store }) => {
        const lifted: string[] = [];
        const named = keysNamed(await store.listKeys(), subject);
        const keys = named.map(({ id }): [BanKind, string] => ['key', id]);
        for (const [kind, name] of [...banned(subject), ...keys])
          if (await store.liftBan(kind, name)) lifted.push(name);
        return lifted;
      });
      if (subjects.length === 0) throw notBanned(subject);
      print(options, { subject, lifted: true, subjects }, () => `${subjects.join(', ')} may call again`);
    });

  return ban;
}

/** What is no address may be a whole key, which is not to stand in an error. */
function notBanned(subject: string): UserError {
  const isAddress = isIP(subject.split('/')[0]!) !== 0;
  const what = isAddress
    ? `Nothing bans ${subject}`
    : 'No ban has this name, an address or the id or hint of a key';
  return new UserError(`${what}; \`legible ban list\` shows what is banned.`);
}

/** All that can ban a subject: of an IPv6 address or prefix also the wider ones that hold it. */
function banned(subject: string): [BanKind, string][] {
  const [given = '', bits] = subject.split('/');
  if (isIP(given) === 0) return [['key', subject]];
  const address = withoutMapping(given);
  const names = networksOf(address).map(({ name }) => name);
  const isWhole = bits === undefined || (bits === '32' && isIP(address) === 4);
  const narrowest = isWhole ? 0 : names.findIndex((name) => name.endsWith(`/${bits}`));
  return narrowest < 0 ? [] : names.slice(narrowest).map((name) => ['address', name]);
}
