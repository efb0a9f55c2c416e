/** A measured value for a reader: about three figures, thousands apart. */
export function formatValue(value: number): string {
  if (Number.isNaN(value)) return "none";
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString("en");
  return value.toFixed(size >= 10 ? 1 : 2);
}
