package ringside.kernel.mm;

/** Allocation flags, with the values of Linux 6.12 ({@code include/linux/gfp_types.h}). */
public final class Gfp {
  /** {@code GFP_KERNEL}: may sleep. */
  public static final int KERNEL = 0xcc0;

  /** {@code GFP_ATOMIC}: from interrupt context. */
  public static final int ATOMIC = 0x820;

  /** {@code __GFP_ZERO}: zero the object. */
  public static final int ZERO = 0x100;

  /** {@code __GFP_NOWARN}: say nothing when it fails. */
  public static final int NOWARN = 0x2000;

  private Gfp() {}
}
