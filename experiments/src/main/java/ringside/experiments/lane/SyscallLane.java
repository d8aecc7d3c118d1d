package ringside.experiments.lane;

import com.oracle.truffle.api.RootCallTarget;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import ringside.experiments.build.BuiltObject;
import ringside.experiments.measure.Subject;
import ringside.experiments.vm.RecorderNode;
import ringside.hook.Attachment;
import ringside.hook.HookPoint;
import ringside.kernel.core.ThisCpu;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.task.Task;
import ringside.reports.model.LaneResult;

/** The system call counter in one kernel, whatever it is made of. */
public final class SyscallLane implements AutoCloseable {
  /** Processes that run each of the programs. */
  private static final int EACH = 2;

  /** Virtual seconds that the programs have; they take a fraction of it. */
  private static final long LIMIT = 60_000_000_000L;

  /** Names of what a process's counts are, in the order of {@code struct count}. */
  private static final List<String> COUNTS = List.of("calls", "file", "process", "time", "other");

  private final PacketLane.Identity identity;
  private final Lab lab;
  private final Counts counts;
  private final Map<Integer, String> processes = new LinkedHashMap<>();
  private final Map<String, List<String>> calls = new LinkedHashMap<>();
  private final List<Long> recorded = new ArrayList<>();
  private @Nullable BuiltObject program;

  /** Where an extension keeps the counts of processes. */
  @FunctionalInterface
  interface Counts {
    /** The address of a process's {@code struct count}, 0 where it has none. */
    long of(int tgid);
  }

  SyscallLane(PacketLane.Identity identity, Lab lab, Counts counts) {
    this.identity = identity;
    this.lab = lab;
    this.counts = counts;
  }

  /** What it is. */
  public PacketLane.Identity identity() {
    return identity;
  }

  /** What was loaded. */
  public LaneResult.@Nullable Artifact artifact() {
    return identity.artifact();
  }

  /**
   * Runs the programs.
   *
   * @param programs Ring 3 executables
   * @param seed says how many rounds each process makes
   * @return for each process the numbers of its system calls, in their order
   */
  public Map<String, List<String>> run(List<BuiltObject> programs, long seed) {
    HookPoint hook = lab.kernel().trace().sysEnter();
    RootCallTarget recorder =
        new RecorderNode(lab.kernel().language(), this::record, 0).getCallTarget();
    Attachment attachment = new Attachment("recorder", 1, recorder);
    hook.attach(attachment);
    SplittableRandom random = new SplittableRandom(seed);
    lab.inGuest(() -> {
      for (int i = 0; i < EACH; i++) {
        for (BuiltObject program : programs) {
          spawn(program, i, 20 + random.nextInt(80));
        }
      }
      if (!lab.kernel().tasks().run(LIMIT)) {
        throw new IllegalStateException("the programs did not end within their time");
      }
      return 0;
    });
    hook.detach(attachment);
    return calls;
  }

  private void spawn(BuiltObject object, int copy, int rounds) {
    program = object;
    String name = object.file() + "-" + copy;
    Task task =
        lab.kernel()
            .tasks()
            .spawn("/bin/" + name, object.bytes(), List.of(name, Integer.toString(rounds)));
    processes.put(task.tgid(), name);
    calls.put(name, new ArrayList<>());
  }

  private void record(Object[] arguments) {
    Task task = lab.kernel().tasks().current();
    String name = processes.get(task.tgid());
    if (name != null) {
      calls.getOrDefault(name, new ArrayList<>()).add(Long.toString((long) arguments[1]));
      recorded.add((long) arguments[1]);
    }
  }

  /** What the extension counted, by process and class. */
  public Map<String, Long> counters() {
    Map<String, Long> read = new LinkedHashMap<>();
    processes.forEach((tgid, name) -> {
      long count = counts.of(tgid);
      for (int i = 0; i < COUNTS.size(); i++) {
        read.put(
            name + ": " + COUNTS.get(i),
            count == 0 ? 0 : lab.kernel().memory().readLong(count + 8L * i));
      }
    });
    return read;
  }

  /** The recorded calls again, in the context of one process, to be timed. */
  public Subject timed() {
    StructLayout regs = lab.kernel().layouts().of("pt_regs");
    int number = regs.offset("a7");
    List<Object[]> events = new ArrayList<>();
    for (long call : recorded.subList(0, Math.min(256, recorded.size()))) {
      long address = lab.allocate(regs.size());
      lab.kernel().memory().writeLong(address + number, call);
      events.add(new Object[] {address, call});
    }
    HookLoop loop = new HookLoop(lab, lab.kernel().trace().sysEnter(), events);
    BuiltObject object = program;
    if (object == null) {
      throw new IllegalStateException("nothing was recorded yet");
    }
    // It never runs: it only stands for the process in whose context the calls are.
    Task task = lab.kernel().tasks().spawn("/bin/replay", object.bytes(), List.of("replay"));
    ThisCpu cpu = lab.kernel().core().thisCpu();
    return new Subject() {
      @Override
      public int eventsPerPass() {
        return loop.eventsPerPass();
      }

      @Override
      public boolean compiled() {
        return loop.compiled();
      }

      @Override
      public void run(int passes) {
        long before = cpu.current();
        long stack = cpu.stackTop();
        cpu.switchTo(task.address(), task.ptRegs(), null);
        loop.run(passes);
        cpu.switchTo(before, stack, null);
      }
    };
  }

  @Override
  public void close() {
    lab.close();
  }
}
