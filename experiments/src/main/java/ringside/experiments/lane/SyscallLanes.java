package ringside.experiments.lane;

import java.util.ArrayList;
import java.util.List;
import org.graalvm.polyglot.Engine;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.BpfMap;
import ringside.experiments.build.BuiltObject;
import ringside.experiments.build.ObjectStore;
import ringside.experiments.catalog.Workload;
import ringside.experiments.vm.BuiltinCountNode;
import ringside.kernel.mm.Memory;
import ringside.reports.model.LaneResult.Artifact;
import ringside.toolchain.Target;

/** Boots the lanes of the system call counter, each in a kernel of its own. */
public final class SyscallLanes {
  private static final String HOOK = "raw_syscalls:sys_enter";
  private static final String BASELINE = "builtin@sys_enter";

  private final Workload workload;
  private final ObjectStore objects;
  private final Engine engine;
  private final long seed;

  /** Prepares the lanes. */
  public SyscallLanes(Workload workload, ObjectStore objects, Engine engine, long seed) {
    this.workload = workload;
    this.objects = objects;
    this.engine = engine;
    this.seed = seed;
  }

  /** Boots all of them, the built-in one first. */
  public List<SyscallLane> boot() throws LoadRefused {
    List<SyscallLane> lanes = new ArrayList<>();
    boolean done = false;
    try {
      lanes.add(builtin());
      lanes.add(ebpf());
      lanes.add(module());
      done = true;
      return lanes;
    } finally {
      if (!done) {
        lanes.forEach(SyscallLane::close);
      }
    }
  }

  private SyscallLane builtin() {
    Lab lab = Lab.boot(engine, seed);
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
    Lab lab = Lab.boot(engine, seed);
    Lab.Loaded loaded =
        lab.load(object, "syscall_count", Lab.least(ProgramType.RAW_TRACEPOINT), true);
    lab.attach(loaded);
    BpfMap counts = loaded.map("counts");
    long key = lab.allocate(4);
    return new SyscallLane(
        identity("ebpf@sys_enter", "ebpf", "eBPF", PacketLanes.artifact(object, loaded)),
        lab,
        tgid -> {
          lab.kernel().memory().writeInt(key, tgid);
          return counts.lookup(key);
        });
  }

  private SyscallLane module() throws LoadRefused {
    BuiltObject object =
        objects.object(workload.files(), workload.files().named(".mod.c"), Target.MODULE);
    Lab lab = Lab.boot(engine, seed);
    lab.insmod(object);
    long slots = lab.symbol("counts");
    return new SyscallLane(
        identity("module@sys_enter", "module", "Kernel module", PacketLanes.artifact(object, lab)),
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
