import type { Call } from '../../src/store/operations.ts';
import { dayMs } from './engines.ts';

interface ReferenceTask {
  state: 'queued' | 'running' | 'ready' | 'failed';
  accountId: string;
  isOfPackage: boolean;
  price: number;
  day: number;
  payload: string | null;
  lease: number;
  deaths: number;
  node: string;
  polls: number;
  deadline: number;
  expiresAt: number;
}

/**
 * What the books must say, in plain variables: the store's rules once more, with none of its queries. Calls
 * that the store would throw at are not asked.
 */
export class Reference {
  accounts: Record<string, { posted: number; pending: number }> = {};
  keys: Record<string, { day: number; spent: number }> = {};
  callsLeft: number;
  tasks = new Map<string, ReferenceTask>();

  constructor(accounts: string[], money: number, calls: number) {
    for (const id of accounts) {
      this.accounts[id] = { posted: money, pending: 0 };
      this.keys[`key-${id}`] = { day: 0, spent: 0 };
    }
    this.callsLeft = calls;
  }

  copy(): Reference {
    return Object.assign(Object.create(Reference.prototype), structuredClone({ ...this }));
  }

  apply(call: Call): unknown {
    switch (call.name) {
      case 'topUp':
        return this.topUp(call.args[0].accountId, call.args[0].amount);
      case 'reserve':
        return this.reserve(call.args[0], call.args[1]);
      case 'settle':
        return this.settle(call.args[0]);
      case 'release':
        return this.release(call.args[0].taskId, call.args[0].lease);
      case 'poll':
        return this.poll(call.args[0]);
      case 'take':
        return this.take(...call.args);
      case 'sweep':
        return this.sweep(call.args[0]);
      case 'repair':
        return this.repair(call.args[0]);
      default:
        throw new Error(`the reference knows no ${call.name}`);
    }
  }

  private topUp(accountId: string, amount: number) {
    const account = this.accounts[accountId]!;
    if (account.posted + amount < account.pending) return undefined;
    account.posted += amount;
    return { ...account };
  }

  private reserve(hold: Extract<Call, { name: 'reserve' }>['args'][0], node: string) {
    const { price, packageId, dailyCap, now } = hold;
    const account = this.accounts[hold.accountId]!;
    const key = this.keys[hold.keyId]!;
    let day = 0;
    if (price > 0) {
      const today = Math.floor(now / dayMs);
      // Over one midnight a clock may step back; a count from further ahead was a wrong clock's.
      const isCounted = key.day === today || key.day === today + 1;
      day = isCounted ? key.day : today;
      const spent = isCounted ? key.spent : 0;
      if (dailyCap !== null && spent + price > dailyCap) return 'dailyCapReached';
      if (account.posted - account.pending < price) {
        // The day has turned all the same.
        this.keys[hold.keyId] = { day, spent };
        return 'zeroBalance';
      }
      this.keys[hold.keyId] = { day, spent: spent + price };
      account.pending += price;
    }
    if (packageId !== null) {
      if (this.callsLeft === 0) return 'noCallsLeft';
      this.callsLeft--;
    }
    const { accountId, state, payload, deadline, expiresAt } = hold;
    const task = { state, accountId, price, day, payload, node, deadline, expiresAt };
    this.tasks.set(hold.taskId, { ...task, isOfPackage: packageId !== null, lease: 1, deaths: 0, polls: 0 });
    return 'held';
  }

  private settle({ taskId, lease, now }: { taskId: string; lease: number; now: number }) {
    const task = this.tasks.get(taskId);
    if (task?.state !== 'running' || (lease !== undefined && task.lease !== lease) || task.deadline <= now)
      return false;
    task.state = 'ready';
    this.accounts[task.accountId]!.posted -= task.price;
    this.accounts[task.accountId]!.pending -= task.price;
    return true;
  }

  private release(taskId: string, lease: number | undefined) {
    const task = this.tasks.get(taskId);
    if (!task || !isOpen(task) || (lease !== undefined && task.lease !== lease)) return false;
    task.state = 'failed';
    this.accounts[task.accountId]!.pending -= task.price;
    const key = this.keys[`key-${task.accountId}`]!;
    if (key.day === task.day) key.spent = Math.max(0, key.spent - task.price);
    if (task.isOfPackage) this.callsLeft++;
    return true;
  }

  private poll(query: { taskId: string; accountId: string; now: number; maxPolls: number | null }) {
    const task = this.tasks.get(query.taskId);
    if (!task || task.accountId !== query.accountId) return undefined;
    const { maxPolls } = query;
    if (task.expiresAt <= query.now || (maxPolls !== null && task.polls >= maxPolls)) return undefined;
    if (maxPolls !== null) task.polls++;
    return { state: task.state, polls: task.polls };
  }

  private take(node: string, { now, busyAccounts }: { now: number; busyAccounts: readonly string[] }) {
    const queued = [...this.tasks].filter(
      ([, task]) => task.state === 'queued' && task.deadline > now && !busyAccounts.includes(task.accountId),
    );
    const [next] = queued.sort(([, a], [, b]) => a.deadline - b.deadline);
    if (next === undefined) return undefined;
    const [taskId, task] = next;
    Object.assign(task, { state: 'running', lease: task.lease + 1, node });
    return { taskId, lease: task.lease };
  }

  private sweep(now: number) {
    let timedOut = 0;
    let forgotten = 0;
    for (const [id, task] of this.tasks)
      if (isOpen(task) && task.deadline <= now && this.release(id, task.lease)) timedOut++;
    for (const [id, task] of [...this.tasks])
      if (!isOpen(task) && task.expiresAt <= now && this.tasks.delete(id)) forgotten++;
    return { timedOut, forgotten };
  }

  private repair(node: string) {
    const orphans = [...this.tasks].filter(([, task]) => task.state === 'running' && task.node !== node);
    for (const [id, task] of orphans) {
      if (task.payload !== null && ++task.deaths < 2) {
        task.state = 'queued';
        task.lease++;
      } else this.release(id, task.lease);
    }
    return orphans.length;
  }
}

function isOpen(task: ReferenceTask): boolean {
  return task.state === 'queued' || task.state === 'running';
}
