import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { Command, Option } from 'commander';
import { sandboxPrefix } from '../flow/sandbox.ts';
import { callbackSecret, generateKey, hashKey, hintOf, isPlausibleKey } from '../key.ts';
import { type DialectName, dialectNames } from '../settings/dialects.ts';
import { loadConfig } from '../settings/loadConfig.ts';
import type { NewKey } from '../store/admin.ts';
import type { Key } from '../store/records.ts';
import { UserError } from '../userError.ts';
import { expires, type Future, positiveUsd, ranges, taskTypes } from './arguments.ts';
import { formatUsd } from './money.ts';
import { moment, print, show, table } from './output.ts';
import { accountOf, keysNamed, type Session, withStore } from './session.ts';

interface Limits {
  package?: string;
  types?: string[];
  addresses?: string[];
  dailyCap?: number;
  dialect?: DialectName;
  test?: boolean;
  expires?: Future;
  label: string;
  json?: boolean;
}

/** Under 16 characters a foreign key is too easy to guess to be worth money. */
const shortestImport = 16;

export function keyCommand(): Command {
  const key = new Command('key').description('who may call: create, import, list, revoke, callback-secret');

  withLimits(key.command('create').description('make a key; it is shown this once'))
    .argument('<account>', 'id or name of the account that pays')
    .action((account: string, options: Limits) => createKey(account, options));

  withLimits(key.command('import').description("take over another service's key, read from standard input"))
    .argument('<account>', 'id or name of the account that pays')
    .addHelpText(
      'after',
      '\nThe key never stands on the command line, where others could see it:\n  legible key import ACCOUNT < key.txt',
    )
    .action((account: string, options: Limits) => importKey(account, options));

  key
    .command('list')
    .description('all keys, or those of an account')
    .argument('[account]', 'its id or name')
    .option('--json', 'print JSON')
    .action(async (account: string | undefined, options: { json?: boolean }) => {
      await withStore(async ({ store }) => {
        const of = account === undefined ? undefined : (await accountOf(store, account)).id;
        const keys = await store.listKeys(of);
        show(options, keys, () => describe(keys));
      });
    });

  key
    .command('revoke')
    .description('refuse a key from now on')
    .argument('[key]', 'its id or hint, as `legible key list` shows them, or the key itself')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nWithout an argument the key is read from standard input.')
    .action(async (named: string | undefined, options: { json?: boolean }) => {
      await withStore(async (session) => {
        const id = await idOf(session, named ?? (await text(process.stdin)).trim());
        const revoked = await session.store.revokeKey(id, await session.now());
        if (!revoked) throw new UserError(`Key ${id} is revoked already.`);
        print(options, { id, revoked }, () => `Key ${id} is revoked`);
      });
    });

  key
    .command('callback-secret')
    .description("what callbacks of a key's tasks are signed with")
    .argument('<id>', 'its id or hint, as `legible key list` shows them')
    .option('--json', 'print JSON')
    .action(async (id: string, options: { json?: boolean }) => {
      await withStore(async (session) => {
        const found = await idOf(session, id);
        const secret = callbackSecret(found, await session.pepper());
        show(options, { id: found, secret }, () => secret);
      });
    });

  return key;
}

/** What names a key may be the key itself: it stands in no message. */
async function idOf({ store, pepper }: Session, named: string): Promise<string> {
  const keys = await store.listKeys();
  const found = keysNamed(keys, named);
  if (found.length > 1)
    throw new UserError(`${found.length} keys have this hint; name one by its id: \`legible key list\`.`);
  if (found[0]) return found[0].id;
  const principal =
    keys.length > 0 && isPlausibleKey(named)
      ? await store.findPrincipal(hashKey(named, await pepper()))
      : undefined;
  if (!principal) throw new UserError('There is no such key; `legible key list` shows them.');
  return principal.key.id;
}

