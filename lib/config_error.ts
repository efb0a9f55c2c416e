/** A wrong setting: exit code 3. The message names the variable and says what was expected. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/** A wrong value of a flag: wrong use, exit code 2. The message names the flag. */
export class FlagError extends ConfigError {
  override name = "FlagError";
}
