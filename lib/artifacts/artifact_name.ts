const NAME_PATTERN = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/;

/** Whether an artifact can have this name, wherever it is kept. */
export function isArtifactName(name: string): boolean {
  return NAME_PATTERN.test(name);
}

/** @throws {RangeError} when no artifact can have this name */
export function assertArtifactName(name: string): void {
  if (isArtifactName(name)) return;
  throw new RangeError(
    `cannot keep an artifact named ${JSON.stringify(name.slice(0, 120))}: expected 1 to 100 ` +
      "of the characters A-Z a-z 0-9 . _ - without a dot at the beginning",
  );
}
