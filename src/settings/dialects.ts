/** Contracts that this server speaks: of a key, of a host name, of a port. */
export const dialectNames = ['capsolver', 'anticaptcha', 'capmonster', '2captcha'] as const;
export type DialectName = (typeof dialectNames)[number];
