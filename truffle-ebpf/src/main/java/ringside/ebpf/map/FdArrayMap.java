package ringside.ebpf.map;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.ProgramType;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Memory;

/**
 * Arrays of what user space names by descriptors: programs, perf events, maps ({@code
 * kernel/bpf/arraymap.c}).
 *
 * <p>A slot is eight bytes of simulated memory. For maps it holds the map's address, which is what
 * programs get; programs and events are the host's objects, and their slot says only that there is
 * one.
 */
public final class FdArrayMap extends BpfMap {
  private static final int ALLOWED_FLAGS =
      MapDescriptor.BPF_F_NUMA_NODE | MapDescriptor.BPF_F_RDONLY | MapDescriptor.BPF_F_WRONLY;

  private static final @Nullable Object[] EMPTY = new Object[0];

  private final Memory memory;
  private final MapType type;
  private final long slots;
  private final int maxEntries;

  /** Programs or events, as far as any was stored. */
  private @Nullable Object[] objects = EMPTY;

  private @Nullable Owner owner;

  /** What all programs in and around a program array have in common. */
  private record Owner(ProgramType type, @Nullable AttachType attachType) {}

  /**
   * Creates one.
   *
   * @throws MapException {@code EINVAL}, {@code EBADF}, {@code ENOTSUPP} or {@code ENOMEM}
   */
  FdArrayMap(MapRuntime runtime, MapDescriptor descriptor, long address) throws MapException {
    super(runtime, descriptor, address);
    this.type = descriptor.type();
    MapChecks.require(
        descriptor.maxEntries() != 0
            && descriptor.keySize() == Integer.BYTES
            && descriptor.valueSize() == Integer.BYTES,
        "an array of descriptors has 4-byte keys and values, and entries");
    MapChecks.flags(
        descriptor,
        type == MapType.PERF_EVENT_ARRAY
            ? ALLOWED_FLAGS | MapDescriptor.BPF_F_PRESERVE_ELEMS
            : ALLOWED_FLAGS);
    if (type.holdsMaps()) {
      InnerMaps.requireTemplate(descriptor);
    }
    this.memory = storage().memory();
    this.maxEntries = descriptor.maxEntries();
    this.slots = storage().area(Integer.toUnsignedLong(maxEntries) * Long.BYTES);
  }

  /** The inner map's address for programs; other types do not let programs look. */
  @Override
  public long lookup(long key) {
    int index = memory.readInt(key);
    return type.holdsMaps() && Integer.compareUnsigned(index, maxEntries) < 0
        ? memory.readLong(slot(index))
        : 0;
  }

  @Override
  public long update(long key, long value, long flags) {
    return -Errno.EINVAL;
  }

  @Override
  public long delete(long key) {
    int index = memory.readInt(key);
    if (Integer.compareUnsigned(index, maxEntries) >= 0) {
      return -Errno.E2BIG;
    }
    return clear(index) ? 0 : -Errno.ENOENT;
  }

  /** The program in a slot, for tail calls; null where there is none or no such slot. */
  public @Nullable MapProgram programAt(int index) {
    return Integer.compareUnsigned(index, objects.length) < 0
            && objects[index] instanceof MapProgram program
        ? program
        : null;
  }

  /** The perf event in a slot; null where there is none or no such slot. */
  public @Nullable PerfSink eventAt(int index) {
    return Integer.compareUnsigned(index, objects.length) < 0
            && objects[index] instanceof PerfSink event
        ? event
        : null;
  }

  /**
   * Asks whether a program fits the others of a program array, as one that calls or is called; the
   * first one decides ({@code bpf_prog_map_compatible}).
   */
  public boolean accepts(ProgramType program, @Nullable AttachType attachType) {
    Owner first = owner;
    if (first == null) {
      owner = new Owner(program, attachType);
      return true;
    }
    return first.equals(new Owner(program, attachType));
  }

  @Override
  public long nextKey(long key, long next) {
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

  @Override
  @TruffleBoundary
  public long lookupForUser(long key, long value, long flags) {
    if (type == MapType.PERF_EVENT_ARRAY) {
      return -Errno.ENOTSUPP;
    }
    int index = memory.readInt(key);
    if (Integer.compareUnsigned(index, maxEntries) >= 0) {
      return -Errno.ENOENT;
    }
    int id =
        switch (programAt(index)) {
          case MapProgram program -> program.id();
          case null -> runtime().idAt(memory.readLong(slot(index)));
        };
    if (id == 0) {
      return -Errno.ENOENT;
    }
    memory.writeInt(value, id);
    return 0;
  }

  @Override
  @TruffleBoundary
  public long updateForUser(long key, long value, long flags, Descriptors descriptors) {
    if (flags != BPF_ANY) {
      return -Errno.EINVAL;
    }
    int index = memory.readInt(key);
    if (Integer.compareUnsigned(index, maxEntries) >= 0) {
      return -Errno.E2BIG;
    }
    int fd = memory.readInt(value);
    return switch (type) {
      case PROG_ARRAY -> storeProgram(index, descriptors.program(fd));
      case PERF_EVENT_ARRAY -> storeEvent(index, descriptors.event(fd));
      default -> storeMap(index, descriptors.map(fd));
    };
  }

  private long storeProgram(int index, @Nullable MapProgram program) {
    if (program == null) {
      return -Errno.EBADF;
    }
    if (program.type() == ProgramType.EXT || !accepts(program.type(), program.attachType())) {
      return -Errno.EINVAL;
    }
    store(index, program);
    return 0;
  }

  private long storeEvent(int index, @Nullable PerfSink event) {
    if (event == null) {
      return -Errno.EBADF;
    }
    store(index, event);
    return 0;
  }

  private void store(int index, Object object) {
    if (index >= objects.length) {
      int room = Math.max(index + 1, Math.min(maxEntries, objects.length * 2));
      objects = Arrays.copyOf(objects, room);
    }
    if (object instanceof MapProgram program) {
      program.hold();
    }
    forget(index);
    objects[index] = object;
    memory.writeLong(slot(index), 1);
  }

  private void forget(int index) {
    if (objects[index] instanceof MapProgram program) {
      program.release();
    }
  }

  private long storeMap(int index, @Nullable BpfMap map) {
    long refusal = InnerMaps.refusal(descriptor(), map);
    if (refusal != 0 || map == null) {
      return refusal;
    }
    map.get();
    runtime().releaseAt(memory.getAndSetLong(slot(index), map.address()));
    return 0;
  }

  @TruffleBoundary
  private boolean clear(int index) {
    long old = memory.getAndSetLong(slot(index), 0);
    if (type.holdsMaps()) {
      runtime().releaseAt(old);
    } else if (Integer.compareUnsigned(index, objects.length) < 0) {
      forget(index);
      objects[index] = null;
    }
    return old != 0;
  }

  private long slot(int index) {
    return slots + Integer.toUnsignedLong(index) * Long.BYTES;
  }

  @Override
  public Batches batches() {
    return type.holdsMaps() ? Batches.ARRAY : Batches.NONE;
  }

  /** Programs in an array must not keep it alive through each other; events go with their file. */
  @Override
  protected void userGone() {
    boolean preserved = descriptor().has(MapDescriptor.BPF_F_PRESERVE_ELEMS);
    if (type == MapType.PROG_ARRAY || (type == MapType.PERF_EVENT_ARRAY && !preserved)) {
      free();
    }
  }

  @Override
  protected void free() {
    for (int index = 0; index != maxEntries; index++) {
      clear(index);
    }
  }
}
