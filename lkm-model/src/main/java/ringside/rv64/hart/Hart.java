package ringside.rv64.hart;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import org.jspecify.annotations.Nullable;
import ringside.kernel.cpu.CpuTrap;
import ringside.kernel.cpu.RegisterFile;
import ringside.kernel.mm.Access;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.MemoryFault;
import ringside.kernel.mm.Oracle;
import ringside.kernel.text.KernelCall;
import ringside.rv64.isa.Csr;
import ringside.rv64.isa.Instruction;

/**
 * One RV64 hart: the registers as they stand between two pieces of compiled code.
 *
 * <p>While a function runs, its registers live in its Truffle frame; they are written back here
 * before every call, trap and poll, so whoever looks from outside sees the precise state.
 */
public final class Hart {
  /** Instructions between two polls of the machine, and so the grain of preemption. */
  public static final int STRIDE = 1024;

  /** Guest calls that may nest on the host's stack before they are unwound and resumed flat. */
  public static final int MAX_DEPTH = 128;

  /**
   * The return address of a call that the kernel makes: where machine code returns to the kernel.
   *
   * <p>In the head text of the kernel image, below {@code _stext}, where no function stands.
   */
  public static final long RETURN_TO_KERNEL = Memory.KERNEL_LINK_ADDR + 0x1000;

  /** {@link #exit}: nothing special, {@link #pc} tells where to go on. */
  public static final int RUNNING = 0;

  /** {@link #exit}: {@code ecall} in Ring 3; {@link #pc} is its address. */
  public static final int SYSCALL = 1;

  /** {@link #exit}: the Ring 3 budget is used up. */
  public static final int PREEMPTED = 2;

  /** {@link #exit}: too many nested host frames; unwind them all and go on at {@link #pc}. */
  public static final int COLLAPSE = 3;

  private static final long SSTATUS_SIE = 1 << 1;
  private static final long SSTATUS_SPIE = 1 << 5;
  private static final long SSTATUS_SPP = 1 << 8;
  private static final long SSTATUS_SUM = 1 << 18;
  private static final long SSTATUS_MXR = 1 << 19;
  private static final long SSTATUS_UXL_64 = 2L << 32;
  private static final long SSTATUS_WRITABLE =
      SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP | SSTATUS_SUM | SSTATUS_MXR;
  // Supervisor software, timer and external interrupts.
  private static final long INTERRUPTS = 1 << 1 | 1 << 5 | 1 << 9;
  // Sv39; the root table's page number is that of no real page, since page tables are not in RAM.
  private static final long SATP = 8L << 60 | 0x81000;
  private static final long SBI_ERR_NOT_SUPPORTED = -2;

  /** Registers x0–x31; x0 stays 0. */
  public final long[] x = new long[32];

  /** Where execution stands or goes on. */
  public long pc;

  /** Instructions left until the next {@link #poll}; negative when it is overdue. */
  public long credit = STRIDE;

  /** Why code came back to its caller: {@link #RUNNING} and so on. */
  public int exit;

  /** Guest calls now nested on the host's stack. */
  public int depth;

  private final Machine machine;
  private final Memory memory;
  private final @Nullable Oracle oracle;
  private long grant = STRIDE;
  private long retired;
  private long budget;
  private boolean user;
  private int nesting;
  private long reservation;
  private boolean reserved;
  private long sstatus = SSTATUS_SIE;
  private long sie = INTERRUPTS;
  private long stvec;
  private long sscratch;
  private long sepc;
  private long scause;
  private long stval;

  /** Makes a hart with interrupts enabled, as the kernel runs. */
  public Hart(Machine machine) {
    this.machine = machine;
    this.memory = machine.memory();
    this.oracle = machine.oracle();
  }

  /** The memory it accesses. */
  public Memory memory() {
    return memory;
  }

  /** The machine around it. */
  public Machine machine() {
    return machine;
  }

  /** Whether {@code sstatus.SIE} is set: the kernel may be interrupted. */
  public boolean interruptsEnabled() {
    return (sstatus & SSTATUS_SIE) != 0;
  }

  /** Instructions retired so far and told to the machine. */
  public long retired() {
    return retired;
  }

  // --- time ---

  /** Tells the machine of what has been retired since the last time. */
  public void settle() {
    long used = grant - credit;
    if (used != 0) {
      settle(used);
    }
  }

  @TruffleBoundary
  private void settle(long used) {
    retired += used;
    if (user) {
      budget -= used;
      grant = Math.clamp(budget, 1, STRIDE);
    } else {
      grant = STRIDE;
    }
    credit = grant;
    machine.retire(used);
  }

  /**
   * Lets virtual time move on to now; called where the credit is used up, with the registers
   * written back.
   *
   * @return whether Ring 3 is to be preempted here
   */
  @TruffleBoundary
  public boolean poll() {
    settle();
    if (user && budget <= 0) {
      exit = PREEMPTED;
      return true;
    }
    return false;
  }

  // --- calls ---

