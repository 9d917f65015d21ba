/** A mistake of whoever runs Legible, told in one line and without a stack. */
export class UserError extends Error {}
