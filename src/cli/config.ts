import { Command } from 'commander';
import { settings } from '../settings/config.ts';
import { traceConfig } from '../settings/loadConfig.ts';
import { show, table } from './output.ts';

export function configCommand(): Command {
  const config = new Command('config').description('every setting, its value and where that comes from');

  config.option('--json', 'print JSON').action((options: { json?: boolean }) => {
    const traced = traceConfig();
    const shown = settings.map(({ name, variable, description, secret }) => {
      const value = traced.config[name];
      return {
        name,
        value: secret && value !== undefined ? '********' : value,
        source: traced.sources[name],
        variable,
        description,
      };
    });
    show(options, shown, () =>
      table(
        ['setting', 'value', 'from', 'what it is'],
        shown.map((s) => [s.name, cut(display(s.value)), s.source, s.description]),
      ),
    );
  });

  config
    .command('check')
    .description('say what is wrong with the configuration; exit status 1 when something is')
    // Beside the same option of its parent, which would take it unseen: --help shows a command's own alone.
    .option('--json', 'print JSON')
    .action((_options: unknown, command: Command) => {
      traceConfig();
      show(command.optsWithGlobals(), { ok: true }, () => 'The configuration is right');
    });

  return config;
}

/** The prices of all types would push every other column off the screen; --json has them whole. */
const widest = 40;

function cut(text: string): string {
  return text.length > widest ? `${text.slice(0, widest - 1)}…` : text;
}

function display(value: unknown): string {
  if (value === undefined) return '–';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
