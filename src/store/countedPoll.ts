import { type Engine, StoreError } from './engine.ts';
import type { PollQuery, TaskRecord } from './records.ts';

/** Polls and counts it; on a full disk, which takes no count, it polls without: what was paid for must stay readable. */
export async function countedPoll(
  engine: Pick<Engine, 'call'>,
  query: PollQuery,
): Promise<TaskRecord | undefined> {
  const { maxPolls } = query;
  try {
    return await engine.call('poll', query);
  } catch (error) {
    if (maxPolls === null || !(error instanceof StoreError) || error.code !== 'SQLITE_FULL') throw error;
    const found = await engine.call('poll', { ...query, maxPolls: null });
    return found !== undefined && found.polls < maxPolls ? found : undefined;
  }
}
