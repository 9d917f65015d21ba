import { Command } from 'commander';
import { loadConfig } from '../config.ts';

export function serveCommand(): Command {
  return new Command('serve').description('run the server until SIGTERM or SIGINT').action(async () => {
    const config = loadConfig();
    // Not imported above: the other commands start without Fastify, sharp and the models.
    const { serve } = await import('../main.ts');
    await serve(config);
  });
}
