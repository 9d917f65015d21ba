import type { IncomingMessage } from 'node:http';
import { Fault } from '../fault.ts';
import { networkOf } from '../flow/network.ts';
import { silenceMs } from './lingering.ts';
import { smallest, UnfinishedBodies } from './unfinishedBodies.ts';
import { badRequest } from './wireFault.ts';

interface BodyLimits {
  /** Bytes of one body. */
  bodyLimitBytes: number;
  /** Bytes of bodies that have not arrived in full, of one address or /64, and of all. */
  unfinishedOfOne?: number;
  unfinishedOfAll?: number;
}

const mebibyte = 2 ** 20;
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

type Done = (error: Error | null, bytes?: Buffer) => void;

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
  const unfinished = new UnfinishedBodies({ ofOne: unfinishedOfOne, ofAll: unfinishedOfAll });

  /** Tells `done` the bytes of a body that has arrived, or Fault ERROR_BAD_REQUEST or ERROR_SERVICE_UNAVALIABLE. */
  return function read(message: IncomingMessage, address: string, done: Done): void {
    const network = networkOf(address);
    const body = new ArrivingBody(message, done, { most: bodyLimitBytes, network, unfinished });
    message
      .on('data', (piece: Buffer) => body.take(piece))
      .on('end', () => body.finish())
      .on('error', (error) => body.end(error));
  };
}

/** The body of one request, from its head to its end. */
class ArrivingBody {
  readonly #message: IncomingMessage;
  readonly #done: Done;
  readonly #most: number;
  readonly #network: string;
  readonly #unfinished: UnfinishedBodies;
  /** Bytes that its head names; NaN where it names none. */
  readonly #announced: number;
  /** With room for more than has come. */
  #bytes: Buffer = Buffer.allocUnsafe(0);
  /** Bytes and pieces that have come. */
  #length = 0;
  #pieces = 0;
  /** What it is refused with, once it has been read on. */
  #refusal: Fault | null = null;
  #silence: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(
    message: IncomingMessage,
    done: Done,
    { most, network, unfinished }: { most: number; network: string; unfinished: UnfinishedBodies },
  ) {
    this.#message = message;
    this.#done = done;
    this.#most = most;
    this.#network = network;
    this.#unfinished = unfinished;
    this.#announced = Number(message.headers['content-length'] ?? Number.NaN);
    if (this.#announced > most) this.#refuse(this.#tooLarge());
  }

  take(piece: Buffer): void {
    this.#pieces++;
    if (this.#isOver) this.#throwAway(piece);
    else if (piece.length === this.#announced && piece.length <= smallest) {
      // Most bodies: all at once, and small. They need no buffer of their own.
      this.#bytes = piece;
      this.#length = piece.length;
    } else this.#takeNext(piece);
  }

  #takeNext(piece: Buffer): void {
    const next = this.#length + piece.length;
    if (this.#pieces > mostPieces + next / bytesOfPiece) {
      this.end(badRequest('the body comes in too many pieces'));
      return;
    }
    this.#keep(piece, next);
    this.#length = next;
    this.#silence?.refresh();
    const known = Math.max(next, this.#announced || 0);
    if (this.#refusal !== null && known > largestBodiesReadOn * this.#most) this.end(this.#refusal);
  }

  /** No more of it comes. */
  finish(): void {
    const isAsAnnounced = Number.isNaN(this.#announced) || this.#announced === this.#length;
    const cut = isAsAnnounced ? null : badRequest('Content-Length is not the length of the body');
    this.end(this.#refusal ?? cut);
  }

  end(error: Error | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#silence);
    this.#unfinished.hold(this.#network, 0, this.#bytes.length);
    const whole = this.#bytes.subarray(0, this.#length);
    // The listeners live as long as the request, which may wait for minutes.
    this.#bytes = Buffer.alloc(0);
    if (error === null) this.#done(null, whole);
    else this.#done(error);
  }

  /** What comes of a body that is refused; each piece is an event all the same. */
  #throwAway(piece: Buffer): void {
    this.#length += piece.length;
    if (this.#pieces > 2 * mostPieces + this.#length / bytesOfPiece) this.#message.socket.destroy();
  }

  /** Copies a piece, after which `next` bytes have come, or refuses the body. */
  #keep(piece: Buffer, next: number): void {
    if (next > this.#most) this.#refuse(this.#tooLarge());
    if (this.#refusal === null && next > this.#bytes.length && !this.#grow(next)) this.#refuse(tooMuch());
    if (this.#refusal === null) piece.copy(this.#bytes, this.#length);
  }

  /** Holds none of it any more; it is answered at its end, or once its client is silent. */
  #refuse(why: Fault): void {
    this.#refusal ??= why;
    this.#silence ??= setTimeout(() => this.end(why), silenceMs).unref();
    this.#unfinished.hold(this.#network, 0, this.#bytes.length);
    this.#bytes = Buffer.allocUnsafe(0);
  }

  /** False where there is no room for the needed bytes. */
  #grow(needed: number): boolean {
    // At most twice what has come, whatever length is announced: to announce one costs a client nothing.
    const room = Math.min(Math.max(2 * needed, smallest), Math.max(this.#announced || this.#most, needed));
    if (!this.#unfinished.hasRoomFor(this.#network, room)) return false;
    this.#unfinished.hold(this.#network, room, this.#bytes.length);
    const larger = Buffer.allocUnsafe(room);
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
    return true;
  }

  #tooLarge(): Fault {
    return badRequest(`the body is larger than ${this.#most} bytes`, 'bodyTooLarge');
  }
}

function tooMuch(): Fault {
  const detail = 'too many requests are arriving at once';
  return new Fault('ERROR_SERVICE_UNAVALIABLE', { detail, retryAfterMs: 1_000 });
}
