import { Decimal } from "decimal.js";
import jsep from "jsep";
import { defineTool, z } from "tool";

const MAX_LENGTH = 1000;
/** Exact up to so many digits, rounded beyond. */
const DIGITS = 4000;
/** What an irrational result (a root, a sine, one third) is rounded to. */
const SHOWN_DIGITS = 40;
const MAX_EXPONENT = 100_000;

export default defineTool({
  name: "calculate",
  description: "Calculates an arithmetic expression, exactly where it can be: + - * / % ^ and " +
    "parentheses, 1e6, pi, e, sqrt, cbrt, abs, round(x, places), floor, ceil, trunc, sign, ln, " +
    "log(x, base), log10, log2, exp, pow, mod, factorial, gcd, lcm, min, max, sum, avg, hypot, " +
    "sin, cos, tan, asin, acos, atan, atan2 (radians), and comparisons. 2^10 is a power; 10 % 3 is a remainder; 20% " +
    "is written 20/100.",
  parameters: z.object({
    expression: z.string().min(1).max(MAX_LENGTH).describe('For example "0.1 + 0.2" or "2^64".'),
  }),
  effects: "none",
  timeout_seconds: 5,
  memory_mb: 64,
  run: ({ expression }) => format(evaluate(parse(expression))),
});

const Exact = Decimal.clone({
  precision: DIGITS,
  toExpNeg: -30,
  toExpPos: DIGITS,
  modulo: Decimal.ROUND_FLOOR,
});
const Rounded = Exact.clone({ precision: SHOWN_DIGITS + 10 });

type Value = Decimal | boolean;
type Node = jsep.Expression;

jsep.removeAllLiterals();
for (const operator of ["||", "&&", "|", "&", "<<", ">>", ">>>", "===", "!==", "??"]) {
  jsep.removeBinaryOp(operator);
}
jsep.removeUnaryOp("!");
jsep.removeUnaryOp("~");
// Binds tighter than a product, and 2^3^2 is 2^(3^2).
jsep.addBinaryOp("^", 11, true);
jsep.addBinaryOp("**", 11, true);
jsep.hooks.add("gobble-token", signedPower);

/** The parser's own members that a hook may use. */
interface Parser {
  index: number;
  readonly char: string;
  readonly expr: string;
  gobbleSpaces(): void;
  gobbleToken(): Node | false;
}

// The parser takes -2^2 for (-2)^2; in arithmetic it is -(2^2).
function signedPower(this: unknown, env: { node?: Node }): void {
  const parser = this as Parser;
  const operator = parser.char;
  if (operator !== "-" && operator !== "+") return;
  parser.index++;
  parser.gobbleSpaces();
  const argument = powerOf(parser);
  env.node = { type: "UnaryExpression", operator, argument, prefix: true };
}

function powerOf(parser: Parser): Node {
  const left = parser.gobbleToken();
  if (left === false) throw new SyntaxError(`a number is missing at character ${parser.index + 1}`);
  parser.gobbleSpaces();
  const operator = parser.char === "^" ? "^" : "**";
  if (!parser.expr.startsWith(operator, parser.index)) return left;
  parser.index += operator.length;
  parser.gobbleSpaces();
  return { type: "BinaryExpression", operator, left, right: powerOf(parser) };
}

function parse(expression: string): Node {
  const plain = expression
    .replaceAll("×", "*").replaceAll("·", "*").replaceAll("÷", "/").replaceAll("−", "-")
    .replaceAll("π", "pi").replaceAll("√", "sqrt");
  try {
    return jsep(plain);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SyntaxError(`"${expression}" is no arithmetic expression: ${why}`);
  }
}

function evaluate(node: Node): Value {
  if (node.type === "Literal") return literal(node as jsep.Literal);
  if (node.type === "Identifier") return constant((node as jsep.Identifier).name);
  if (node.type === "UnaryExpression") return unary(node as jsep.UnaryExpression);
  if (node.type === "BinaryExpression") return binary(node as jsep.BinaryExpression);
  if (node.type === "CallExpression") return call(node as jsep.CallExpression);
  throw new SyntaxError(
    'it is not one arithmetic expression (write 1000, not "1,000", and one expression a call)',
  );
}

