package ringside.experiments.lane;

import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.BpfMap;
import ringside.ebpf.verifier.VerifierBug;
import ringside.ebpf.verifier.VerifierInput.Capabilities;
import ringside.experiments.build.BuiltObject;
import ringside.experiments.build.ObjectStore;
import ringside.experiments.catalog.Fault;
import ringside.experiments.catalog.FaultLane;
import ringside.experiments.lane.BuiltinFaults.Neighbour;
import ringside.kernel.KernelConfig;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.Oracle;
import ringside.kernel.printk.Printk;
import ringside.kernel.trap.KernelHang;
import ringside.kernel.trap.KernelPanic;
import ringside.kernel.trap.TaskKilled;
import ringside.toolchain.Target;

/** Commits one fault in one lane, in a kernel of its own with the oracle on. */
public final class FaultTrial {
  /** Virtual time that the trigger has. */
  private static final long LIMIT = 120_000_000_000L;

  private final Fault fault;
  private final FaultLane lane;
  private final ObjectStore objects;
  private final KernelConfig machine;

  /** Prepares a trial. */
  public FaultTrial(Fault fault, FaultLane lane, ObjectStore objects, KernelConfig machine) {
    this.fault = fault;
    this.lane = lane;
    this.objects = objects;
    this.machine = machine;
  }

  /** How the kernel took it. */
  public enum End {
    /** The extension was refused. */
    REFUSED,
    /** The trigger ran through. */
    RAN,
    /** The task died in the kernel. */
    KILLED,
    /** The kernel panicked. */
    PANICKED,
    /** The kernel never came back. */
    HUNG
  }

  /**
   * What was seen.
   *
   * @param refusal why it was refused, in a line; null where it ran
   * @param log the verifier's log; empty where there is none
   * @param dmesg what the kernel logged since it had booted
   * @param violations what the oracle saw
   * @param overwritten whether memory of somebody else was changed
   * @param leaked whether the secret reached the user
   * @param output what the user got
   */
  public record Seen(
      End end,
      @Nullable String refusal,
      String log,
      List<String> dmesg,
      List<Oracle.Violation> violations,
      boolean overwritten,
      boolean leaked,
      String output) {
    /** Copies the lists. */
    public Seen {
      dmesg = List.copyOf(dmesg);
      violations = List.copyOf(violations);
    }
  }

  /** Runs it. */
  public Seen run() {
    try (Lab lab = Lab.bootWatched(machine)) {
      int booted = lab.kernel().printk().lines().size();
      Neighbour neighbour = Neighbour.NONE;
      Lab.@Nullable Loaded loaded = null;
      String log = "";
      try {
        switch (lane) {
          case BUILTIN -> neighbour = new BuiltinFaults(lab).install(fault.name());
          case MODULE -> {
            lab.insmod(object(".mod.c", Target.MODULE));
            neighbour = neighbour(lab);
          }
          case EBPF, EBPF_ROOT, EBPF_FLAWED, EBPF_UNVERIFIED -> {
            loaded = load(lab);
            log = loaded.result().log();
            neighbour = neighbour(lab, loaded);
            lab.attach(loaded);
          }
        }
      } catch (LoadRefused refused) {
        return seen(lab, End.REFUSED, refused.reason(), refused.log(), booted, false, "");
      }
      End end = trigger(lab, loaded);
      boolean overwritten = neighbour.address() != 0 && !isZero(lab, neighbour);
      return seen(lab, end, null, log, booted, overwritten, output(lab, loaded));
    }
  }

  private Lab.Loaded load(Lab lab) throws LoadRefused {
    BuiltObject object = object(".bpf.c", Target.BPF);
    ProgramType type = Lab.type(object, fault.program());
    if (lane == FaultLane.EBPF_FLAWED) {
      lab.bpf().makeVerifierBugs(Set.of(verifierBug()));
    }
    return lab.load(
        object,
        fault.program(),
        lane == FaultLane.EBPF ? Lab.least(type) : Capabilities.ROOT,
        lane != FaultLane.EBPF_UNVERIFIED);
  }

