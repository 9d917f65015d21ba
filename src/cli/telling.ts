let isJson = false;

/** Whether errors and notes are told as JSON from now on, one object a line. */
export function tellAsJson(asked: boolean): void {
  isJson = asked;
}

/** Says on standard error what went wrong. */
export function tellError(message: string): void {
  console.error(isJson ? JSON.stringify({ error: message }) : `error: ${message}`);
}

/** Says there what is no error, but good to know. */
export function tellNote(message: string): void {
  console.error(isJson ? JSON.stringify({ note: message }) : message);
}
