package ringside.ebpf.map;

import ringside.kernel.core.Errno;

/**
 * One map: {@code struct bpf_map} and its operations, as programs and bpf(2) use them.
 *
 * <p>Keys and values are addresses in simulated memory. Operations return 0 or a negative errno,
 * with the flags and errors of the kernel's own map of that type.
 */
public abstract class BpfMap {
  /** {@code BPF_ANY}: create or overwrite. */
  public static final long BPF_ANY = 0;

  /** {@code BPF_NOEXIST}: create only. */
  public static final long BPF_NOEXIST = 1;

  /** {@code BPF_EXIST}: overwrite only. */
  public static final long BPF_EXIST = 2;

  /** {@code BPF_F_LOCK}: under the value's spin lock. */
  public static final long BPF_F_LOCK = 4;

  private final MapDescriptor descriptor;
  private final long address;

  /**
   * Makes the part that all maps share.
   *
   * @param address of its {@code struct bpf_map}, which programs pass to helpers
   */
  protected BpfMap(MapDescriptor descriptor, long address) {
    this.descriptor = descriptor;
    this.address = address;
  }

  /** Its shape. */
  public final MapDescriptor descriptor() {
    return descriptor;
  }

  /** The address that stands for it in programs. */
  public final long address() {
    return address;
  }

  /** The address of the value behind a key ({@code map_lookup_elem}), or 0. */
  public abstract long lookup(long key);

  /** Stores a value ({@code map_update_elem}). */
  public abstract long update(long key, long value, long flags);

  /** Removes a key ({@code map_delete_elem}). */
  public abstract long delete(long key);

  /**
   * Writes the key behind {@code key} to {@code next} ({@code map_get_next_key}).
   *
   * @param key 0 for the first one
   * @return 0, or {@code -ENOENT} behind the last one
   */
  public abstract long nextKey(long key, long next);

  /**
   * The address of a byte of the value that programs may name directly ({@code
   * map_direct_value_addr}), or 0 where the map has none.
   *
   * @param offset bytes from the value's start
   */
  public long directValue(int offset) {
    return 0;
  }

  /** Sees one element; returns 0 to go on. */
  @FunctionalInterface
  public interface Visitor {
    /** Takes the addresses of a key and its value. */
    long visit(long key, long value);
  }

  /**
   * Shows each element to a visitor until it says stop ({@code map_for_each_callback}).
   *
   * @return how many it saw, or {@code -EINVAL} where the type has no such operation
   */
  public long forEach(Visitor visitor) {
    return -Errno.EINVAL;
  }

  /** Gives all memory back. */
  public abstract void free();

  /** How many values stand behind one key: 1, or one for each possible CPU. */
  public int valuesPerKey() {
    return 1;
  }

  /**
   * The address of a CPU's value behind a key ({@code map_lookup_percpu_elem}), or 0.
   *
   * @param cpu looked at by per-CPU maps only
   */
  public long lookupOn(long key, int cpu) {
    return cpu == 0 ? lookup(key) : 0;
  }
}
