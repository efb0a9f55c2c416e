/** A measured value for a reader: about three figures, thousands apart. */
export function formatValue(value: number): string {
  if (Number.isNaN(value)) return "none";
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString("en");
  if (size >= 10) return value.toFixed(1);
  return size >= 0.1 || size === 0 ? value.toFixed(2) : String(Number(value.toPrecision(1)));
}
