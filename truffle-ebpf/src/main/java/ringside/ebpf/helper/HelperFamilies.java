package ringside.ebpf.helper;

import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.ToIntBiFunction;
import ringside.kernel.mm.Memory;
import ringside.kernel.time.VirtualClock;

/** The helper families that exist here, and their instances for one kernel. */
public final class HelperFamilies {
  /** The classes that declare helpers. */
  public static final List<Class<?>> CLASSES =
      List.of(
          MapHelpers.class,
          SystemHelpers.class,
          TaskHelpers.class,
          MemoryHelpers.class,
          TextHelpers.class,
          ChecksumHelpers.class,
          XdpHelpers.class);

  private final List<Object> instances;

  /**
   * Makes the instances.
   *
   * @param current the address of the running task's {@code task_struct}
   * @param layout offset of a kernel struct's field, by struct and field name
   */
  public HelperFamilies(
      Memory memory,
      VirtualClock clock,
      long seed,
      ToIntBiFunction<String, String> layout,
      LongSupplier current) {
    this.instances =
        List.of(
            new MapHelpers(),
            new SystemHelpers(clock, seed),
            new TaskHelpers(memory, current, layout),
            new MemoryHelpers(memory),
            new TextHelpers(memory),
            new ChecksumHelpers(memory),
            new XdpHelpers(memory, layout));
  }

  /** One of each class. */
  public List<Object> instances() {
    return instances;
  }
}
