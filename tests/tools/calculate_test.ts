import { assert, assertEquals, assertMatch } from "@std/assert";
import { withTool } from "./project_tools.ts";

const RESULTS: Record<string, string> = {
  "17*23": "391",
  "0.1 + 0.2": "0.3",
  "0.1*3 - 0.3": "0",
  "1.10 + 2.20": "3.3",
  "123456789 * 987654321": "121932631112635269",
  "2^64": "18446744073709551616",
  "2**10": "1024",
  "9007199254740993 + 0": "9007199254740993",
  "12345678901234567890.123456789 * 10": "123456789012345678901.23456789",
  "factorial(30)": "265252859812191058636308480000000",
  "-2^2": "-4",
  "2^-1": "0.5",
  "2^3^2": "512",
  "-2^-2": "-0.25",
  "3 - -2": "5",
  "2*-3^2": "-18",
  "(1 + 2) * (3 + 4)": "21",
  "10 % 4": "2",
  "1/3*3": "1",
  "1/3": "0.3333333333333333333333333333333333333333",
  "sqrt(144)^2": "144",
  "sqrt(2)": "1.41421356237309504880168872420969807857",
  "sin(pi)": "0",
  "cos(pi)": "-1",
  "round(2.345, 2)": "2.35",
  "log(8, 2)": "3",
  "max(1, 5, 3) + min(2, 1)": "6",
  "avg(1, 2, 4)": "2.333333333333333333333333333333333333333",
  "gcd(84, 36) + lcm(4, 6)": "24",
  "hypot(3, 4)": "5",
  "10^60 + floor(sqrt(2))": "1" + "0".repeat(59) + "1",
  "1e3": "1000",
  "3 > 2": "true",
  "0.1 + 0.2 == 0.3": "true",
  "6 × 7 ÷ 2": "21",
};

const ERRORS: Record<string, RegExp> = {
  "1/0": /: it divides by zero\.$/,
  "1 % 0": /: it divides by zero\.$/,
  "sqrt(-1)": /: the result is no real number\.$/,
  "1 +": /"1 \+" is no arithmetic expression/,
  "2 3": /no arithmetic expression|not one arithmetic expression/,
  "foo(2)": /the function "foo" is not known, expected one of abs, /,
  "constructor(1)": /the function "constructor" is not known/,
  "__proto__": /"__proto__" is not known, expected a number, pi or e/,
  "a.constructor": /not one arithmetic expression/,
  "abs.constructor('return 1')()": /the function "" is not known/,
  "this": /not one arithmetic expression/,
  "'text'": /'text' is no number/,
  "[1, 2]": /not one arithmetic expression/,
  "1,000 * 2": /write 1000, not "1,000"/,
  "factorial(100000)": /100000 is out of range, expected an integer from 0 to 1000/,
  "2^1000000": /the exponent 1000000 is too large/,
  "(3 > 2) + 1": /a comparison cannot be calculated with/,
  "sqrt(1, 2)": /a function of one number got 2/,
  "min()": /a function is missing a number/,
};

Deno.test("calculate answers exactly, and says what is wrong with an expression", async (t) => {
  await withTool("calculate", {}, async (run) => {
    for (const [expression, result] of Object.entries(RESULTS)) {
      await t.step(expression, async () => assertEquals(await run({ expression }), result));
    }
    for (const [expression, error] of Object.entries(ERRORS)) {
      await t.step(expression, async () => assertMatch(await run({ expression }), error));
    }
  });
});

Deno.test("calculate survives expressions made to be expensive", async () => {
  await withTool("calculate", {}, async (run, toolbox) => {
    for (const expression of ["(".repeat(500) + "1" + ")".repeat(499), "-".repeat(999) + "1"]) {
      assert((await run({ expression })).length < 2000);
    }
    assertMatch(await run({ expression: "1/7".padEnd(997, "/7") }), /^\d/);
    assertMatch(await run({ expression: "9^99999*".repeat(20) + "1" }), /e\+\d+$/);
    assertMatch(
      await run({ expression: "1".repeat(1001) }),
      /the arguments do not fit: expression/,
    );
    assertEquals(new Set(toolbox.processes.map(({ pid }) => pid)).size, 1);
  });
});
