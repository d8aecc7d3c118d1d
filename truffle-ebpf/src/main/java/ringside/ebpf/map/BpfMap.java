package ringside.ebpf.map;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.refcount.Counted;
import ringside.kernel.core.Errno;

/**
 * One map: {@code struct bpf_map} and its operations, as programs and bpf(2) use them.
 *
 * <p>Keys and values are addresses in simulated memory. Operations return 0 or a negative errno,
 * with the flags and errors of the kernel's own map of that type. Where bpf(2) takes another path
 * than programs, the method for it says {@code ForUser}; {@link UserMap} puts them together.
 */
public abstract class BpfMap extends Counted {
  /** {@code BPF_ANY}: create or overwrite. */
  public static final long BPF_ANY = 0;

  /** {@code BPF_NOEXIST}: create only. */
  public static final long BPF_NOEXIST = 1;

  /** {@code BPF_EXIST}: overwrite only. */
  public static final long BPF_EXIST = 2;

  /** {@code BPF_F_LOCK}: under the value's spin lock. */
  public static final long BPF_F_LOCK = 4;

  /** About what {@code struct bpf_map} and its type's own fields take. */
  private static final int STRUCT_SIZE = 320;

  private final MapRuntime runtime;
  private final MapMemory storage;
  private final long address;
  private MapDescriptor descriptor;
  private Runnable release = () -> {};
  private @Nullable Counted types;

  /**
   * Makes the part that all maps share.
   *
   * @param address of its {@code struct bpf_map}, which programs pass to helpers
   */
  protected BpfMap(MapRuntime runtime, MapDescriptor descriptor, long address) {
    super(true);
    this.runtime = runtime;
    this.storage = new MapMemory(runtime.core(), runtime.cpus());
    this.descriptor = descriptor;
    this.address = address;
  }

  /** Its shape, as it is now. */
  public final MapDescriptor descriptor() {
    return descriptor;
  }

  /** The address that stands for it in programs. */
  public final long address() {
    return address;
  }

  /** Its memory. */
  protected final MapMemory storage() {
    return storage;
  }

  /** What it shares with other maps of the kernel. */
  protected final MapRuntime runtime() {
    return runtime;
  }

  // --- programs ---

  /** The address of the value behind a key ({@code map_lookup_elem}), or 0. */
  public abstract long lookup(long key);

  /** Stores a value ({@code map_update_elem}). */
  public abstract long update(long key, long value, long flags);

  /** Removes a key ({@code map_delete_elem}). */
  public abstract long delete(long key);

  /** Adds a value ({@code map_push_elem}). */
  public long push(long value, long flags) {
    return -Errno.EOPNOTSUPP;
  }

  /** Takes a value out ({@code map_pop_elem}). */
  public long pop(long value) {
    return -Errno.EOPNOTSUPP;
  }

  /** Looks at the value that is next, or asks whether one is there ({@code map_peek_elem}). */
  public long peek(long value) {
    return -Errno.EOPNOTSUPP;
  }

