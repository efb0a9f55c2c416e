/** Something of a task cannot be moved. The message is a clause that says what. */
export class Unmovable extends Error {
  override name = "Unmovable";
}
