/** Counts the turns of the event loop. */
export function turns() {
  let turn = 0;
  let isOver = false;
  const count = () => {
    turn++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  return {
    now: () => turn,
    [Symbol.dispose]() {
      isOver = true;
    },
  };
}
