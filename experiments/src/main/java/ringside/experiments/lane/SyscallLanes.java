package ringside.experiments.lane;

import java.util.ArrayList;
import java.util.List;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.BpfMap;
import ringside.experiments.build.BuiltObject;
import ringside.experiments.build.ObjectStore;
import ringside.experiments.catalog.Workload;
import ringside.experiments.vm.BuiltinCountNode;
import ringside.kernel.KernelConfig;
import ringside.kernel.mm.Memory;
import ringside.reports.model.LaneResult.Artifact;
import ringside.toolchain.Target;

/** Boots the lanes of the system call counter, each in a kernel of its own. */
public final class SyscallLanes {
  private static final String HOOK = "raw_syscalls:sys_enter";
  private static final String BASELINE = "builtin@sys_enter";
  private static final String EBPF = "ebpf@sys_enter";
  private static final String MODULE = "module@sys_enter";

  /** The lanes, the built-in one first. */
  public static final List<String> IDS = List.of(BASELINE, EBPF, MODULE);

  private final Workload workload;
  private final ObjectStore objects;
  private final KernelConfig machine;

  /** Prepares the lanes. */
  public SyscallLanes(Workload workload, ObjectStore objects, KernelConfig machine) {
    this.workload = workload;
    this.objects = objects;
    this.machine = machine;
  }

  /** The Ring 3 programs whose calls are counted. */
  public List<BuiltObject> programs() {
    return workload.files().texts().keySet().stream()
        .filter(path -> path.startsWith("programs/") && path.endsWith(".c"))
        .map(path -> objects.object(workload.files(), path, Target.USER))
        .toList();
  }

  /** Boots all of them, in the order of {@link #IDS}. */
  public List<SyscallLane> boot() throws LoadRefused {
    List<SyscallLane> lanes = new ArrayList<>();
    boolean done = false;
    try {
      for (String id : IDS) {
        lanes.add(boot(id));
      }
      done = true;
      return lanes;
    } finally {
      if (!done) {
        lanes.forEach(SyscallLane::close);
      }
    }
  }

  /**
   * Boots one of them.
   *
   * @param id one of {@link #IDS}
   */
  public SyscallLane boot(String id) throws LoadRefused {
    return switch (id) {
      case BASELINE -> builtin();
      case EBPF -> ebpf();
      case MODULE -> module();
      default -> throw new IllegalArgumentException("no lane " + id);
    };
  }

  private SyscallLane builtin() {
    Lab lab = Lab.boot(machine);
    long slots = lab.allocate((long) BuiltinCountNode.SLOTS * BuiltinCountNode.SLOT_SIZE);
    lab.attach(
        lab.kernel().trace().sysEnter(),
        "syscall_count",
        new BuiltinCountNode(
                lab.kernel().language(),
                lab.kernel().memory(),
                lab.kernel().layouts(),
                lab.kernel().core().thisCpu()::current,
                slots)
            .getCallTarget());
    return new SyscallLane(
        new PacketLane.Identity(BASELINE, "builtin", "Built-in", HOOK, null, null),
        lab,
        tgid -> slot(lab, slots, tgid));
  }

  private SyscallLane ebpf() throws LoadRefused {
    BuiltObject object =
        objects.object(workload.files(), workload.files().named(".bpf.c"), Target.BPF);
    Lab lab = Lab.boot(machine);
    Lab.Loaded loaded =
        lab.load(object, "syscall_count", Lab.least(ProgramType.RAW_TRACEPOINT), true);
    lab.attach(loaded);
    BpfMap counts = loaded.map("counts");
    long key = lab.allocate(4);
    return new SyscallLane(
        identity(EBPF, "ebpf", "eBPF", PacketLanes.artifact(object, loaded)),
        lab,
        tgid -> {
          lab.kernel().memory().writeInt(key, tgid);
          return counts.lookup(key);
        });
  }

  private SyscallLane module() throws LoadRefused {
    BuiltObject object =
        objects.object(workload.files(), workload.files().named(".mod.c"), Target.MODULE);
    Lab lab = Lab.boot(machine);
    lab.insmod(object);
    long slots = lab.symbol("counts");
    return new SyscallLane(
        identity(MODULE, "module", "Kernel module", PacketLanes.artifact(object, lab)),
        lab,
        tgid -> slot(lab, slots, tgid));
  }

  private static PacketLane.Identity identity(
      String id, String mechanism, String title, Artifact artifact) {
    return new PacketLane.Identity(id, mechanism, title, HOOK, BASELINE, artifact);
  }

  /** The {@code struct count} of a process in a table of slots. */
  private static long slot(Lab lab, long slots, int tgid) {
    Memory memory = lab.kernel().memory();
    for (int i = 0; i < BuiltinCountNode.SLOTS; i++) {
      long slot = slots + (long) i * BuiltinCountNode.SLOT_SIZE;
      if (memory.readInt(slot) == tgid) {
        return slot + 8;
      }
    }
    return 0;
  }
}
