const confidence = 0.99;
const usual = { common: '44795sds', number: '44795', math: '44795' };

/** What an ImageToTextTask asks for. */
interface Asked {
  module: keyof typeof usual;
  images: readonly unknown[];
  many: boolean;
  charset: string | undefined;
  minLength: number | undefined;
  maxLength: number | undefined;
  details: boolean;
}

/** An answer that keeps to what the task asks for: its characters, its lengths, its details. */
export function sampleText(input: Asked) {
  const text = textOf(input);
  if (input.many) return { answers: input.images.map(() => text), confidence };
  if (!input.details) return { text, confidence };
  const expression = `${text}+0=`;
  const read = input.module === 'math' ? expression : text;
  return {
    text,
    confidence,
    ...(input.module === 'math' ? { expression } : {}),
    characters: [...read].map((character) => ({ character, confidence })),
    alternatives: [],
  };
}

/** The usual text, repeated or cut to length; what may not occur in it gives way to what may. */
function textOf({ module, charset, minLength = 0, maxLength = Number.POSITIVE_INFINITY }: Asked): string {
  const pattern = usual[module];
  const allowed = module === 'math' ? pattern : (charset ?? pattern);
  const length = Math.min(Math.max(pattern.length, minLength), maxLength);
  return Array.from({ length }, (_, at) => {
    const wanted = pattern[at % pattern.length]!;
    return allowed.includes(wanted) ? wanted : allowed[at % allowed.length]!;
  }).join('');
}
