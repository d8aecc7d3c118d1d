package ringside.ebpf.helper;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToIntBiFunction;
import ringside.ebpf.map.MapRuntime;
import ringside.kernel.Kernel;
import ringside.kernel.core.KernelCore;
import ringside.kernel.mm.Memory;
import ringside.kernel.printk.Vsprintf;

/** The helper families that exist here, and their instances for one kernel. */
public final class HelperFamilies {
  /** The classes that declare helpers. */
  public static final List<Class<?>> CLASSES =
      List.of(
          MapHelpers.class,
          RingbufHelpers.class,
          ValueHelpers.class,
          SystemHelpers.class,
          TaskHelpers.class,
          MemoryHelpers.class,
          TextHelpers.class,
          TraceHelpers.class,
          ChecksumHelpers.class,
          ControlHelpers.class,
          XdpHelpers.class,
          SkbHelpers.class,
          SkbResizeHelpers.class,
          DynptrHelpers.class,
          ProcessHelpers.class,
          NetHelpers.class,
          SyscallHelpers.class,
          EventHelpers.class);

  private final List<Object> instances;

  /**
   * Makes the instances.
   *
   * @param maps what the kernel's maps share
   * @param callbacks calls functions of programs
   * @param tracePipe takes each record of {@code trace_pipe}
   */
  public HelperFamilies(
      Kernel kernel,
      MapRuntime maps,
      ControlHelpers.Callbacks callbacks,
      Consumer<String> tracePipe) {
    KernelCore core = kernel.core();
    long seed = kernel.config().seed();
    Memory memory = core.memory();
    ToIntBiFunction<String, String> layout =
        (struct, field) -> core.layouts().of(struct).offset(field);
    SkbHelpers skbs = new SkbHelpers(core);
    Dynptrs dynptrs = new Dynptrs(core, skbs);
    this.instances =
        List.of(
            new MapHelpers(),
            new RingbufHelpers(maps, dynptrs, callbacks),
            new ValueHelpers(maps),
            new SystemHelpers(core.clock(), seed),
            new TaskHelpers(memory, core.thisCpu()::current, layout),
            new MemoryHelpers(memory),
            new TextHelpers(memory),
            new TraceHelpers(
                memory, core.slab(), new Vsprintf(memory, core.symbols(), seed), tracePipe),
            new ChecksumHelpers(memory),
            new ControlHelpers(callbacks),
            new XdpHelpers(memory, layout),
            skbs,
            new SkbResizeHelpers(core),
            new DynptrHelpers(dynptrs),
            new ProcessHelpers(kernel, maps),
            new NetHelpers(kernel),
            new SyscallHelpers(kernel),
            new EventHelpers(maps));
  }

  /** One of each class. */
  public List<Object> instances() {
    return instances;
  }
}
