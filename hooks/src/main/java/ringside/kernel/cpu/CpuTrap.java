package ringside.kernel.cpu;

import com.oracle.truffle.api.exception.AbstractTruffleException;
import com.oracle.truffle.api.nodes.Node;
import org.jspecify.annotations.Nullable;

/** A synchronous exception of the CPU other than a load or store page fault; a guest exception. */
@SuppressWarnings("serial") // never serialised; AbstractTruffleException merely inherits the marker
public final class CpuTrap extends AbstractTruffleException {
  private final Cause cause;
  private final long pc;
  private final long value;

  /**
   * Makes a trap.
   *
   * @param pc where it happened ({@code sepc})
   * @param value {@code stval}: the instruction word or the address
   */
  public CpuTrap(Cause cause, long pc, long value, @Nullable Node location) {
    super(null, null, 0, location);
    this.cause = cause;
    this.pc = pc;
    this.value = value;
  }

  /** Which exception. */
  public Cause cause() {
    return cause;
  }

  /** Where it happened. */
  public long pc() {
    return pc;
  }

  /** The instruction word or the address. */
  public long value() {
    return value;
  }

  /** The riscv exceptions that code can raise; {@link #code} is {@code scause}. */
  public enum Cause {
    INSTRUCTION_ADDRESS_MISALIGNED(0),
    INSTRUCTION_ACCESS_FAULT(1),
    ILLEGAL_INSTRUCTION(2),
    BREAKPOINT(3),
    /** An atomic load that is not naturally aligned. */
    LOAD_ADDRESS_MISALIGNED(4),
    /** An atomic operation that is not naturally aligned. */
    STORE_ADDRESS_MISALIGNED(6),
    INSTRUCTION_PAGE_FAULT(12);

    private final int code;

    Cause(int code) {
      this.code = code;
    }

    /** The value of {@code scause}. */
    public int code() {
      return code;
    }
  }
}
