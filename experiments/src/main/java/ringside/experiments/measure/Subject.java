package ringside.experiments.measure;

/** Something whose cost an event is to be measured. */
public interface Subject {
  /** How many events one pass has. */
  int eventsPerPass();

  /**
   * Runs all events {@code passes} times.
   *
   * @throws IllegalStateException if the events came out otherwise than before
   */
  void run(int passes);

  /** Whether all code is compiled that is going to be; a warm-up waits for it. */
  default boolean compiled() {
    return true;
  }
}
