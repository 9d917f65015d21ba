import { fileURLToPath } from 'node:url';

/** An image that comes with Legible, and what it says: for the first curl line and for doctor. */
export const example = {
  file: fileURLToPath(new URL('../examples/common.png', import.meta.url)),
  text: 'hR4nTe',
};
