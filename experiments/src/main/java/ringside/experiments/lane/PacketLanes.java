package ringside.experiments.lane;

import com.oracle.truffle.api.nodes.RootNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToLongFunction;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.map.BpfMap;
import ringside.ebpf.verifier.VerifierInput.Capabilities;
import ringside.experiments.build.BuiltObject;
import ringside.experiments.build.ObjectStore;
import ringside.experiments.catalog.FilterRule;
import ringside.experiments.catalog.Workload;
import ringside.experiments.lane.PacketLane.Identity;
import ringside.experiments.vm.BuiltinNetfilterNode;
import ringside.experiments.vm.BuiltinXdpFilterNode;
import ringside.hook.HookPoint;
import ringside.kernel.KernelConfig;
import ringside.kernel.mm.Memory;
import ringside.kernel.net.NetDevice;
import ringside.reports.model.LaneResult.Artifact;
import ringside.toolchain.Target;

/** Boots the lanes of the packet filter, each in a kernel of its own. */
public final class PacketLanes {
  /**
   * CAP_PERFMON too: without it a packet pointer may not be moved by a variable, as the length of
   * the IP header is, because that cannot be masked against speculation.
   */
  private static final Capabilities CAPABILITIES = new Capabilities(true, true, true, false);

  private static final String BUILTIN_XDP = "builtin@xdp";
  private static final String EBPF = "ebpf@xdp";
  private static final String BUILTIN_PRE_ROUTING = "builtin@pre_routing";
  private static final String MODULE = "module@pre_routing";

  /** The lanes: each contestant after the built-in lane at its hook. */
  public static final List<String> IDS = List.of(BUILTIN_XDP, EBPF, BUILTIN_PRE_ROUTING, MODULE);

  /** {@code ETH_HLEN}: the shortest frame that {@code BPF_PROG_TEST_RUN} takes. */
  public static final int LEAST_TEST_RUN = 14;

  /** {@code FILTER_RULES}. */
  static final int RULES = 16;

  /** Events that a timed pass has at most; more would measure the cache, not the filter. */
  private static final int TIMED = 256;

  private static final int COUNTER_SIZE = 16;
  private static final String XDP = "xdp";
  private static final String PRE_ROUTING = "NF_INET_PRE_ROUTING";

  private final Workload workload;
  private final ObjectStore objects;
  private final KernelConfig machine;
  private final List<byte[]> frames;

  /**
   * Prepares the lanes.
   *
   * @param frames what the timed passes will go over
   */
  public PacketLanes(
      Workload workload, ObjectStore objects, KernelConfig machine, List<byte[]> frames) {
    this.workload = workload;
    this.objects = objects;
    this.machine = machine;
    this.frames = timed(frames);
  }

  /** Boots all of them, in the order of {@link #IDS}. */
  public List<PacketLane> boot() throws LoadRefused {
    List<PacketLane> lanes = new ArrayList<>();
    boolean done = false;
    try {
      for (String id : IDS) {
        lanes.add(boot(id));
      }
      done = true;
      return lanes;
    } finally {
      if (!done) {
        lanes.forEach(PacketLane::close);
      }
    }
  }

  /**
   * Boots one of them.
   *
   * @param id one of {@link #IDS}
   */
  public PacketLane boot(String id) throws LoadRefused {
    return switch (id) {
      case BUILTIN_XDP -> builtin(id, XDP);
      case EBPF -> ebpf();
      case BUILTIN_PRE_ROUTING -> builtin(id, PRE_ROUTING);
      case MODULE -> module();
      default -> throw new IllegalArgumentException("no lane " + id);
    };
  }

  private PacketLane builtin(String id, String hookName) {
    Lab lab = Lab.boot(machine);
    NetDevice device = lab.kernel().net().device("eth0");
    boolean xdp = hookName.equals(XDP);
    List<Object[]> events = record(lab, device, xdp);
    long table = lab.allocate(4 + (long) RULES * FilterRule.SIZE);
    long counters = lab.allocate((RULES + 1L) * COUNTER_SIZE);
    byte[] rules = encoded(workload);
    lab.kernel().memory().write(table, rules, 0, rules.length);
    Memory memory = lab.kernel().memory();
    RootNode node =
        xdp
            ? new BuiltinXdpFilterNode(
                lab.kernel().language(), memory, lab.kernel().layouts(), table, counters)
            : new BuiltinNetfilterNode(
                lab.kernel().language(), memory, lab.kernel().layouts(), table, counters);
    HookPoint hook = hook(lab, device, xdp);
    lab.attach(hook, "packet_filter", node.getCallTarget());
    return new PacketLane(
        new Identity(id, "builtin", "Built-in at " + hookName, hookName, null, null),
        lab,
        device,
        hook,
        i -> counters + (long) i * COUNTER_SIZE,
        events);
  }

