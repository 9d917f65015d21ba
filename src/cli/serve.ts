import { Command } from 'commander';
import type { Running } from '../running/main.ts';
import { welcomeText } from '../running/welcome.ts';
import { loadConfig } from '../settings/loadConfig.ts';
import { version } from '../version.ts';
import { print, show } from './output.ts';
import { explainedBy } from './session.ts';

export function serveCommand(): Command {
  return new Command('serve')
    .description('run the server until SIGTERM or SIGINT')
    .option('--json', 'print where it answers, and the first key, as JSON')
    .action(async (options: { json?: boolean }) => {
      const config = loadConfig();
      // Not imported above: the other commands start without Fastify, sharp and the models.
      const { serve } = await import('../running/serve.ts');
      const greet = ({ url, opsUrl, dialectPorts, firstKey }: Running) => {
        const tell = firstKey ? print : show;
        tell(options, { url, opsUrl, dialectPorts, firstKey: firstKey ?? null }, () =>
          [
            firstKey ? welcomeText(firstKey, url) : `Legible ${version} answers on ${url}`,
            ...Object.entries(dialectPorts).map(([name, port]) => `and as ${name} on port ${port}`),
          ].join('\n'),
        );
      };
      await serve(config, greet).catch((error: unknown) => {
        throw explainedBy(config, error);
      });
    });
}
