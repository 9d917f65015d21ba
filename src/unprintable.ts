/** Control characters, ends of lines, and what turns the order of letters around. */
export const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;
