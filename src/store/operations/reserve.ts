import { sql } from 'kysely';
import type { NewHold, ReserveOutcome } from '../records.ts';
import { greatestAmount } from '../schema.ts';
import { change, first, type Operation, statement } from '../statement.ts';
import { writeForTask } from './entries.ts';
import { recall, remember } from './idempotency.ts';
import { giveBackSpending } from './release.ts';

/** The check stands inside the write: whoever reads first and writes then lets racers spend a cent twice. */
const holdMoney = statement((db, p: { accountId: string; price: number }) =>
  db
    .updateTable('account')
    .set((eb) => ({ pending: eb('pending', '+', p.price) }))
    .where('id', '=', p.accountId)
    .where((eb) => eb(eb('posted', '-', eb.ref('pending')), '>=', p.price)),
);

const takeCall = statement((db, p: { packageId: string; accountId: string; now: number }) =>
  db
    .updateTable('package')
    .set((eb) => ({ calls_left: eb('calls_left', '-', 1) }))
    .where('id', '=', p.packageId)
    .where('account_id', '=', p.accountId)
    .where('calls_left', '>', 0)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', p.now)])),
);

/**
 * The day moves on, and back only from where a wrong clock has put it: over one midnight a clock may step back, and
 * would give the cap a second time.
 */
const takeSpending = statement((db, p: { keyId: string; price: number; cap: number; today: number }) => {
  const isCounted = sql<boolean>`day between ${p.today} and ${p.today} + 1`;
  const spentBefore = sql<number>`case when ${isCounted} then spent else 0 end`;
  return db
    .updateTable('api_key')
    .set({
      day: sql<number>`case when ${isCounted} then day else ${p.today} end`,
      spent: sql<number>`${spentBefore} + ${p.price}`,
    })
    .where('id', '=', p.keyId)
    .where(sql<boolean>`${spentBefore} <= ${p.cap}`)
    .returning('day');
});

const insertTask = statement(
  (db, p: Omit<NewHold, 'dailyCap' | 'idempotency'> & { name: string | null; day: number; node: string }) =>
    db.insertInto('task').values({
      id: p.taskId,
      account_id: p.accountId,
      key_id: p.keyId,
      package_id: p.packageId,
      type: p.type,
      module: p.module,
      state: p.state,
      price: p.price,
      day: p.day,
      payload: p.payload,
      callback_url: p.callbackUrl,
      dialect: p.dialect,
      address: p.address,
      idempotency: p.name,
      lease: 1,
      node: p.node,
      created_at: p.now,
      deadline: p.deadline,
      expires_at: p.expiresAt,
    }),
);

/** Inserts a task and holds what it costs: money of its account, or a call of its package. */
export function* reserve(hold: NewHold, node: string): Operation<ReserveOutcome> {
  const { taskId, accountId, keyId, packageId, price, idempotency, now } = hold;
  if (!Number.isSafeInteger(price) || price < 0) throw new RangeError('a price is not whole micro-USD');
  if (packageId !== null && price !== 0) throw new RangeError('a task of a package costs no money');

  const before = idempotency && (yield* recall({ keyId, idempotency, now }));
  if (before) return before;

  let day = 0;
  if (price > 0) {
    const cap = (hold.dailyCap ?? greatestAmount) - price;
    const counted = yield* first(takeSpending, { keyId, price, cap, today: utcDay(now) });
    if (counted === undefined) return 'dailyCapReached';
    day = counted.day;
    if ((yield* change(holdMoney, { accountId, price })) === 0) {
      yield* giveBackSpending({ key_id: keyId, day, price });
      return 'zeroBalance';
    }
  }
  if (packageId !== null && (yield* change(takeCall, { packageId, accountId, now })) === 0)
    return 'noCallsLeft';

  yield* change(insertTask, { ...hold, name: idempotency?.name ?? null, day, node });
  if (idempotency !== null) yield* remember(keyId, idempotency, hold);
  const holding = { id: taskId, account_id: accountId, key_id: keyId, package_id: packageId, price, day };
  yield* writeForTask('reserve', holding, now);
  return 'held';
}

function utcDay(time: number): number {
  return Math.floor(time / 86_400_000);
}
