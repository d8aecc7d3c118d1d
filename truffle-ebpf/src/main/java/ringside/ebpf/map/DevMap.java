package ringside.ebpf.map;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.ProgramType;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Memory;

/**
 * Where packets can be redirected to: network devices by index or by hash, and processors ({@code
 * kernel/bpf/devmap.c}, {@code cpumap.c}).
 *
 * <p>A value is a device's {@code ifindex} or a queue's length, and an optional program that runs
 * on what arrives; programs and user space see the program's id behind it.
 */
public final class DevMap extends BpfMap {
  private static final int ACCESS = MapDescriptor.BPF_F_RDONLY | MapDescriptor.BPF_F_WRONLY;

  /** {@code NR_CPUS} of riscv. */
  private static final int NR_CPUS = 64;

  private static final int MAX_QUEUE = 16384;

  private final Memory memory;
  private final MapType type;
  private final int maxEntries;
  private final int valueSize;
  private final int bucketMask;

  /** Of the hash form: newest first in each bucket, as the kernel's lists go. */
  private final Map<Integer, Entry> entries = new TreeMap<>();

  private final Map<Integer, ArrayDeque<Integer>> order = new TreeMap<>();

  /**
   * What stands behind a key.
   *
   * @param value the address of its {@code bpf_devmap_val} or {@code bpf_cpumap_val}
   * @param program runs on what arrives, or null
   */
  public record Entry(long value, @Nullable MapProgram program) {}

  /**
   * Creates one.
   *
   * @throws MapException {@code EINVAL}, {@code E2BIG} or {@code ENOMEM}
   */
  DevMap(MapRuntime runtime, MapDescriptor descriptor, long address) throws MapException {
    super(
        runtime,
        descriptor.type() == MapType.CPUMAP
            ? descriptor
            : descriptor.withFlags(descriptor.flags() | MapDescriptor.BPF_F_RDONLY_PROG),
        address);
    this.type = descriptor.type();
    this.maxEntries = descriptor.maxEntries();
    this.valueSize = descriptor.valueSize();
    MapChecks.require(
        maxEntries != 0
            && descriptor.keySize() == Integer.BYTES
            && (valueSize == Integer.BYTES || valueSize == Long.BYTES),
        "keys have 4 bytes, values 4 or 8");
    MapChecks.flags(
        descriptor, MapDescriptor.BPF_F_NUMA_NODE | (type == MapType.CPUMAP ? 0 : ACCESS));
    if (type == MapType.CPUMAP && Integer.compareUnsigned(maxEntries, NR_CPUS) > 0) {
      throw new MapException(Errno.E2BIG, "more entries than processors");
    }
    MapChecks.require(
        type != MapType.DEVMAP_HASH || Integer.compareUnsigned(maxEntries, 1 << 31) <= 0,
        "more buckets than 2^31");
    this.memory = storage().memory();
    this.bucketMask = maxEntries == 1 ? 0 : -1 >>> Integer.numberOfLeadingZeros(maxEntries - 1);
    // The kernel's table of pointers, so that what does not fit there does not fit here.
    storage().area(Integer.toUnsignedLong(maxEntries) * Long.BYTES);
  }

  /** What stands behind a key, for {@code bpf_redirect_map}; null where nothing does. */
  @TruffleBoundary
  public @Nullable Entry entry(int key) {
    return entries.get(key);
  }

  /** Programs may look a device up and read its value. */
  @Override
  @TruffleBoundary
  public long lookup(long key) {
    Entry entry = entries.get(memory.readInt(key));
    return entry == null ? 0 : entry.value();
  }

  @Override
  public long update(long key, long value, long flags) {
    return -Errno.EINVAL;
  }

  @Override
  @TruffleBoundary
  public long delete(long key) {
    int index = memory.readInt(key);
    if (type == MapType.DEVMAP_HASH) {
      return remove(index) ? 0 : -Errno.ENOENT;
    }
    if (Integer.compareUnsigned(index, maxEntries) >= 0) {
      return -Errno.EINVAL;
    }
    remove(index);
    return 0;
  }

  @Override
  @TruffleBoundary
  public long updateForUser(long key, long value, long flags, Descriptors descriptors) {
    int index = memory.readInt(key);
    int target = memory.readInt(value);
    int fd = valueSize == Long.BYTES ? memory.readInt(value + Integer.BYTES) : -1;
    if (Long.compareUnsigned(flags, BPF_EXIST) > 0) {
      return -Errno.EINVAL;
    }
    return switch (type) {
      case CPUMAP -> updateCpu(index, target, fd, flags, descriptors);
      case DEVMAP_HASH -> updateHash(index, target, fd, flags, descriptors);
      default -> updateArray(index, target, fd, flags, descriptors);
    };
  }

