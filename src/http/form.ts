import { Busboy } from '@fastify/busboy';
import { invalid } from '../flow/validate.ts';

/** Of a form: the contract names some 30 fields, and an image fits into the body's own bound. */
const mostFields = 100;
const mostBytes = Number.MAX_SAFE_INTEGER;

/**
 * The fields of a form, urlencoded or multipart, as texts; files as base64. Of a name that comes twice, the last.
 * @throws Fault ERROR_INVALID_TASK_DATA for what is no such form
 */
export function parseForm(bytes: Buffer, type: string): Promise<Record<string, string>> {
  const { promise, resolve, reject } = Promise.withResolvers<Record<string, string>>();
  const fields: Record<string, string> = Object.create(null);
  const refuse = () => reject(invalid('request body must be a form'));
  const limits = { fields: mostFields, files: mostFields, parts: 2 * mostFields, fieldSize: mostBytes };
  try {
    const reader = new Busboy({ headers: { 'content-type': type }, limits });
    reader.on('field', (name, value) => {
      fields[name] = value;
    });
    reader.on('file', (name, stream) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        fields[name] = Buffer.concat(chunks).toString('base64');
      });
      stream.on('error', refuse);
    });
    reader.on('error', refuse);
    reader.on('finish', () => resolve(fields));
    reader.end(bytes);
  } catch {
    // A type that it does not know, or without its boundary.
    refuse();
  }
  return promise;
}
