import { type Engine, StoreError } from './engine.ts';
import type { PollQuery, TaskRecord } from './store.ts';

/** A poll as it is counted; a full disk keeps it from that, and shall not keep what was paid for from being read. */
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
