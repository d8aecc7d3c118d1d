package ringside.kernel.trap;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;

/** The kernel's taint flags ({@code /proc/sys/kernel/tainted}). */
public final class Taint {
  private long mask;

  /** The flags in bit order, as {@code kernel/panic.c} names them. */
  public enum Flag {
    PROPRIETARY_MODULE(0, 'P', 'G'),
    FORCED_MODULE(1, 'F', ' '),
    CPU_OUT_OF_SPEC(2, 'S', ' '),
    FORCED_RMMOD(3, 'R', ' '),
    MACHINE_CHECK(4, 'M', ' '),
    BAD_PAGE(5, 'B', ' '),
    USER(6, 'U', ' '),
    DIE(7, 'D', ' '),
    OVERRIDDEN_ACPI_TABLE(8, 'A', ' '),
    WARN(9, 'W', ' '),
    CRAP(10, 'C', ' '),
    FIRMWARE_WORKAROUND(11, 'I', ' '),
    OOT_MODULE(12, 'O', ' '),
    UNSIGNED_MODULE(13, 'E', ' '),
    SOFTLOCKUP(14, 'L', ' '),
    LIVEPATCH(15, 'K', ' '),
    AUX(16, 'X', ' '),
    RANDSTRUCT(17, 'T', ' '),
    TEST(18, 'N', ' ');

    private final int bit;
    private final char whenSet;
    private final char whenClear;

    Flag(int bit, char whenSet, char whenClear) {
      this.bit = bit;
      this.whenSet = whenSet;
      this.whenClear = whenClear;
    }

    /** The bit's number in the mask. */
    public int bit() {
      return bit;
    }

    /** The flag's letter. */
    public char letter() {
      return whenSet;
    }
  }

  /** Sets a flag; flags are never cleared. */
  public void add(Flag flag) {
    mask |= 1L << flag.bit;
  }

  /** Whether a flag is set. */
  public boolean has(Flag flag) {
    return (mask & 1L << flag.bit) != 0;
  }

  /** The bit mask, as {@code /proc/sys/kernel/tainted} shows it. */
  public long mask() {
    return mask;
  }

  /** {@code Not tainted}, or {@code Tainted: } and a column for every flag. */
  @TruffleBoundary
  public String describe() {
    if (mask == 0) {
      return "Not tainted";
    }
    StringBuilder out = new StringBuilder("Tainted: ");
    for (Flag flag : Flag.values()) {
      out.append(has(flag) ? flag.whenSet : flag.whenClear);
    }
    return out.toString();
  }

  /** The set flags with their names, {@code Tainted: [O]=OOT_MODULE}, or an empty string. */
  @TruffleBoundary
  public String describeVerbose() {
    StringBuilder out = new StringBuilder();
    for (Flag flag : Flag.values()) {
      if (has(flag)) {
        out.append(out.isEmpty() ? "Tainted: [" : ", [")
            .append(flag.whenSet)
            .append("]=")
            .append(flag.name());
      }
    }
    return out.toString();
  }
}
