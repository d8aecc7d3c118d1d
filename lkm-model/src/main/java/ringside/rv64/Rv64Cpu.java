package ringside.rv64;

import com.oracle.truffle.api.CallTarget;
import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.HashMap;
import java.util.Map;
import java.util.WeakHashMap;
import ringside.kernel.Kernel;
import ringside.kernel.cpu.Cpu;
import ringside.kernel.cpu.RegisterFile;
import ringside.kernel.cpu.UserContext;
import ringside.kernel.cpu.UserExit;
import ringside.kernel.mm.PageTable;
import ringside.kernel.vm.GuestContext;
import ringside.rv64.hart.Hart;
import ringside.rv64.hart.Machine;
import ringside.rv64.vm.CodeCache;
import ringside.rv64.vm.EntryRootNode;
import ringside.rv64.vm.Rv64Language;
import ringside.rv64.vm.UserMode;

/**
 * One RV64IMAC processor with supervisor and user mode, for one kernel, on one thread at a time.
 *
 * <p>{@code KernelConfig.withCpu(Rv64Cpu::of)} makes a machine with one.
 */
public final class Rv64Cpu implements Cpu {
  private final Hart hart;
  private final Rv64Language language;
  private final CodeCache kernelCode;
  private final Map<Long, CallTarget> entries = new HashMap<>();
  // An address space's code goes with it.
  private final Map<PageTable, UserMode> userModes = new WeakHashMap<>();

  /** Makes a processor for any machine; its code runs in {@code guest}. */
  public Rv64Cpu(Machine machine, GuestContext guest) {
    this.language = guest.language(Rv64Language.ID, Rv64Language::get);
    this.hart = new Hart(machine);
    this.kernelCode = new CodeCache(language, hart, false);
  }

  /** Makes the processor of a kernel. */
  public static Rv64Cpu of(Kernel kernel) {
    return new Rv64Cpu(new KernelMachine(kernel), kernel.guest());
  }

  @Override
  @TruffleBoundary
  public long call(long address, long... arguments) {
    Object[] boxed = new Object[arguments.length];
    for (int i = 0; i < arguments.length; i++) {
      boxed[i] = arguments[i];
    }
    return (long) callTarget(address).call(boxed);
  }

  @Override
  @TruffleBoundary
  public CallTarget callTarget(long address) {
    return entries.computeIfAbsent(
        address & -2, entry -> new EntryRootNode(kernelCode, entry).getCallTarget());
  }

  @Override
  @TruffleBoundary
  public UserExit runUser(UserContext context, long budget) {
    PageTable window = hart.memory().userWindow();
    if (window == null) {
      throw new IllegalStateException("no user address space is installed");
    }
    return userModes
        .computeIfAbsent(window, _ -> new UserMode(new CodeCache(language, hart, true)))
        .run(context, budget);
  }

  @Override
  public RegisterFile registers() {
    return hart.registers();
  }

  /** Whether {@code sstatus.SIE} is set; a module that clears it is not interrupted any more. */
  @Override
  public boolean interruptsEnabled() {
    return hart.interruptsEnabled();
  }

  /**
   * Forgets kernel-mode code in {@code [from, to)}, which has been changed or unmapped: a module
   * unloaded, an instruction patched.
   */
  @Override
  @TruffleBoundary
  public void flushInstructionCache(long from, long to) {
    kernelCode.invalidate(from, to);
  }

  /** Forgets Ring 3 code in {@code [from, to)} of one address space. */
  @TruffleBoundary
  public void invalidateUser(PageTable addressSpace, long from, long to) {
    UserMode mode = userModes.get(addressSpace);
    if (mode != null) {
      mode.code().invalidate(from, to);
    }
  }
}
