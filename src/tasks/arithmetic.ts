const CALCULATION = /^-?\d{1,7}(?:[-+*xX×÷/]\d{1,7})+(?==?\??$)/;
const EQUATION = /^(\?|-?\d{1,7})([-+*xX×÷/])(\?|\d{1,7})=(-?\d{1,14})$/;

/**
 * The whole number that an expression as pictures show it asks for: `12+3=?` → 15, `2+3*4=` → 14, `7-?=2` → 5,
 * `?÷3=4` → 12. Undefined when it is no such expression, or when no whole number answers it, or not each of its steps.
 */
export function answerOf(expression: string): number | undefined {
  const [calculation] = CALCULATION.exec(expression) ?? [];
  const answer = calculation === undefined ? findUnknown(expression) : calculate(calculation);
  return Number.isSafeInteger(answer) ? (answer as number) + 0 : undefined; // + 0 turns -0 into 0
}

/** Products and quotients first, each from left to right; NaN when a step of it is no whole number. */
function calculate(calculation: string): number {
  const [first, ...steps] = calculation.split(/(?<=\d)(?=\D)/);
  let [sum, product] = [0, Number(first)];
  for (const step of steps) {
    const [operator, number] = [step[0]!, Number(step.slice(1))];
    if (operator === '+' || operator === '-') {
      sum += product;
      product = operator === '+' ? number : -number;
    } else product = compute(product, operator, number);
    if (![sum, product].every(Number.isSafeInteger)) return Number.NaN;
  }
  return sum + product;
}

function compute(a: number, operator: string, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '÷':
    case '/':
      return a / b;
    default:
      return a * b;
  }
}

function findUnknown(expression: string): number | undefined {
  const [, a, operator, b, result] = EQUATION.exec(expression) ?? [];
  if (operator === undefined || (a === '?') === (b === '?')) return undefined;
  const known = Number(a === '?' ? b : a);
  const c = Number(result);
  switch (operator) {
    case '+':
      return c - known;
    case '-':
      return a === '?' ? c + known : known - c;
    case '÷':
    case '/':
      // Nothing is divided by 0, nor is 0 the part of anything that another number is.
      if (known === 0 || (a !== '?' && c === 0)) return undefined;
      return a === '?' ? c * known : known / c;
    default:
      return c / known;
  }
}
