import type { AddressInfo } from 'node:net';
import { Command, CommanderError } from 'commander';
import { ConfigError } from '../settings/loadConfig.ts';
import { suggestion } from '../settings/suggestion.ts';
import { isAway, isInDoubt, tookTooLong } from '../store/engine.ts';
import { UserError } from '../userError.ts';
import { version } from '../version.ts';
import { accountCommand } from './account.ts';
import { backupCommand } from './backup.ts';
import { banCommand } from './ban.ts';
import { configCommand } from './config.ts';
import { doctorCommand } from './doctor.ts';
import { feedbackCommand } from './feedback.ts';
import { keyCommand } from './key.ts';
import { tellLostOutput } from './lostOutput.ts';
import { printable } from './output.ts';
import { packageCommand } from './package.ts';
import { restoreCommand } from './restore.ts';
import { serveCommand } from './serve.ts';
import { solveCommand } from './solve.ts';
import { tellAsJson, tellError } from './telling.ts';
import { topupCommand } from './topup.ts';

const commands = [
  serveCommand,
  solveCommand,
  accountCommand,
  keyCommand,
  packageCommand,
  topupCommand,
  banCommand,
  feedbackCommand,
  doctorCommand,
  backupCommand,
  restoreCommand,
  configCommand,
];

tellLostOutput();

/** Runs one command line; a failure is told on standard error and in the exit status. */
export async function run(argv: readonly string[]): Promise<void> {
  // Databases, the pepper and backups are for their owner alone.
  process.umask(0o077);
  const asJson = argv.includes('--json');
  tellAsJson(asJson);
  const program = new Command('legible')
    .description('Recognition server for your own machine')
    .version(version)
    .showHelpAfterError(asJson ? false : '(add --help for what is possible)')
    .configureOutput({
      outputError: (lines, write) => asJson || write(lines.split('\n').map(printable).join('\n')),
    })
    // Its way out is process.exit, which aborts when a thread is inside onnxruntime.
    .exitOverride();
  for (const command of commands) program.addCommand(inherit(command(), program));
  try {
    refuseHelpOnNothing(program, argv);
    await program.parseAsync(argv);
  } catch (error) {
    const isCommanders = error instanceof CommanderError;
    process.exitCode = isCommanders ? error.exitCode : 1;
    if (process.exitCode === 0) return; // It was asked for help or the version.
    if (asJson) tellError(messageOf(error));
    else if (!isCommanders && isPlain(error)) tellError(printed(error));
    else if (!isCommanders) console.error(error);
  }
}

function inherit(command: Command, from: Command): Command {
  for (const inner of command.commands) inherit(inner, from);
  return command.copyInheritedSettings(from);
}

/** Commander answers `help` on a command that there is not with all that there are, and success. */
function refuseHelpOnNothing({ commands }: Command, [, , word, asked]: readonly string[]): void {
  if (word !== 'help' || asked === undefined || asked.startsWith('-')) return;
  const names = commands.map((command) => command.name());
  if (names.includes(asked) || asked === 'help') return;
  throw new UserError(`there is no command ${asked}${suggestion(asked, names)}`);
}

function messageOf(error: unknown): string {
  const { code, address, port, message } = error as NodeJS.ErrnoException & Partial<AddressInfo>;
  if (code === 'EADDRINUSE')
    return `${address}:${port} is in use already: stop what listens there, or set another port, opsPort or one of dialectPorts (LEGIBLE_PORT, LEGIBLE_OPS_PORT, LEGIBLE_DIALECT_PORTS)`;
  // These come from the name or address to listen at: what is called later has words of its own.
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `${message}: host and opsHost (LEGIBLE_HOST, LEGIBLE_OPS_HOST) are addresses of this machine`;
  if (isInDoubt(error))
    return `the database did not answer (${message}). What was asked for may have been done all the same: look before you ask again`;
  if (isAway(error)) return `the database cannot be reached (${message})`;
  if (tookTooLong(error))
    return `another holds what this needs in the database, or that is too slow (${message}): nothing was changed, try again`;
  return String(message ?? error).replace(/^error: /, '');
}

/** One line, of a configuration one for each mistake. */
function printed(error: Error): string {
  if (error instanceof ConfigError) return new ConfigError(error.problems.map(printable)).message;
  return printable(messageOf(error));
}

/** Whose message tells all: mistakes of the user, and what the machine says (no such file, address in use). */
function isPlain(error: unknown): error is Error {
  if (error instanceof UserError || error instanceof ConfigError) return true;
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string';
}
