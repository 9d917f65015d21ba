import { fileURLToPath } from 'node:url';

const pathOf = (name: string) => fileURLToPath(new URL(`../examples/${name}`, import.meta.url));

/** An image that comes with Legible, and what it says: for the first curl line and for doctor. */
export const example = { file: pathOf('common.png'), text: 'hR4nTe' };

/** Likewise a picture of a clock, and one with what its prompt asks to be clicked, in pixels and in that order. */
export const clock = pathOf('clock.png');
export const clicks = {
  picture: pathOf('puzzles/click.jpg'),
  prompt: pathOf('puzzles/click.prompt.png'),
  places: [
    { x: 60, y: 50 },
    { x: 215, y: 120 },
    { x: 130, y: 90 },
  ],
};
