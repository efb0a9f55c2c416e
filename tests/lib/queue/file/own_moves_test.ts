import { assertEquals } from "@std/assert";
import { OwnMoves } from "../../../../lib/queue/file/own_moves.ts";

Deno.test("OwnMoves explains one event for each move, and none that comes late", () => {
  let time = 0;
  const moves = new OwnMoves({ elapsed: () => time });
  moves.add("a");
  assertEquals([moves.explains("b"), moves.explains("a"), moves.explains("a")], [
    false,
    true,
    false,
  ]);
  moves.add("late");
  time = 1_000;
  assertEquals(moves.explains("late"), false);
  moves.add("lost");
  moves.clear();
  assertEquals(moves.explains("lost"), false);
});

Deno.test("OwnMoves keeps the newest thousand", () => {
  const moves = new OwnMoves({ elapsed: () => 0 });
  for (let i = 0; i < 1_500; i++) moves.add(`${i}`);
  assertEquals([moves.explains("499"), moves.explains("500"), moves.explains("1499")], [
    false,
    true,
    true,
  ]);
});