// The digits as written: the parser's own value is a double.
function literal({ raw, value }: jsep.Literal): Decimal {
  if (typeof value !== "number") throw new SyntaxError(`${raw} is no number`);
  return new Exact(raw);
}

function constant(name: string): Decimal {
  if (name === "pi" || name === "PI") return new Exact(Rounded.acos(-1));
  if (name === "e" || name === "E") return new Exact(Rounded.exp(1));
  throw new SyntaxError(`"${name}" is not known, expected a number, pi or e`);
}

function unary({ operator, argument }: jsep.UnaryExpression): Decimal {
  const value = number(evaluate(argument));
  return operator === "-" ? value.neg() : value;
}

const COMPARE: Record<string, (a: Decimal, b: Decimal) => boolean> = {
  "<": (a, b) => a.lt(b),
  ">": (a, b) => a.gt(b),
  "<=": (a, b) => a.lte(b),
  ">=": (a, b) => a.gte(b),
  "==": (a, b) => a.eq(b),
  "!=": (a, b) => !a.eq(b),
};
const ARITHMETIC: Record<string, (a: Decimal, b: Decimal) => Decimal> = {
  "+": (a, b) => a.add(b),
  "-": (a, b) => a.sub(b),
  "*": (a, b) => a.mul(b),
  "/": divide,
  "%": modulo,
  "^": power,
  "**": power,
};

function binary({ operator, left, right }: jsep.BinaryExpression): Value {
  const a = number(evaluate(left));
  const b = number(evaluate(right));
  const compare = COMPARE[operator];
  if (compare !== undefined) return compare(a, b);
  const calculate = ARITHMETIC[operator];
  if (calculate === undefined) throw new SyntaxError(`the operator ${operator} is not known`);
  return finite(calculate(a, b));
}

function divide(a: Decimal, b: Decimal): Decimal {
  if (b.isZero()) throw new RangeError("it divides by zero");
  return a.div(b);
}

function modulo(a: Decimal, b: Decimal): Decimal {
  if (b.isZero()) throw new RangeError("it divides by zero");
  return a.mod(b);
}

function power(base: Decimal, exponent: Decimal): Decimal {
  if (exponent.abs().gt(MAX_EXPONENT)) {
    throw new RangeError(`the exponent ${exponent} is too large, expected at most ${MAX_EXPONENT}`);
  }
  return exponent.isInteger() ? base.pow(exponent) : Rounded.pow(base, exponent);
}

const FUNCTIONS: Record<string, (...args: Decimal[]) => Decimal> = {
  abs: one((x) => x.abs()),
  floor: one((x) => x.floor()),
  ceil: one((x) => x.ceil()),
  trunc: one((x) => x.trunc()),
  sign: one((x) => new Exact(Decimal.sign(x))),
  round: (x, places = new Exact(0)) => required(x).toDecimalPlaces(whole(places, 0, DIGITS)),
  sqrt: one((x) => exactRoot(x, Rounded.sqrt(x), 2)),
  cbrt: one((x) => exactRoot(x, Rounded.cbrt(x), 3)),
  exp: one((x) => Rounded.exp(x)),
  ln: one((x) => Rounded.ln(x)),
  log: (x, base) => Rounded.log(required(x), base ?? 10),
  log10: one((x) => Rounded.log10(x)),
  log2: one((x) => Rounded.log2(x)),
  sin: one((x) => withoutDust(Rounded.sin(x))),
  cos: one((x) => withoutDust(Rounded.cos(x))),
  tan: one((x) => withoutDust(Rounded.tan(x))),
  asin: one((x) => Rounded.asin(x)),
  acos: one((x) => Rounded.acos(x)),
  atan: one((x) => Rounded.atan(x)),
  atan2: (y, x) => Rounded.atan2(required(y), required(x)),
  pow: (base, exponent) => power(required(base), required(exponent)),
  mod: (a, b) => modulo(required(a), required(b)),
  factorial: one(factorial),
  gcd: (...all) => all.map(integer).reduce(gcd, new Exact(0)),
  lcm: (...all) => all.map(integer).reduce(lcm, new Exact(1)),
  min: (...all) => Exact.min(required(all[0]), ...all),
  max: (...all) => Exact.max(required(all[0]), ...all),
  sum: (...all) => Exact.sum(required(all[0]), ...all.slice(1)),
  avg: (...all) => divide(Exact.sum(required(all[0]), ...all.slice(1)), new Exact(all.length)),
  hypot: (...all) =>
    exactRoot(all.reduce((s, x) => s.add(x.mul(x)), new Exact(0)), Rounded.hypot(...all), 2),
};