  /**
   * The address of a CPU's value behind a key ({@code map_lookup_percpu_elem}), or 0.
   *
   * @param cpu looked at by per-CPU maps only
   */
  public long lookupOn(long key, int cpu) {
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

  /**
   * The address of a byte of the value that programs may name directly ({@code
   * map_direct_value_addr}), or 0 where the map has none.
   *
   * @param offset bytes from the value's start
   */
  public long directValue(int offset) {
    return 0;
  }

  // --- bpf(2) ---

  /**
   * Writes the key behind {@code key} to {@code next} ({@code map_get_next_key}).
   *
   * @param key 0 for the first one
   * @return 0, or {@code -ENOENT} behind the last one
   */
  public long nextKey(long key, long next) {
    return -Errno.EOPNOTSUPP;
  }

  /** Bytes of a value as bpf(2) hands it over ({@code bpf_map_value_size}). */
  public int userValueSize() {
    return descriptor.valueSize();
  }

  /** Whether bpf(2) hands over keys: queues, stacks and filters have none. */
  public boolean hasKeys() {
    return descriptor.keySize() != 0;
  }

  /** Copies a value out for bpf(2) ({@code bpf_map_copy_value}). */
  public long lookupForUser(long key, long value, long flags) {
    return -Errno.ENOTSUPP;
  }

  /**
   * Stores a value for bpf(2) ({@code bpf_map_update_value}).
   *
   * @param descriptors what numbers in values of some types mean
   */
  public long updateForUser(long key, long value, long flags, Descriptors descriptors) {
    return update(key, value, flags);
  }

  /** Removes a key for bpf(2). */
  public long deleteForUser(long key) {
    return delete(key);
  }

  /** Copies a value out and removes it ({@code map_lookup_and_delete_elem}). */
  public long lookupAndDelete(long key, long value, long flags) {
    return -Errno.ENOTSUPP;
  }

  /** Which batch operations there are. */
  public Batches batches() {
    return Batches.NONE;
  }

  /**
   * The batch operations of a map type.
   *
   * @param lookup {@code BPF_MAP_LOOKUP_BATCH}
   * @param update {@code BPF_MAP_UPDATE_BATCH}
   * @param delete {@code BPF_MAP_DELETE_BATCH}
   * @param lookupAndDelete {@code BPF_MAP_LOOKUP_AND_DELETE_BATCH}
   */
  public record Batches(boolean lookup, boolean update, boolean delete, boolean lookupAndDelete) {
    static final Batches NONE = new Batches(false, false, false, false);
    static final Batches ARRAY = new Batches(true, true, false, false);
    static final Batches GENERIC = new Batches(true, true, true, false);
    static final Batches ALL = new Batches(true, true, true, true);
  }

  /** What file descriptors in values mean to the task that stores them. */
  public interface Descriptors {
    /** None at all. */
    Descriptors NONE = new Descriptors() {};

    /** The map behind a descriptor, or null. */
    default @Nullable BpfMap map(int fd) {
      return null;
    }

    /** The program behind a descriptor, or null. */
    default @Nullable MapProgram program(int fd) {
      return null;
    }

    /** The perf event behind a descriptor, or null. */
    default @Nullable PerfSink event(int fd) {
      return null;
    }

    /** The address of the task behind a pidfd, or 0. */
    default long task(int pidfd) {
      return 0;
    }
  }

  /**
   * Gives up writing from user space ({@code BPF_MAP_FREEZE}).
   *
   * @return 0, {@code -EPERM} where it is frozen already, {@code -ENOTSUPP} where values hold what
   *     only the kernel may write
   */
  @TruffleBoundary
  public long freeze() {
    if (descriptor.type() == MapType.STRUCT_OPS || descriptor.record() != null) {
      return -Errno.ENOTSUPP;
    }
    if (descriptor.frozen()) {
      return -Errno.EPERM;
    }
    byte[] constants = null;
    long values = directValue(0);
    if (values != 0 && descriptor.has(MapDescriptor.BPF_F_RDONLY_PROG)) {
      constants = new byte[descriptor.valueSize()];
      storage.memory().read(values, constants, 0, constants.length);
    }
    descriptor = descriptor.frozenWith(constants);
    return 0;
  }

  // --- life ---

  /** The address of the key that belongs to a value; what timers hand to their callbacks. */
  long keyOf(long value) {
    return value - MapMemory.perCpuSize(descriptor.keySize());
  }

  /** Whether a descriptor or a pin in bpffs holds it ({@code usercnt}). */
  public final boolean heldByUser() {
    return userReferences() > 0;
  }

  /** Makes it keep what its types come from as long as it lives. */
  public final void keep(Counted btf) {
    btf.get();
    types = btf;
  }

  /** What is done, once, when its last reference is gone. */
  final void onRelease(Runnable action) {
    release = action;
  }

  @Override
  protected final void released() {
    release.run();
    if (types != null) {
      types.put();
    }
  }

  @Override
  protected final void userReleased() {
    userGone();
  }

  /** Bytes of kernel memory that it takes ({@code map_mem_usage}), about. */
  public long memoryUsage() {
    long element = MapMemory.perCpuSize(descriptor.keySize()) + (long) userValueSize();
    return STRUCT_SIZE + Integer.toUnsignedLong(descriptor.maxEntries()) * ((element + 7) & -8);
  }

  /** Reacts to the last descriptor going ({@code map_release_uref}). */
  protected void userGone() {}

  /** Drops what values own ({@code map_free}); its memory goes afterwards. */
  protected void free() {}
}
