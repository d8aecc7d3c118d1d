package ringside.rv64.vm;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import ringside.kernel.cpu.CpuTrap;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.PageTable;
import ringside.kernel.text.KernelCall;
import ringside.rv64.code.CodeSource;
import ringside.rv64.code.Function;
import ringside.rv64.code.FunctionScanner;
import ringside.rv64.hart.Hart;

/** All code of one address space in one ring that has been found so far, by entry address. */
public final class CodeCache {
  private final Rv64Language language;
  private final Hart hart;
  private final boolean user;
  private final CodeSource source;
  private final Map<Long, Target> targets = new HashMap<>();

  /**
   * Makes an empty cache.
   *
   * @param user whether the code runs in Ring 3
   */
  public CodeCache(Rv64Language language, Hart hart, boolean user) {
    this.language = language;
    this.hart = hart;
    this.user = user;
    Memory memory = hart.memory();
    this.source =
        user
            ? pc -> pc < 0 ? -1 : memory.fetch(pc, PageTable.EXECUTE | PageTable.USER)
            : pc -> pc >= 0 ? -1 : memory.fetch(pc, PageTable.EXECUTE);
  }

  /** What a call or jump can lead to. */
  sealed interface Target {}

  /** Machine code. */
  record Machine(FunctionRootNode root) implements Target {}

  /** A function of the kernel, written in Java. */
  record InKernel(KernelCall call) implements Target {}

  Hart hart() {
    return hart;
  }

  Rv64Language language() {
    return language;
  }

  /**
   * Finds what stands at an address, looking into memory where it is not known yet.
   *
   * @throws CpuTrap where code may not be fetched from there; the hart's pc is the address then
   */
  @TruffleBoundary
  Target lookup(long address) {
    Target known = targets.get(address);
    if (known != null) {
      return known;
    }
    @Nullable KernelCall call = user ? null : hart.machine().callAt(address);
    Target found;
    if (call != null) {
      found = new InKernel(call);
    } else {
      if (source.fetch(address) < 0) {
        hart.pc = address;
        throw new CpuTrap(CpuTrap.Cause.INSTRUCTION_PAGE_FAULT, address, address, null);
      }
      found = new Machine(new FunctionRootNode(this, FunctionScanner.scan(source, address), user));
    }
    targets.put(address, found);
    return found;
  }

  /**
   * Forgets all code in {@code [from, to)}: it has been changed or unmapped.
   *
   * <p>A function that is running leaves at its next call, return of a call, or poll.
   */
  @TruffleBoundary
  public void invalidate(long from, long to) {
    drop(function -> function.overlaps(from, to));
  }

  /** Forgets code that memory no longer holds as it was decoded ({@code fence.i}). */
  @TruffleBoundary
  void dropChanged() {
    drop(function -> !function.isStillIn(source));
  }

  private void drop(Predicate<Function> condition) {
    targets
        .values()
        .removeIf(target -> {
          if (target instanceof Machine(FunctionRootNode root) && condition.test(root.function())) {
            root.invalidate();
            return true;
          }
          return false;
        });
  }
}
