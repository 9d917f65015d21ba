import { extname } from 'node:path';
import { printable } from '../cli/output.ts';
import { isNoImage, openImage, saidOf } from './givenUp.ts';
import type { Read } from './score.ts';

/**
 * One HTML file that needs no other: every image that was misread, with its label and its reading. In pieces, since all
 * images together can be more than a string holds.
 */
export function* contactSheet(misses: ReadonlyMap<string, readonly Read[]>): Generator<string> {
  yield `<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Misread images</title>
<style>
body{font:14px/1.4 system-ui,sans-serif;margin:2rem;background:#eee}
div{display:flex;flex-wrap:wrap;gap:12px}
figure{margin:0;padding:8px;background:#fff;font-family:monospace}
img{display:block;max-width:260px;margin-bottom:4px;background:#fff}
small{color:#666} b{color:#b00}
</style>
<h1>Misread images</h1>
<p>Above the label, below what was read and how sure the reader was.</p>
`;
  for (const [family, reads] of misses) {
    yield `<h2>${escaped(printable(family))} <small>${reads.length}</small></h2>\n<div>`;
    for (const { image, text, confidence } of reads)
      yield `<figure>${picture(image.path)}<figcaption>${escaped(printable(image.label))}<br>
<b>${escaped(text) || '–'}</b> ${Math.round(confidence * 100)} %</figcaption></figure>\n`;
    yield '</div>\n';
  }
  yield '</html>\n';
}

/** The image itself; of one that has gone since it was read, a word. */
function picture(path: string): string {
  try {
    const data = openImage(path).toString('base64');
    const type = escaped(extname(path).slice(1).replace('jpg', 'jpeg'));
    return `<img src="data:image/${type};base64,${data}" alt="">`;
  } catch (error) {
    if (!isNoImage(error)) throw error;
    return `<p>It ${escaped(saidOf(error))}.</p>`;
  }
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