  /**
   * Begins a call from the kernel into Ring 0 machine code: sets ra, sp and tp.
   *
   * @return what {@link #leaveKernelCall} puts back, or null where nothing is interrupted
   */
  public @Nullable Saved enterKernelCall() {
    settle();
    Saved saved = nesting > 0 || user ? save() : null;
    setUpStack(saved != null && !saved.user);
    nesting++;
    reserved = false;
    depth = 0;
    exit = RUNNING;
    x[1] = RETURN_TO_KERNEL;
    return saved;
  }

  /** Ends a call from the kernel, also one that a guest exception ends. */
  public void leaveKernelCall(@Nullable Saved saved) {
    settle();
    nesting--;
    depth = 0;
    exit = RUNNING;
    if (saved != null) {
      restore(saved);
    }
  }

  @TruffleBoundary
  private void setUpStack(boolean nested) {
    long top = machine.kernelStackTop();
    // A call on a stack that machine code already uses continues below what stands there.
    boolean continues = nested && Long.compareUnsigned(top - x[2], machine.kernelStackSize()) <= 0;
    x[2] = continues ? x[2] & -16 : top;
    x[4] = machine.currentTask();
  }

  @TruffleBoundary
  private Saved save() {
    Saved saved = new Saved(x.clone(), pc, depth, user, budget);
    user = false;
    grant = STRIDE;
    credit = STRIDE;
    reserved = false;
    return saved;
  }

  @TruffleBoundary
  private void restore(Saved saved) {
    System.arraycopy(saved.x, 0, x, 0, x.length);
    pc = saved.pc;
    depth = saved.depth;
    user = saved.user;
    budget = saved.budget;
    grant = user ? Math.clamp(budget, 1, STRIDE) : STRIDE;
    credit = grant;
    reserved = false;
  }

  /** Whether an oracle watches, which {@link #tellOracle} tells; a compilation constant. */
  public boolean watched() {
    return oracle != null;
  }

  /** Tells the oracle that the code at {@code address} begins to run, with the registers set up. */
  @TruffleBoundary
  public void tellOracle(long address, int arguments) {
    if (oracle != null) {
      long[] given = new long[arguments + 1];
      System.arraycopy(x, 10, given, 0, arguments);
      given[arguments] = x[4];
      long low = machine.kernelStackTop() - machine.kernelStackSize();
      oracle.enter(machine.moduleAt(address), true, Math.min(low, x[2]), x[2], given);
    }
  }

  /** Tells the oracle that a function has returned, and its stack frame is gone. */
  @TruffleBoundary
  public void tellOracleOfReturn() {
    if (oracle != null && !user) {
      oracle.returned(x[2]);
    }
  }

  /** Tells the oracle that what it was last told of has ended. */
  @TruffleBoundary
  public void tellOracleOfEnd() {
    if (oracle != null) {
      oracle.leave();
    }
  }

  /** Runs a kernel function that machine code has called, and returns to the caller's ra. */
  @TruffleBoundary
  public void callKernel(KernelCall call, long address) {
    settle();
    pc = address;
    x[10] = call.call(new RegisterArguments(memory, x));
    if (oracle != null) {
      oracle.given(x[10]);
    }
    pc = x[1];
  }

  /** Whether Ring 3 code runs. */
  public boolean user() {
    return user;
  }

  /**
   * Switches to Ring 3 for at most about {@code instructions}, with the registers {@code context}.
   *
   * @return what {@link #leaveUser} puts back, or null where nothing is interrupted
   */
  public @Nullable Saved enterUser(long[] context, long instructions) {
    settle();
    Saved saved = nesting > 0 ? save() : null;
    System.arraycopy(context, 1, x, 1, x.length - 1);
    user = true;
    budget = instructions;
    grant = Math.clamp(budget, 1, STRIDE);
    credit = grant;
    exit = RUNNING;
    depth = 0;
    reserved = false;
    return saved;
  }

  /** Switches back to Ring 0. */
  public void leaveUser(@Nullable Saved saved) {
    settle();
    user = false;
    grant = STRIDE;
    credit = STRIDE;
    exit = RUNNING;
    reserved = false;
    if (saved != null) {
      restore(saved);
    }
  }

  /** The registers as a trap would have saved them; a copy. */
  public RegisterFile registers() {
    long status = SSTATUS_UXL_64 | (sstatus & (SSTATUS_SUM | SSTATUS_MXR));
    status |= interruptsEnabled() || user ? SSTATUS_SPIE : 0;
    status |= user ? 0 : SSTATUS_SPP;
    return new RegisterFile(x.clone(), pc, status);
  }

  // --- memory ---

  /** Whether Ring 0 may touch Ring 3's pages ({@code sstatus.SUM}). */
  public boolean userMemoryAllowed() {
    return (sstatus & SSTATUS_SUM) != 0;
  }

  /** The fault of an access across the rings. */
  @TruffleBoundary
  public static MemoryFault ringFault(long address, int size, boolean write) {
    return new MemoryFault(address, size, write ? Access.WRITE : Access.READ, null);
  }

