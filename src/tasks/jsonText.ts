import { excessOf } from '../excess.ts';

/** In characters; as many bytes as a site may answer with. */
const mostText = 64 * 1024;

/** What a JSON text says, or why it is not read: too much of it would hold up everybody else's requests. */
export function parseJsonText(text: string): { value: unknown } | { refused: string } {
  if (text.length > mostText) return { refused: `is longer than ${mostText} characters` };
  const excess = excessOf(text, Buffer.from(text));
  if (excess !== undefined) return { refused: excess };
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { refused: 'is not JSON' };
  }
}