function call({ callee, arguments: given }: jsep.CallExpression): Decimal {
  const name = callee.type === "Identifier" ? String((callee as jsep.Identifier).name) : "";
  const work = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (work === undefined) {
    throw new SyntaxError(
      `the function "${name}" is not known, expected one of ${Object.keys(FUNCTIONS).join(", ")}`,
    );
  }
  return finite(work(...given.map((argument) => number(evaluate(argument)))));
}

function one(work: (x: Decimal) => Decimal): (...args: Decimal[]) => Decimal {
  return (...args) => {
    if (args.length !== 1) throw new TypeError(`a function of one number got ${args.length}`);
    return work(required(args[0]));
  };
}

function required(value: Decimal | undefined): Decimal {
  if (value === undefined) throw new TypeError("a function is missing a number");
  return value;
}

// A root of a square is that number, not one that is off in its last digit.
function exactRoot(x: Decimal, root: Decimal, degree: number): Decimal {
  const short = new Exact(root.toSignificantDigits(SHOWN_DIGITS));
  return short.pow(degree).eq(x) ? short : root;
}

// sin(pi) is zero; pi itself was rounded before.
function withoutDust(value: Decimal): Decimal {
  return value.toDecimalPlaces(SHOWN_DIGITS + 5);
}

function factorial(n: Decimal): Decimal {
  let product = new Exact(1);
  const top = whole(n, 0, 1000);
  for (let i = 2; i <= top; i++) product = product.mul(i);
  return product;
}

function gcd(a: Decimal, b: Decimal): Decimal {
  let [x, y] = [a.abs(), b.abs()];
  while (!y.isZero()) [x, y] = [y, x.mod(y)];
  return x;
}

function lcm(a: Decimal, b: Decimal): Decimal {
  return a.isZero() || b.isZero() ? new Exact(0) : a.mul(b).abs().div(gcd(a, b));
}

function integer(value: Decimal): Decimal {
  if (!value.isInteger()) throw new TypeError(`${value} is no integer`);
  return value;
}

function whole(value: Decimal, min: number, max: number): number {
  if (!value.isInteger() || value.lt(min) || value.gt(max)) {
    throw new RangeError(`${value} is out of range, expected an integer from ${min} to ${max}`);
  }
  return value.toNumber();
}

function number(value: Value): Decimal {
  if (typeof value === "boolean") throw new TypeError("a comparison cannot be calculated with");
  return value;
}

function finite(value: Decimal): Decimal {
  if (value.isNaN()) throw new RangeError("the result is no real number");
  if (!value.isFinite()) throw new RangeError("the result is too large");
  // Back to the exact kind: sums with what a root gave must not be cut to the root's digits.
  return new Exact(value);
}

// What is exact is shown with all its digits; what fills the precision or has a long fraction
// was rounded on the way.
function format(value: Value): string {
  if (typeof value === "boolean") return String(value);
  const digits = value.precision();
  const rounded = digits >= DIGITS || (digits > SHOWN_DIGITS && !value.isInteger());
  return new Exact(rounded ? value.toSignificantDigits(SHOWN_DIGITS) : value).toString();
}
