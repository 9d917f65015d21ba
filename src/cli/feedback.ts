import { Command } from 'commander';
import { whole } from './arguments.ts';
import { moment, show, table } from './output.ts';
import { withStore } from './session.ts';

export function feedbackCommand(): Command {
  const feedback = new Command('feedback').description('what clients said of their answers: list');

  feedback
    .command('list')
    .description('the latest reports, newest first')
    .option('--wrong', 'only those that call an answer wrong', false)
    .option('--limit <n>', 'at most so many', whole, 50)
    .option('--json', 'print JSON')
    .action(async ({ wrong, limit, json = false }: { wrong: boolean; limit: number; json?: boolean }) => {
      const reports = await withStore(({ store }) => store.listFeedback({ wrong, limit }));
      const rows = reports.map((r) => [
        moment(r.at),
        r.invalid ? 'wrong' : 'right',
        r.account,
        [r.type, r.module].filter(Boolean).join(' ') || '–',
        r.taskId,
        [r.code, r.message].filter((part) => part !== null).join(' ') || '–',
      ]);
      show({ json }, reports, () => table(['at', 'answer', 'account', 'task', 'id', 'said'], rows));
    });

  return feedback;
}
