import { Fault } from '../fault.ts';
import type { Sandbox } from './sandbox.ts';
import type { Script } from './script.ts';
import type { Arrived, Caller, Identified } from './stages.ts';
import type { Steps } from './steps.ts';

/** Makes the way of every request to its method, and of the calls of the sandbox to what stands in its place. */
export function admission(
  { authenticate, protection }: Pick<Steps, 'authenticate' | 'protection'>,
  sandbox: Sandbox,
) {
  /** @throws Fault ERROR_KEY_DENIED_ACCESS, ERROR_BAD_REQUEST where a key asks for the sandbox that may not */
  async function identify(arrived: Arrived): Promise<Identified> {
    const script = sandbox.ofKey(arrived);
    if (script !== undefined) return { caller: sandbox.visitor(arrived), script };
    const began = performance.now();
    const caller = await authenticate(arrived);
    arrived.aside.took('authenticate', began);
    return { caller, script: sandbox.ofHeader(caller) };
  }

  /** key block → method, whose mistakes count against the key; those of the sandbox count against nobody. */
  async function perform<T>(
    { caller, script }: Identified,
    method: (caller: Caller) => Promise<T>,
    staged: (caller: Caller, script: Script) => Promise<T>,
  ): Promise<T> {
    if (script !== undefined) return sandbox.play(script, () => staged(caller, script));
    const keyId = caller.principal.key.id;
    protection.refuseBlocked(keyId);
    try {
      return await method(caller);
    } catch (error) {
      if (error instanceof Fault) protection.countForKey(keyId, error.code);
      throw error;
    }
  }

  /** authenticate → key block → method. */
  async function admit<T>(
    arrived: Arrived,
    method: (caller: Caller) => Promise<T>,
    staged: (caller: Caller, script: Script) => Promise<T>,
  ): Promise<T> {
    return perform(await identify(arrived), method, staged);
  }

  return { identify, perform, admit };
}
