package ringside.kernel.task;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import ringside.kernel.core.KernelCore;
import ringside.kernel.cpu.UserContext;
import ringside.kernel.fs.Credentials;
import ringside.kernel.fs.FileTable;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.KernelStack;
import ringside.kernel.mm.Memory;
import ringside.kernel.time.VirtualClock;

/**
 * One task: a view of its {@code struct task_struct}.
 *
 * <p>Name, numbers and credentials are read from simulated memory each time, since whoever runs at
 * Ring 0 may have changed them there.
 */
public final class Task {
  private static final int CAP_DAC_OVERRIDE = 1;
  private static final int CAP_KILL = 5;

  private final TaskLayout layout;
  private final Memory memory;
  private final long address;
  private final KernelStack stack;
  private final int pid;
  private final UserContext context = new UserContext();
  private State state = State.RUNNABLE;
  private @Nullable Task parent;
  private @Nullable AddressSpace mm;
  private @Nullable FileTable files;
  private VirtualClock.@Nullable Timer timer;
  private @Nullable Blocked blocked;
  private int exitCode;
  private int pendingSignal;
  private String lastComm = "";

  /** Whether a task runs, waits or is gone. */
  public enum State {
    /** It runs or could. */
    RUNNABLE('R'),
    /** It waits inside a system call. */
    SLEEPING('S'),
    /** It has ended and its parent has not asked yet. */
    ZOMBIE('Z'),
    /** It is gone. */
    DEAD('X');

    private final char letter;

    State(char letter) {
      this.letter = letter;
    }

    /** The letter that {@code ps} shows. */
    public char letter() {
      return letter;
    }
  }

  /** What a waiting task tries again when it is woken. */
  @FunctionalInterface
  public interface Blocked {
    /** What {@link #retry} returns as long as the task must go on waiting. */
    long STILL_BLOCKED = Long.MIN_VALUE;

    /** The system call's result, or {@link #STILL_BLOCKED}. */
    long retry();
  }

  Task(KernelCore core, TaskLayout layout, long address, KernelStack stack, int pid) {
    this.layout = layout;
    this.memory = core.memory();
    this.address = address;
    this.stack = stack;
    this.pid = pid;
  }

  /** The address of its {@code struct task_struct}. */
  public long address() {
    return address;
  }

  /** Its thread id, as it was given; what memory says now is {@link #readPid}. */
  public int pid() {
    return pid;
  }

  /** {@code task->pid} in memory. */
  public int readPid() {
    return memory.readInt(address + layout.pid);
  }

  /** {@code task->tgid} in memory: the process id. */
  public int tgid() {
    return memory.readInt(address + layout.tgid);
  }

  /** {@code task->comm} in memory. */
  public String comm() {
    if (state == State.DEAD) {
      return lastComm; // its task_struct is freed, and may be another's by now
    }
    byte[] bytes = new byte[layout.commSize];
    memory.read(address + layout.comm, bytes, 0, bytes.length);
    int length = 0;
    while (length < bytes.length && bytes[length] != 0) {
      length++;
    }
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }

  /** Sets the name; what does not fit into 15 bytes is cut off. */
  public void setComm(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    byte[] comm = new byte[layout.commSize];
    System.arraycopy(bytes, 0, comm, 0, Math.min(bytes.length, comm.length - 1));
    memory.write(address + layout.comm, comm, 0, comm.length);
  }

  /** The address of its {@code struct cred} ({@code task->cred} in memory). */
  public long cred() {
    return memory.readLong(address + layout.cred);
  }

  /**
   * A field of its credentials, as memory has them.
   *
   * @param field e.g. {@code euid}; a 32-bit number
   */
  public int credential(String field) {
    return memory.readInt(cred() + layout.credLayout.offset(field));
  }

  /** Whether a capability is in the effective set. */
  public boolean capable(int capability) {
    long effective = memory.readLong(cred() + layout.credLayout.offset("cap_effective"));
    return (effective >>> capability & 1) != 0;
  }

  /** As whom it accesses files. */
  public Credentials fileCredentials() {
    return new Credentials(credential("fsuid"), credential("fsgid"), capable(CAP_DAC_OVERRIDE));
  }