function withLimits(command: Command): Command {
  return command
    .option('--package <id>', 'its calls pay, and its limits hold')
    .option('--types <names>', 'only these task types, parted by commas', taskTypes)
    .option('--addresses <ranges>', 'only from these addresses or CIDR ranges, parted by commas', ranges)
    .option('--daily-cap <usd>', 'most that it may spend in a UTC day', positiveUsd)
    .addOption(new Option('--dialect <name>', 'the contract that its client speaks').choices(dialectNames))
    .option('--test', 'it may ask for staged answers with X-Legible-Test, which cost nothing')
    .addOption(expires())
    .option('--label <text>', 'what it is for', '')
    .option('--json', 'print JSON');
}

async function readImport(): Promise<string> {
  const key = (await text(process.stdin)).trim();
  if (key.length < shortestImport || key.length > 512 || /\s/.test(key)) {
    throw new UserError(`A key to import is one word of ${shortestImport} to 512 characters.`);
  }
  // No client could send what a file in UTF-16, as PowerShell writes it, is read as.
  if (/[\p{C}\uFFFD]/u.test(key))
    throw new UserError('The key holds characters that cannot be seen: is its file in UTF-8?');
  if (!isPlausibleKey(key)) throw new UserError('The key begins like one of Legible, but is mistyped.');
  if (loadConfig().sandbox && key.startsWith(sandboxPrefix)) {
    throw new UserError(
      `Keys that begin with ${sandboxPrefix} are the sandbox's, unless the setting sandbox is off.`,
    );
  }
  return key;
}

async function createKey(account: string, options: Limits): Promise<void> {
  const secret = generateKey();
  const made = await save(account, options, secret);
  print(
    options,
    { ...made, key: secret },
    () => `${secret}\n\nIt is not shown again.\n\n${describe([made])}`,
  );
}

async function importKey(account: string, options: Limits): Promise<void> {
  const made = await save(account, options, await readImport());
  print(options, made, () => describe([made]));
}

function save(idOrName: string, options: Limits, secret: string): Promise<Key> {
  return withStore(async (session) => {
    const { store } = session;
    const account = await accountOf(store, idOrName);
    const now = await session.now();
    if (options.package !== undefined) {
      if (options.dailyCap !== undefined)
        throw new UserError('A key of a package spends calls and no money: a daily cap would bound nothing.');
      const packages = await store.listPackages(account.id, now);
      if (!packages.some(({ id }) => id === options.package)) {
        throw new UserError(`${account.name} has no package ${options.package} that is still valid.`);
      }
    }
    const key = newKey(secret, await session.pepper(), { accountId: account.id, now }, options);
    const made = await store.createKey(key);
    if (made) return made;
    const known = await store.findPrincipal(key.hash);
    throw new UserError(
      known?.key.revokedAt == null
        ? 'This key is known already.'
        : 'This key was revoked. A revoked key stays so: import or create another one.',
    );
  });
}

/** What the store gets of a key: all but the key. */
export function newKey(
  secret: string,
  pepper: string,
  made: Pick<NewKey, 'accountId' | 'now'>,
  limits: Limits,
): NewKey {
  return {
    ...made,
    id: randomUUID(),
    packageId: limits.package ?? null,
    hash: hashKey(secret, pepper),
    hint: hintOf(secret),
    label: limits.label,
    taskTypes: limits.types ?? null,
    addresses: limits.addresses ?? null,
    dailyCap: limits.dailyCap ?? null,
    dialect: limits.dialect ?? null,
    isTest: limits.test ?? false,
    expiresAt: limits.expires?.(made.now) ?? null,
  };
}

function describe(keys: Key[]): string {
  return table(
    [
      'key',
      'id',
      'account',
      'package',
      'label',
      'types',
      'addresses',
      'daily cap',
      'dialect',
      'test',
      'expires',
      'revoked',
    ],
    keys.map((k) => [
      k.hint,
      k.id,
      k.accountId,
      k.packageId ?? '–',
      k.label,
      k.taskTypes?.join(',') ?? 'all',
      k.addresses?.join(',') ?? 'all',
      k.dailyCap === null ? '–' : formatUsd(k.dailyCap),
      k.dialect ?? '–',
      k.isTest ? 'yes' : '–',
      moment(k.expiresAt),
      moment(k.revokedAt),
    ]),
  );
}