  private VerifierBug verifierBug() {
    return Optional.ofNullable(fault.verifierBug())
        .flatMap(VerifierBug::of)
        .orElseThrow(
            () -> new IllegalStateException(fault.name() + "/fault.json names no verifier bug"));
  }

  private BuiltObject object(String suffix, Target target) {
    return objects.object(fault.files(), fault.files().named(suffix), target);
  }

  /** A packet arrives and a program makes system calls: each hook has its event. */
  private End trigger(Lab lab, Lab.@Nullable Loaded loaded) {
    BuiltObject victim = object("victim.c", Target.USER);
    int[] killed = new int[1];
    try {
      lab.inGuest(() -> {
        if (loaded != null && loaded.program().type() == ProgramType.XDP) {
          lab.kernel().net().receive(lab.kernel().net().device("eth0"), new byte[64]);
        }
        var task = lab.kernel().tasks().spawn("/bin/victim", victim.bytes(), List.of("victim"));
        lab.kernel().tasks().run(LIMIT);
        killed[0] = task.exitCode() & 0x7f;
        return 0;
      });
    } catch (KernelPanic e) {
      return End.PANICKED;
    } catch (KernelHang e) {
      return End.HUNG;
    } catch (TaskKilled e) {
      return End.KILLED;
    }
    return killed[0] != 0 ? End.KILLED : End.RAN;
  }

  private Seen seen(
      Lab lab,
      End end,
      @Nullable String refusal,
      String log,
      int booted,
      boolean overwritten,
      String output) {
    List<String> lines = lab.kernel().printk().lines().stream().map(Printk.Line::toString).toList();
    Oracle oracle = lab.kernel().oracle();
    String secret = fault.secret();
    return new Seen(
        end,
        refusal,
        log,
        lines.subList(Math.min(booted, lines.size()), lines.size()),
        oracle == null ? List.of() : oracle.violations(),
        overwritten,
        secret != null && output.contains(secret),
        output);
  }

  /** What the user got to see: the victim's output, or the map that the loader reads. */
  private static String output(Lab lab, Lab.@Nullable Loaded loaded) {
    String console = lab.kernel().fs().console();
    if (loaded == null) {
      return console;
    }
    return value(lab, loaded, "replies", 0)
        .map(bytes -> HexFormat.of().formatHex(bytes) + "\n")
        .orElse(console);
  }

  private static Optional<byte[]> value(Lab lab, Lab.Loaded loaded, String name, int key) {
    return address(lab, loaded, name, key)
        .map(neighbour -> {
          byte[] bytes = new byte[neighbour.size()];
          lab.kernel().memory().read(neighbour.address(), bytes, 0, bytes.length);
          return bytes;
        });
  }

  private static Optional<Neighbour> address(Lab lab, Lab.Loaded loaded, String name, int key) {
    if (loaded.object().map(name).isEmpty()) {
      return Optional.empty();
    }
    BpfMap map = loaded.map(name);
    long at = lab.allocate(8);
    lab.kernel().memory().writeInt(at, key);
    long value = map.lookup(at);
    return value == 0
        ? Optional.empty()
        : Optional.of(new Neighbour(value, map.descriptor().valueSize()));
  }

  /** The map entry behind the one that the program may write. */
  private static Neighbour neighbour(Lab lab, Lab.Loaded loaded) {
    return address(lab, loaded, "hits", 1).orElse(Neighbour.NONE);
  }

  /** The object that the module allocated behind the one that it may write. */
  private static Neighbour neighbour(Lab lab) {
    Memory memory = lab.kernel().memory();
    OptionalLong symbol = lab.find("neighbour");
    return symbol.isPresent()
        ? new Neighbour(memory.readLong(symbol.getAsLong()), 1024)
        : Neighbour.NONE;
  }

  private static boolean isZero(Lab lab, Neighbour neighbour) {
    for (int i = 0; i < neighbour.size(); i++) {
      if (lab.kernel().memory().readByte(neighbour.address() + i) != 0) {
        return false;
      }
    }
    return true;
  }
}
