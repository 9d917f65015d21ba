import { sql } from 'kysely';

/** In the very words of the index `task_open`, which serves no query that says it with bound values. */
export const isOpen = sql<boolean>`state in ('queued', 'running')`;
