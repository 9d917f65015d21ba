/** A straight line between log-odds: monotone, so that it changes no order. */
export interface Line {
  slope: number;
  offset: number;
}

/**
 * How often the net is right when it says a probability, fitted offline by `npm run calibrate` over labelled
 * images: for readings from one look, and for those from several, which say it in another way.
 */
export interface Calibration {
  oneLook: Line;
  moreLooks: Line;
}

/** The calibrated probability, 0 to 1, of a raw one. */
export function calibrate(probability: number, { slope, offset }: Line): number {
  return 1 / (1 + Math.exp(-(slope * logOdds(probability) + offset)));
}

/** Log-odds, kept finite: a net's "certain" is never more than a million to one. */
export function logOdds(probability: number): number {
  const p = Math.min(Math.max(probability, 1e-6), 1 - 1e-6);
  return Math.log(p / (1 - p));
}