  /** Remembers the address of a load-reserved; traps and calls from the kernel forget it. */
  public void reserve(long address) {
    reservation = address;
    reserved = true;
  }

  /** Gives up the reservation; returns whether it was for {@code address}. */
  public boolean takeReservation(long address) {
    boolean held = reserved && reservation == address;
    reserved = false;
    return held;
  }

  // --- system instructions ---

  /**
   * Executes a system instruction other than {@code ebreak} and Ring 3's {@code ecall}, with the
   * registers written back and {@link #pc} at it; leaves {@link #pc} where execution goes on.
   */
  @TruffleBoundary
  public void system(Instruction instruction) {
    long next = pc + instruction.length();
    switch (instruction.op()) {
      case ECALL -> {
        // Firmware answers S-mode's ecall (SBI); this machine has none to offer.
        x[10] = SBI_ERR_NOT_SUPPORTED;
        x[11] = 0;
      }
      case SRET -> {
        // Ring 3 is entered by the kernel's own return path only, so SPP must say Ring 0.
        if (user || (sstatus & SSTATUS_SPP) == 0) {
          throw illegal(instruction);
        }
        boolean enable = (sstatus & SSTATUS_SPIE) != 0;
        sstatus = (sstatus & ~(SSTATUS_SIE | SSTATUS_SPP)) | SSTATUS_SPIE;
        sstatus |= enable ? SSTATUS_SIE : 0;
        next = sepc;
      }
      case WFI, SFENCE_VMA -> {
        // Waiting may end at any time, and translations are never cached.
        if (user) {
          throw illegal(instruction);
        }
      }
      case CSRRW, CSRRS, CSRRC, CSRRWI, CSRRSI, CSRRCI -> csr(instruction);
      default -> throw illegal(instruction);
    }
    pc = next;
  }

  /** The trap that {@code instruction} at {@link #pc} raises where it may not be executed. */
  @TruffleBoundary
  public CpuTrap illegal(Instruction instruction) {
    return new CpuTrap(
        CpuTrap.Cause.ILLEGAL_INSTRUCTION, pc, Integer.toUnsignedLong(instruction.word()), null);
  }

  private void csr(Instruction instruction) {
    Csr csr = Csr.of((int) instruction.immediate());
    boolean exchange =
        switch (instruction.op()) {
          case CSRRW, CSRRWI -> true;
          default -> false;
        };
    boolean writes = exchange || instruction.rs1() != 0;
    if (csr == null || (user && !allowedToUser(csr)) || (writes && csr.readOnly())) {
      throw illegal(instruction);
    }
    long old = readCsr(csr);
    if (writes) {
      long operand =
          switch (instruction.op()) {
            case CSRRWI, CSRRSI, CSRRCI -> instruction.rs1();
            default -> x[instruction.rs1()];
          };
      writeCsr(
          csr,
          switch (instruction.op()) {
            case CSRRS, CSRRSI -> old | operand;
            case CSRRC, CSRRCI -> old & ~operand;
            default -> operand;
          });
    }
    if (instruction.rd() != 0) {
      x[instruction.rd()] = old;
    }
  }

  /** Linux lets Ring 3 read the time only, unless perf opened a counter for it. */
  private static boolean allowedToUser(Csr csr) {
    return csr == Csr.TIME;
  }

  private long readCsr(Csr csr) {
    return switch (csr) {
      case CYCLE, INSTRET -> retired + (grant - credit);
      case TIME -> {
        settle();
        yield machine.nanos();
      }
      case SSTATUS -> sstatus | SSTATUS_UXL_64;
      case SIE -> sie;
      case STVEC -> stvec;
      case SCOUNTEREN -> 1 << 1; // TM: Ring 3 may read the time
      case SSCRATCH -> sscratch;
      case SEPC -> sepc;
      case SCAUSE -> scause;
      case STVAL -> stval;
      case SIP -> 0;
      case SATP -> SATP;
    };
  }

  private void writeCsr(Csr csr, long value) {
    switch (csr) {
      case SSTATUS -> sstatus = value & SSTATUS_WRITABLE;
      case SIE -> sie = value & INTERRUPTS;
      case STVEC -> stvec = value;
      case SSCRATCH -> sscratch = value;
      case SEPC -> sepc = value & -2;
      case SCAUSE -> scause = value;
      case STVAL -> stval = value;
      // Hardwired: the specification lets an implementation ignore what it does not support.
      case SIP, SCOUNTEREN, SATP, CYCLE, TIME, INSTRET -> {}
    }
  }

  /** The state of whatever a call from the kernel interrupts. */
  public static final class Saved {
    private final long[] x;
    private final long pc;
    private final int depth;
    private final boolean user;
    private final long budget;

    private Saved(long[] x, long pc, int depth, boolean user, long budget) {
      this.x = x;
      this.pc = pc;
      this.depth = depth;
      this.user = user;
      this.budget = budget;
    }
  }
}
