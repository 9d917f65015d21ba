import type { IncomingMessage } from 'node:http';
import { Fault } from '../fault.ts';
import { networksOf } from '../flow/network.ts';
import { silenceMs } from './lingering.ts';
import { badRequest } from './wireFault.ts';

interface BodyLimits {
  /** Bytes of one body. */
  bodyLimitBytes: number;
  /** Bytes of bodies that have not arrived in full, of one address or /64, and of all. */
  unfinishedOfOne?: number;
  unfinishedOfAll?: number;
}

const mebibyte = 2 ** 20;
/** Bodies of up to so many bytes are not counted: the number of connections bounds those. */
const smallest = 16 * 1024;
/**
 * Pieces that a body may come in, and one more for every 32 bytes: a client may write it in lines of base64, or in other
 * small pieces. In chunks of one byte 6 MB are a million events, and would take a gigabyte if each were kept.
 */
const mostPieces = 1_000;
const bytesOfPiece = 32;
/**
 * A body that is refused is read on, to this many times the size of the largest, before it is answered: clients that
 * write all before they read would be reset otherwise, and never told.
 */
const largestBodiesReadOn = 4;

/**
 * Makes the function that reads a body into one buffer. What the buffers of unfinished bodies hold together is bounded:
 * clients that begin bodies and do not end them cost memory before anybody knows their key.
 */
export function bodyReader({
  bodyLimitBytes,
  // While a buffer grows, the old one and the new one are held.
  unfinishedOfOne = Math.max(64 * mebibyte, 2 * bodyLimitBytes),
  unfinishedOfAll = Math.max(512 * mebibyte, 8 * bodyLimitBytes),
}: BodyLimits) {
  const heldBy = new Map<string, number>();
  let heldByAll = 0;

  /** Counts a body of `next` bytes where one of `previous` was counted. */
  function hold(network: string, next: number, previous: number): void {
    const bytes = (next > smallest ? next : 0) - (previous > smallest ? previous : 0);
    if (bytes === 0) return;
    heldByAll += bytes;
    const held = (heldBy.get(network) ?? 0) + bytes;
    if (held === 0) heldBy.delete(network);
    else heldBy.set(network, held);
  }

  /** Tells `done` the bytes of a body that has arrived, or Fault ERROR_BAD_REQUEST or ERROR_SERVICE_UNAVALIABLE. */
  return function read(
    body: IncomingMessage,
    address: string,
    done: (error: Error | null, bytes?: Buffer) => void,
  ): void {
    const network = networksOf(address)[0]!.name;
    const announced = Number(body.headers['content-length'] ?? Number.NaN);
    const tooLarge = () => badRequest(`the body is larger than ${bodyLimitBytes} bytes`, 'bodyTooLarge');
    let refusal: Fault | null = null;
    let silence: NodeJS.Timeout | undefined;
    let bytes: Buffer = Buffer.allocUnsafe(0);
    let length = 0;
    let pieces = 0;
    let isOver = false;

    function end(error: Error | null): void {
      if (isOver) return;
      isOver = true;
      if (silence !== undefined) clearTimeout(silence);
      hold(network, 0, bytes.length);
      const whole = bytes.subarray(0, length);
      // The listeners live as long as the request, which may wait for minutes.
      bytes = Buffer.alloc(0);
      if (error === null) done(null, whole);
      else done(error);
    }
    function take(piece: Buffer): void {
      pieces++;
      // What comes of a body that is refused is thrown away; each piece is an event all the same.
      if (isOver) {
        length += piece.length;
        if (pieces > 2 * mostPieces + length / bytesOfPiece) body.socket.destroy();
        return;
      }
      if (piece.length === announced && announced <= smallest) {
        // Most bodies: all at once, and small. They need no buffer of their own.
        bytes = piece;
        length = announced;
        return;
      }
      const next = length + piece.length;
      if (pieces > mostPieces + next / bytesOfPiece) {
        end(badRequest('the body comes in too many pieces'));
        return;
      }
      if (next > bodyLimitBytes) refuse(tooLarge());
      else if (next > bytes.length && refusal === null && !grow(next)) refuse(tooMuch());
      if (refusal === null) piece.copy(bytes, length);
      length = next;
      silence?.refresh();
      if (refusal !== null && Math.max(length, announced || 0) > largestBodiesReadOn * bodyLimitBytes)
        end(refusal);
    }
    function refuse(why: Fault): void {
      refusal ??= why;
      silence ??= setTimeout(() => end(why), silenceMs).unref();
      hold(network, 0, bytes.length);
      bytes = Buffer.allocUnsafe(0);
    }
    function grow(needed: number): boolean {
      // At most twice what has come, whatever length is announced: to announce one costs a client nothing.
      const room = Math.min(Math.max(2 * needed, smallest), Math.max(announced || bodyLimitBytes, needed));
      if (room > smallest) {
        if (heldByAll + room > unfinishedOfAll) return false;
        if ((heldBy.get(network) ?? 0) + room > unfinishedOfOne) return false;
      }
      hold(network, room, bytes.length);
      const larger = Buffer.allocUnsafe(room);
      bytes.copy(larger, 0, 0, length);
      bytes = larger;
      return true;
    }
    function finish(): void {
      const isAsAnnounced = Number.isNaN(announced) || announced === length;
      end(refusal ?? (isAsAnnounced ? null : badRequest('Content-Length is not the length of the body')));
    }
    body.on('data', take).on('end', finish).on('error', end);
    if (announced > bodyLimitBytes) refuse(tooLarge());
  };
}

function tooMuch(): Fault {
  const detail = 'too many requests are arriving at once';
  return new Fault('ERROR_SERVICE_UNAVALIABLE', { detail, retryAfterMs: 1_000 });
}
