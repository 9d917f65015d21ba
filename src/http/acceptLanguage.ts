import type { IncomingMessage } from 'node:http';
import { type Language, languages } from '../errors.ts';

const longestHeader = 256;

/** Tells the language that a request is to be answered in. */
export type LanguageOf = (head: Pick<IncomingMessage, 'headers'>) => Language;

/** Makes that function; `standard` is the language of requests that name none. */
export function languageReader(standard: Language): LanguageOf {
  return ({ headers }) => acceptedLanguage(headers['accept-language'], standard);
}

/** The language that Accept-Language likes best among those that the error table speaks. */
export function acceptedLanguage(header: string | undefined, standard: Language): Language {
  if (header === undefined || header.length > longestHeader) return standard;
  let best: Language = standard;
  let bestQuality = 0;
  for (const part of header.split(',')) {
    const [tag = '', ...parameters] = part.split(';');
    const primary = tag.trim().split('-', 1)[0]!.toLowerCase();
    const language = primary === '*' ? standard : languages.find((known) => known === primary);
    if (language === undefined) continue;
    const quality = qualityOf(parameters);
    if (quality > bestQuality) [best, bestQuality] = [language, quality];
  }
  return best;
}

function qualityOf(parameters: string[]): number {
  for (const parameter of parameters) {
    const match = /^\s*q\s*=(.*)$/i.exec(parameter);
    if (match) return Number(match[1]) || 0;
  }
  return 1;
}