  private long updateArray(int index, int ifindex, int fd, long flags, Descriptors descriptors) {
    if (Integer.compareUnsigned(index, maxEntries) >= 0) {
      return -Errno.E2BIG;
    }
    if (flags == BPF_NOEXIST) {
      return -Errno.EEXIST;
    }
    if (ifindex == 0) {
      if (fd > 0) {
        return -Errno.EINVAL;
      }
      remove(index);
      return 0;
    }
    return device(index, ifindex, fd, descriptors);
  }

  private long updateHash(int index, int ifindex, int fd, long flags, Descriptors descriptors) {
    if (ifindex == 0) {
      return -Errno.EINVAL;
    }
    boolean present = entries.containsKey(index);
    if (present && (flags & BPF_NOEXIST) != 0) {
      return -Errno.EEXIST;
    }
    if (!runtime().isDevice(ifindex)) {
      return -Errno.EINVAL;
    }
    if (!present && Integer.compareUnsigned(entries.size(), maxEntries) >= 0) {
      return -Errno.E2BIG;
    }
    return device(index, ifindex, fd, descriptors);
  }

  private long device(int index, int ifindex, int fd, Descriptors descriptors) {
    if (!runtime().isDevice(ifindex)) {
      return -Errno.EINVAL;
    }
    return put(index, ifindex, fd, AttachType.XDP_DEVMAP, descriptors);
  }

  private long updateCpu(int cpu, int queue, int fd, long flags, Descriptors descriptors) {
    if (Integer.compareUnsigned(cpu, maxEntries) >= 0) {
      return -Errno.E2BIG;
    }
    if (flags == BPF_NOEXIST) {
      return -Errno.EEXIST;
    }
    if (Integer.compareUnsigned(queue, MAX_QUEUE) > 0) {
      return -Errno.EOVERFLOW;
    }
    if (Integer.compareUnsigned(cpu, storage().cpus()) >= 0) {
      return -Errno.ENODEV;
    }
    if (queue == 0) {
      remove(cpu);
      return 0;
    }
    return put(cpu, queue, fd, AttachType.XDP_CPUMAP, descriptors);
  }

  private long put(int index, int target, int fd, AttachType attach, Descriptors descriptors) {
    MapProgram program = null;
    if (fd > 0) {
      program = descriptors.program(fd);
      if (program == null) {
        return -Errno.EBADF;
      }
      if (program.type() != ProgramType.XDP || program.attachType() != attach) {
        return -Errno.EINVAL;
      }
    }
    long value = storage().allocate(Long.BYTES);
    if (value == 0) {
      return -Errno.ENOMEM;
    }
    memory.writeInt(value, target);
    memory.writeInt(value + Integer.BYTES, program == null ? 0 : program.id());
    if (program != null) {
      program.hold();
    }
    remove(index);
    entries.put(index, new Entry(value, program));
    order.computeIfAbsent(index & bucketMask, _ -> new ArrayDeque<>()).addFirst(index);
    return 0;
  }

  private boolean remove(int index) {
    Entry entry = entries.remove(index);
    forget(entry);
    if (entry == null) {
      return false;
    }
    ArrayDeque<Integer> bucket = order.get(index & bucketMask);
    if (bucket != null) {
      bucket.remove(index);
    }
    storage().release(entry.value());
    return true;
  }

  @Override
  @TruffleBoundary
  public long nextKey(long key, long next) {
    if (type == MapType.DEVMAP_HASH) {
      return nextHashed(key, next);
    }
    int index = key == 0 ? -1 : memory.readInt(key);
    if (key == 0 || Integer.compareUnsigned(index, maxEntries) >= 0) {
      memory.writeInt(next, 0);
      return 0;
    }
    if (index == maxEntries - 1) {
      return -Errno.ENOENT;
    }
    memory.writeInt(next, index + 1);
    return 0;
  }

  private long nextHashed(long key, long next) {
    int bucket = 0;
    if (key != 0) {
      int index = memory.readInt(key);
      if (entries.containsKey(index)) {
        boolean found = false;
        for (int each : order.getOrDefault(index & bucketMask, new ArrayDeque<>())) {
          if (found) {
            memory.writeInt(next, each);
            return 0;
          }
          found = each == index;
        }
        bucket = (index & bucketMask) + 1;
      }
    }
    for (; Integer.compareUnsigned(bucket, bucketMask) <= 0; bucket++) {
      ArrayDeque<Integer> keys = order.get(bucket);
      if (keys != null && !keys.isEmpty()) {
        memory.writeInt(next, keys.getFirst());
        return 0;
      }
    }
    return -Errno.ENOENT;
  }

  @Override
  public long lookupForUser(long key, long value, long flags) {
    long found = lookup(key);
    if (found == 0) {
      return -Errno.ENOENT;
    }
    storage().copy(value, found, valueSize);
    return 0;
  }

  @Override
  protected void free() {
    entries.values().forEach(entry -> storage().release(entry.value()));
    entries.values().forEach(DevMap::forget);
    entries.clear();
    order.clear();
  }

  private static void forget(@Nullable Entry entry) {
    MapProgram program = entry == null ? null : entry.program();
    if (program != null) {
      program.release();
    }
  }
}
