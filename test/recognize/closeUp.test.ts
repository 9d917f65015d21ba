import { expect, test } from 'vitest';
import { closeUp } from '../../src/recognize/closeUp.ts';
import { type Box, crop } from '../../src/recognize/crop.ts';

/** White, with a coloured checker in a box; framed in black if asked. */
function picture(width: number, height: number, box: Box, framed = false) {
  const rgb = new Uint8Array(width * height * 3).fill(255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      const inside = x >= box.left && x < box.right && y >= box.top && y < box.bottom;
      const checked = (Math.floor(x / 3) + Math.floor(y / 4)) % 2 === 0;
      if (inside && checked) rgb.set([(x * 37) % 256, (y * 59) % 256, (x * y) % 256], at);
      if (framed && (x === 0 || y === 0 || x === width - 1 || y === height - 1)) rgb.fill(0, at, at + 3);
    }
  }
  return { width, height, rgb };
}

const text = { left: 40, top: 20, right: 70, bottom: 34 };

// The boxes are those that training/closeup.py finds: the net was trained on what it cuts.
test.each([
  ['is cut out with a margin', picture(100, 50, text), { left: 37, top: 16, right: 73, bottom: 37 }],
  ['is found within a frame', picture(100, 50, text, true), { left: 37, top: 16, right: 73, bottom: 37 }],
  [
    'near the edge has less of a margin there',
    picture(60, 40, { left: 3, top: 12, right: 40, bottom: 26 }),
    { left: 0, top: 8, right: 42, bottom: 29 },
  ],
])('small text %s', (_name, image, box) => {
  expect(closeUp(image)).toEqual(crop(image, box));
});

test.each([
  ['large text', picture(100, 50, { left: 5, top: 5, right: 95, bottom: 45 })],
  ['nothing but a frame', picture(100, 50, { left: 0, top: 0, right: 0, bottom: 0 }, true)],
  ['hardly any pixels', picture(6, 6, { left: 0, top: 0, right: 6, bottom: 6 })],
])('a picture with %s is left whole', (_name, image) => {
  expect(closeUp(image)).toBe(image);
});

test('a crop keeps the pixels of its box', () => {
  const image = { width: 3, height: 2, rgb: Uint8Array.from({ length: 18 }, (_, i) => i) };
  expect(crop(image, { left: 1, top: 1, right: 3, bottom: 2 })).toEqual({
    width: 2,
    height: 1,
    rgb: Uint8Array.from([12, 13, 14, 15, 16, 17]),
  });
});
