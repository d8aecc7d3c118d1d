package ringside.kernel.time;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WatchdogTest {
  private static final long SECOND = 1000;

  private final VirtualClock clock = new VirtualClock(SECOND);
  private final List<Long> lockups = new ArrayList<>();
  private final List<Long> hangs = new ArrayList<>();
  private boolean busy;
  private boolean interrupts = true;

  WatchdogTest() {
    new Watchdog(clock, () -> !busy, () -> interrupts, lockups::add, hangs::add, 60);
  }

  private void run(int seconds) {
    for (int i = 0; i < seconds * 10; i++) {
      clock.retire(SECOND / 10);
    }
  }

  @Test
  void aBusyCpuIsReportedAfterTheFiguresThatLinuxPrints() {
    run(8);
    busy = true;
    run(23);
    assertTrue(lockups.isEmpty());
    run(1);
    assertEquals(List.of(22L), lockups);
    run(24);
    assertEquals(List.of(22L, 45L), lockups);
  }

  @Test
  void aCpuThatSchedulesIsNotStuck() {
    busy = true;
    for (int i = 0; i < 10; i++) {
      run(10);
      clock.idle(1_000_000);
    }
    assertTrue(lockups.isEmpty());
    assertTrue(hangs.isEmpty());
  }

  @Test
  void withInterruptsOffOnlyTheHostNotices() {
    busy = true;
    interrupts = false;
    run(59);
    assertTrue(hangs.isEmpty());
    run(2);
    assertTrue(lockups.isEmpty());
    assertEquals(60L, hangs.getFirst());
  }
}
