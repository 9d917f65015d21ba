/** Whether a part occurs more than `most` times; no more of them are looked for than tell. */
export function holdsMore(whole: string | Buffer, part: string, most: number): boolean {
  let found = 0;
  for (let at = whole.indexOf(part); at >= 0; at = whole.indexOf(part, at + part.length))
    if (++found > most) return true;
  return false;
}