  private PacketLane ebpf() throws LoadRefused {
    BuiltObject object =
        objects.object(workload.files(), workload.files().named(".bpf.c"), Target.BPF);
    Lab lab = Lab.boot(machine);
    NetDevice device = lab.kernel().net().device("eth0");
    List<Object[]> events = record(lab, device, true);
    Lab.Loaded loaded = lab.load(object, "packet_filter", CAPABILITIES, true);
    Memory memory = lab.kernel().memory();
    long key = lab.allocate(4);
    BpfMap table = loaded.map("filter_table");
    byte[] rules = encoded(workload);
    memory.write(table.lookup(key), rules, 0, rules.length);
    BpfMap counters = loaded.map("filter_counters");
    IntToLongFunction counter =
        i -> {
          memory.writeInt(key, i);
          return counters.lookup(key);
        };
    lab.attach(loaded);
    return new PacketLane(
        new Identity(EBPF, "ebpf", "eBPF", XDP, BUILTIN_XDP, artifact(object, loaded)),
        lab,
        device,
        device.xdp(),
        counter,
        events);
  }

  private PacketLane module() throws LoadRefused {
    BuiltObject object =
        objects.object(workload.files(), workload.files().named(".mod.c"), Target.MODULE);
    Lab lab = Lab.boot(machine);
    NetDevice device = lab.kernel().net().device("eth0");
    List<Object[]> events = record(lab, device, false);
    lab.insmod(object);
    byte[] rules = encoded(workload);
    lab.kernel().memory().write(lab.symbol("filter_table"), rules, 0, rules.length);
    long counters = lab.symbol("filter_counters");
    return new PacketLane(
        new Identity(
            MODULE,
            "module",
            "Kernel module",
            PRE_ROUTING,
            BUILTIN_PRE_ROUTING,
            artifact(object, lab)),
        lab,
        device,
        hook(lab, device, false),
        i -> counters + (long) i * COUNTER_SIZE,
        events);
  }

  /** What the report says of a loaded eBPF object. */
  static Artifact artifact(BuiltObject object, Lab.Loaded loaded) {
    return new Artifact(
        object.file(),
        object.bytes().length,
        (long) loaded.program().insns().size(),
        "instructions of " + Insn.BYTES + " bytes",
        "verifier: processed %d insns".formatted(loaded.result().insnsProcessed()));
  }

  /** What the report says of a loaded module. */
  static Artifact artifact(BuiltObject object, Lab lab) {
    return new Artifact(
        object.file(),
        object.bytes().length,
        lab.modules().modules().getFirst().size(),
        "bytes in the kernel",
        "loader: linked; nothing looked at the code");
  }

  private static HookPoint hook(Lab lab, NetDevice device, boolean xdp) {
    return xdp ? device.xdp() : lab.kernel().net().netfilter().preRouting();
  }

  private List<Object[]> record(Lab lab, NetDevice device, boolean xdp) {
    PacketRecorder recorder = new PacketRecorder(lab);
    return xdp ? recorder.atXdp(device, frames) : recorder.atPreRouting(device, frames);
  }

  /** The frames that timed passes go over. */
  public static List<byte[]> timed(List<byte[]> frames) {
    return frames.subList(0, Math.min(TIMED, frames.size()));
  }

  /** A workload's rules as {@code struct filter_table}. */
  public static byte[] encoded(Workload workload) {
    ByteBuffer out =
        ByteBuffer.allocate(4 + workload.rules().size() * FilterRule.SIZE)
            .order(ByteOrder.LITTLE_ENDIAN);
    if (workload.rules().size() > RULES) {
      throw new IllegalStateException(workload.name() + " has more than " + RULES + " rules");
    }
    out.putInt(workload.rules().size());
    workload.rules().forEach(rule -> rule.encode(out));
    return out.array();
  }
}