  /** Whether it may send {@code target} a signal ({@code kill_ok_by_cred}). */
  public boolean maySignal(Task target) {
    int euid = credential("euid");
    int uid = credential("uid");
    int theirs = target.credential("uid");
    int saved = target.credential("suid");
    return euid == theirs || euid == saved || uid == theirs || uid == saved || capable(CAP_KILL);
  }

  /** Its kernel stack. */
  public KernelStack stack() {
    return stack;
  }

  /** Where its Ring 3 registers are saved while it is in the kernel ({@code task_pt_regs}). */
  public long ptRegs() {
    return (stack.top() - layout.ptRegs.size()) & -16;
  }

  /** Its Ring 3 registers while it runs there. */
  public UserContext context() {
    return context;
  }

  /** Whether it runs, waits or is gone. */
  public State state() {
    return state;
  }

  /** The task that started it; null for the first ones. */
  public @Nullable Task parent() {
    return parent;
  }

  /** Its address space; null for a task that never leaves the kernel. */
  public @Nullable AddressSpace mm() {
    return mm;
  }

  /** Its open files; null where it never opened any, or is gone. */
  public @Nullable FileTable files() {
    return files;
  }

  /** How often it has disabled preemption ({@code preempt_count}). */
  public int preemptCount() {
    return memory.readInt(address + layout.preemptCount);
  }

  /**
   * How it ended, as {@code wait(2)} tells it: the exit status times 256, or the signal that killed
   * it.
   */
  public int exitCode() {
    return exitCode;
  }

  /** Whether it has ended. */
  public boolean ended() {
    return state == State.ZOMBIE || state == State.DEAD;
  }

  /** Saves the Ring 3 registers on the kernel stack, as trap entry does. */
  void saveRegisters() {
    StructLayout regs = layout.ptRegs;
    long at = ptRegs();
    memory.writeLong(at + regs.offset("epc"), context.pc);
    // struct pt_regs has the registers by number behind epc, but for the arguments' place in it:
    // ra sp gp tp t0-t2 s0 s1 a0-a7 s2-s11 t3-t6 is x1 to x31.
    for (int i = 1; i < 32; i++) {
      memory.writeLong(at + 8L * i, context.x[i]);
    }
    memory.writeLong(at + regs.offset("status"), TaskLayout.STATUS_USER);
  }

  /** Takes the Ring 3 registers back from the kernel stack, as trap exit does. */
  void restoreRegisters() {
    long at = ptRegs();
    context.pc = memory.readLong(at);
    for (int i = 1; i < 32; i++) {
      context.x[i] = memory.readLong(at + 8L * i);
    }
  }

  void setState(State newState) {
    if (newState == State.DEAD) {
      lastComm = comm();
    }
    state = newState;
    switch (newState) {
      case RUNNABLE -> memory.writeInt(address + layout.state, 0);
      case SLEEPING -> memory.writeInt(address + layout.state, 1);
      case ZOMBIE -> {
        memory.writeInt(address + layout.state, TaskLayout.TASK_DEAD);
        memory.writeInt(address + layout.exitState, TaskLayout.EXIT_ZOMBIE);
      }
      case DEAD -> {} // its task_struct is about to be freed
    }
  }

  void setParent(@Nullable Task newParent) {
    parent = newParent;
    long at = newParent == null ? address : newParent.address;
    memory.writeLong(address + layout.realParent, at);
    memory.writeLong(address + layout.parent, at);
  }

  void setMm(@Nullable AddressSpace space) {
    mm = space;
  }

  void setFiles(@Nullable FileTable table) {
    files = table;
    memory.writeLong(address + layout.files, table == null ? 0 : table.address());
  }

  void setExitCode(int code) {
    exitCode = code;
    memory.writeInt(address + layout.exitCode, code);
  }

  VirtualClock.@Nullable Timer timer() {
    return timer;
  }

  void setTimer(VirtualClock.@Nullable Timer newTimer) {
    timer = newTimer;
  }

  @Nullable Blocked blocked() {
    return blocked;
  }

  void setBlocked(@Nullable Blocked newBlocked) {
    blocked = newBlocked;
  }

  /** The signal that will end it before it runs Ring 3 code again, or 0. */
  public int pendingSignal() {
    return pendingSignal;
  }

  void setPendingSignal(int signal) {
    pendingSignal = signal;
  }

  @Override
  public String toString() {
    return comm() + "[" + pid + "]";
  }
}
