/**
 * Where SQLite keeps, beside a database, what that is not whole without: the last commits, or what takes back half a
 * commit. Each belongs to a name, and would be worked into whatever comes to stand under that.
 */
export const journals = ['-wal', '-journal'];
