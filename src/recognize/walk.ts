/**
 * How many pieces (blocks, segments, chunks) of a file are walked to learn what it says of itself; a file that has
 * more is refused. A GIF of 4 MiB has 16,384 in their usual size. One made of 1.4 million empty ones would keep the
 * event loop for 140 ms.
 */
export const MOST_PIECES = 65_536;
