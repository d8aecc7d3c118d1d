package ringside.experiments.vm;

import com.oracle.truffle.api.TruffleLanguage;
import com.oracle.truffle.api.frame.VirtualFrame;
import com.oracle.truffle.api.nodes.RootNode;
import org.jspecify.annotations.Nullable;
import ringside.kernel.layout.StructLayouts;
import ringside.kernel.mm.Memory;

/**
 * The system call counter in Java, as if compiled into the kernel.
 *
 * <p>Follows {@code syscall-count/core.h}, over the module's table of slots in kernel memory.
 */
public final class BuiltinCountNode extends RootNode {
  /** {@code COUNT_PROCESSES}. */
  public static final int SLOTS = 256;

  /** {@code sizeof(struct slot)}: tgid, padding, calls, four classes. */
  public static final int SLOT_SIZE = 48;

  private static final int COUNT = 8;

  private final Memory memory;
  private final CurrentTaskAddress current;
  private final int tgidOffset;
  private final long slots;

  /** Where the running task's {@code task_struct} is. */
  @FunctionalInterface
  public interface CurrentTaskAddress {
    /** Its address. */
    long get();
  }

  /**
   * Makes the counter.
   *
   * @param slots address of {@link #SLOTS} zeroed slots
   */
  public BuiltinCountNode(
      @Nullable TruffleLanguage<?> language,
      Memory memory,
      StructLayouts layouts,
      CurrentTaskAddress current,
      long slots) {
    super(language);
    this.memory = memory;
    this.current = current;
    this.tgidOffset = layouts.of("task_struct").offset("tgid");
    this.slots = slots;
  }

  @Override
  public Object execute(VirtualFrame frame) {
    long number = (long) frame.getArguments()[1];
    int tgid = memory.readInt(current.get() + tgidOffset);
    int at = (tgid * 0x61c88647) >>> 24;
    for (int i = 0; i < SLOTS; i++) {
      long slot = slots + (long) ((at + i) % SLOTS) * SLOT_SIZE;
      int owner = memory.readInt(slot);
      if (owner == 0) {
        memory.writeInt(slot, tgid);
        owner = tgid;
      }
      if (owner == tgid) {
        increment(slot + COUNT);
        increment(slot + COUNT + 8 + 8L * countClass(number));
        break;
      }
    }
    return 0L;
  }

  private void increment(long address) {
    memory.writeLong(address, memory.readLong(address) + 1);
  }

  /** {@code count_class()}. */
  private static int countClass(long number) {
    if (number >= 34 && number <= 80) {
      return 0;
    }
    if (number == 101 || number == 113 || number == 169) {
      return 2;
    }
    if ((number >= 93 && number <= 95)
        || (number >= 124 && number <= 178)
        || (number >= 220 && number <= 221)) {
      return 1;
    }
    return 3;
  }

  @Override
  public String getName() {
    return "builtin:syscall_count";
  }
}
