package ringside.kernel.time;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class VirtualClockTest {
  private final VirtualClock clock = new VirtualClock(10_000_000);
  private final List<String> ran = new ArrayList<>();

  @Test
  void aRetiredInstructionIsAHundredNanoseconds() {
    clock.retire(7);
    assertEquals(700, clock.nanos());
    assertEquals(7, clock.instructions());
  }

  @Test
  void jiffiesStartFiveMinutesBeforeTheyWrapAndTick250TimesASecond() {
    long start = clock.jiffies();
    assertEquals((1L << 32) - 300 * 250, start);
    clock.retire(10_000_000);
    assertEquals(start + 250, clock.jiffies());
  }

  @Test
  void timersRunInOrderOfTheirTimes() {
    clock.after(2000, () -> ran.add("late"));
    clock.after(1000, () -> ran.add("first"));
    clock.after(1000, () -> ran.add("second"));
    clock.retire(10);
    assertEquals(List.of("first", "second"), ran);
    clock.retire(10);
    assertEquals(List.of("first", "second", "late"), ran);
  }

  @Test
  void idlingRunsWhatBecomesDueAtItsOwnTime() {
    clock.after(5000, () -> ran.add("at " + clock.nanos()));
    clock.idle(20_000);
    assertEquals(List.of("at 5000"), ran);
    assertEquals(20_000, clock.nanos());
    assertEquals(0, clock.instructions());
    assertEquals(20_000, clock.idleNanos());
  }

  @Test
  void aCancelledTimerDoesNotRun() {
    VirtualClock.Timer timer = clock.after(1000, () -> ran.add("never"));
    assertTrue(clock.cancel(timer));
    assertFalse(clock.cancel(timer));
    clock.retire(100);
    assertTrue(ran.isEmpty());
  }

  @Test
  void aTimerThatThrowsLeavesTheOthersArmed() {
    clock.after(
        1000,
        () -> {
          throw new IllegalStateException();
        });
    clock.after(2000, () -> ran.add("still"));
    assertThrows(IllegalStateException.class, () -> clock.retire(10));
    clock.retire(10);
    assertEquals(List.of("still"), ran);
  }
}
