package ringside.ebpf.map;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.PageTable;

/**
 * {@code BPF_MAP_TYPE_RINGBUF} and {@code BPF_MAP_TYPE_USER_RINGBUF} ({@code
 * kernel/bpf/ringbuf.c}).
 *
 * <p>User space maps a page with the consumer's position, one with the producer's, and the data
 * pages twice in a row, so that no record breaks. The kernel's own view has no such second mapping
 * here: behind the data lies room of the same size, and what a record has there is copied to the
 * front when it is committed, or from there when user space is the producer.
 */
public final class RingbufMap extends BpfMap {
  /** {@code BPF_RB_NO_WAKEUP}. */
  public static final long BPF_RB_NO_WAKEUP = 1;

  /** {@code BPF_RB_FORCE_WAKEUP}. */
  public static final long BPF_RB_FORCE_WAKEUP = 2;

  /** {@code BPF_RINGBUF_BUSY_BIT}: being written. */
  public static final int BUSY = 1 << 31;

  /** {@code BPF_RINGBUF_DISCARD_BIT}: to be skipped. */
  public static final int DISCARD = 1 << 30;

  private static final long HEADER = 8;
  private static final int MAX_RECORD = Integer.MAX_VALUE / 4;
  private static final int MAX_DYNPTR = (1 << 24) - 1;
  private static final int MAX_USER_SAMPLES = 128 * 1024;

  /** {@code struct bpf_ringbuf} has a page of its own before the two pages with positions. */
  private static final int RINGBUF_PGOFF = 1;

  private static final int META_PAGES = RINGBUF_PGOFF + 2;

  private final Memory memory;
  private final long pages;
  private final long data;
  private final int mask;
  private long pending;
  private boolean draining;
  private long wakeups;

  /**
   * Creates one.
   *
   * @throws MapException {@code EINVAL} or {@code ENOMEM}
   */
  RingbufMap(MapRuntime runtime, MapDescriptor descriptor, long address) throws MapException {
    super(runtime, descriptor, address);
    MapChecks.require(
        (descriptor.flags() & ~MapDescriptor.BPF_F_NUMA_NODE) == 0,
        "flags that maps of this type do not have");
    int size = descriptor.maxEntries();
    MapChecks.require(
        descriptor.keySize() == 0
            && descriptor.valueSize() == 0
            && Integer.bitCount(size) == 1
            && size % PageTable.PAGE_SIZE == 0,
        "a ring buffer's size is a power of two and whole pages; it has no keys and values");
    this.memory = storage().memory();
    this.mask = size - 1;
    this.pages = storage().pages(2 * PageTable.PAGE_SIZE + 2 * Integer.toUnsignedLong(size));
    this.data = pages + 2 * PageTable.PAGE_SIZE;
    runtime.addRing(base(), this);
  }

  private long base() {
    return pages - RINGBUF_PGOFF * PageTable.PAGE_SIZE;
  }

  /** The address that a record's header leads to ({@code bpf_ringbuf_restore_from_rec}). */
  static long baseOf(Memory memory, long record) {
    long header = record - HEADER;
    long offset = Integer.toUnsignedLong(memory.readInt(header + 4)) << PageTable.PAGE_SHIFT;
    return (header & -PageTable.PAGE_SIZE) - offset;
  }

  // --- programs ---

  /**
   * {@code bpf_ringbuf_reserve}.
   *
   * @return the record's address, or 0 where it does not fit or flags are given
   */
  @TruffleBoundary
  public long reserve(long size, long flags) {
    if (flags != 0 || Long.compareUnsigned(size, MAX_RECORD) > 0) {
      return 0;
    }
    long length = (size + HEADER + 7) & -8;
    if (length > capacity()) {
      return 0;
    }
    long producer = producer();
    while (producer - pending > 0) {
      int header = memory.readInt(data + (pending & mask));
      if ((header & BUSY) != 0) {
        break;
      }
      pending += ((header & ~DISCARD) + HEADER + 7) & -8;
    }
    long end = producer + length;
    if (Long.compareUnsigned(end - consumer(), Integer.toUnsignedLong(mask)) > 0
        || Long.compareUnsigned(end - pending, Integer.toUnsignedLong(mask)) > 0) {
      return 0;
    }
    long header = data + (producer & Integer.toUnsignedLong(mask));
    memory.writeInt(header, (int) size | BUSY);
    memory.writeInt(header + 4, (int) ((header - data) / PageTable.PAGE_SIZE) + META_PAGES);
    memory.writeLong(pages + PageTable.PAGE_SIZE, end);
    return header + HEADER;
  }

  /** {@code bpf_ringbuf_submit} and {@code bpf_ringbuf_discard} of a record of this map. */
  @TruffleBoundary
  public void commit(long record, long flags, boolean discard) {
    long header = record - HEADER;
    int length = memory.readInt(header) & ~BUSY;
    copyWrapped(record, length);
    memory.writeInt(header, discard ? length | DISCARD : length);
    boolean waiting = (consumer() & Integer.toUnsignedLong(mask)) == header - data;
    if ((flags & BPF_RB_FORCE_WAKEUP) != 0 || (waiting && (flags & BPF_RB_NO_WAKEUP) == 0)) {
      wakeups++;
    }
  }

  private void copyWrapped(long record, int length) {
    long over = record + length - (data + capacity());
    if (over > 0) {
      storage().copy(data, data + capacity(), (int) over);
    }
  }

  /** {@code bpf_ringbuf_output}: 0, {@code -EINVAL} for flags, {@code -EAGAIN} where it is full. */
  @TruffleBoundary
  public long output(long from, long size, long flags) {
    if ((flags & ~(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP)) != 0) {
      return -Errno.EINVAL;
    }
    long record = reserve(size, 0);
    if (record == 0) {
      return -Errno.EAGAIN;
    }
    storage().copy(record, from, (int) size);
    commit(record, flags, false);
    return 0;
  }

  /** {@code bpf_ringbuf_query}: 0 data to read, 1 capacity, 2 and 3 positions. */
  public long query(long what) {
    return switch (Math.clamp(what, -1, 4)) {
      case 0 -> producer() - consumer();
      case 1 -> capacity();
      case 2 -> consumer();
      case 3 -> producer();
      default -> 0;
    };
  }

  // --- user space as consumer ---

  /**
   * Takes committed records in order until one is still being written, as libbpf's {@code
   * ring_buffer__consume} does.
   *
   * @param take gets each record's bytes; false to stop behind it
   * @return how many it got
   */
  @TruffleBoundary
  public int consume(Predicate<byte[]> take) {
    int taken = 0;
    while (consumer() != producer()) {
      long header = data + (consumer() & Integer.toUnsignedLong(mask));
      int word = memory.readInt(header);
      if ((word & BUSY) != 0) {
        break;
      }
      int length = word & ~DISCARD;
      boolean more = true;
      if ((word & DISCARD) == 0) {
        more = take.test(bytes(header + HEADER, length));
        taken++;
      }
      memory.writeLong(pages, consumer() + ((length + HEADER + 7) & -8));
      if (!more) {
        break;
      }
    }
    return taken;
  }

  /** All committed records. */
  public List<byte[]> consumeAll() {
    List<byte[]> records = new ArrayList<>();
    consume(records::add);
    return records;
  }

  private byte[] bytes(long at, int length) {
    byte[] bytes = new byte[length];
    int here = (int) Math.min(length, data + capacity() - at);
    memory.read(at, bytes, 0, here);
    memory.read(data, bytes, here, length - here);
    return bytes;
  }

  // --- user space as producer ---

  /**
   * Writes a record as libbpf's {@code user_ring_buffer} does.
   *
   * @return false where it does not fit
   */
  @TruffleBoundary
  public boolean produce(byte[] record) {
    long length = (record.length + HEADER + 7) & -8;
    if (length > capacity() - (producer() - consumer())) {
      return false;
    }
    long header = data + (producer() & Integer.toUnsignedLong(mask));
    int here = (int) Math.min(record.length, data + capacity() - (header + HEADER));
    memory.write(header + HEADER, record, 0, here);
    memory.write(data, record, here, record.length - here);
    memory.writeInt(header, record.length);
    memory.writeInt(header + 4, 0);
    memory.writeLong(pages + PageTable.PAGE_SIZE, producer() + length);
    return true;
  }

  /** Sees a record that user space wrote; returns 0 to go on. */
  @FunctionalInterface
  public interface Sample {
    /** Takes a record's address, valid until it returns, and its bytes. */
    long see(long record, int size);
  }

  /**
   * {@code bpf_user_ringbuf_drain}.
   *
   * @return how many records were seen; {@code -EINVAL} for flags or what user space garbled,
   *     {@code -E2BIG} for a record longer than the ring, {@code -EBUSY} from inside a drain
   */
  @TruffleBoundary
  public long drain(Sample sample, long flags) {
    if ((flags & ~(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP)) != 0) {
      return -Errno.EINVAL;
    }
    if (draining) {
      return -Errno.EBUSY;
    }
    draining = true;
    try {
      return drainSamples(sample, flags);
    } finally {
      draining = false;
    }
  }

  private long drainSamples(Sample sample, long flags) {
    long seen = 0;
    long samples = 0;
    long stop = 0;
    while (samples < MAX_USER_SAMPLES && stop == 0) {
      long consumer = consumer();
      long produced = producer() - consumer;
      if (producer() % 8 != 0) {
        return -Errno.EINVAL;
      }
      if (Long.compareUnsigned(consumer, producer()) >= 0) {
        break;
      }
      long header = data + (consumer & Integer.toUnsignedLong(mask));
      int word = memory.readInt(header);
      int size = word & ~(BUSY | DISCARD);
      long length = (size + HEADER + 7) & -8;
      if (length > produced) {
        return -Errno.EINVAL;
      }
      if (length > capacity() || size > MAX_DYNPTR) {
        return -Errno.E2BIG;
      }
      if ((word & DISCARD) == 0) {
        if ((word & BUSY) != 0) {
          break;
        }
        fetchWrapped(header + HEADER, size);
        stop = sample.see(header + HEADER, size);
        seen++;
      }
      samples++;
      memory.writeLong(pages, consumer + length);
    }
    boolean quiet = (flags & BPF_RB_NO_WAKEUP) != 0;
    if ((flags & BPF_RB_FORCE_WAKEUP) != 0 || (!quiet && samples > 0)) {
      wakeups++;
    }
    return seen;
  }

  private void fetchWrapped(long record, int length) {
    long over = record + length - (data + capacity());
    if (over > 0) {
      storage().copy(data + capacity(), data, (int) over);
    }
  }

  /** How often who waits on the map's descriptor was woken. */
  public long wakeups() {
    return wakeups;
  }

  /** Whether a descriptor is ready: data to read, or for a user ring buffer, room to write. */
  public boolean ready() {
    long used = producer() - consumer();
    return descriptor().type() == MapType.RINGBUF ? used != 0 : used < capacity();
  }

  /** The linear addresses of what {@code mmap} shows, page by page: positions, data, data again. */
  public long[] mappablePages() {
    int count = (int) (capacity() / PageTable.PAGE_SIZE);
    long[] shown = new long[2 + 2 * count];
    for (int i = 0; i < shown.length; i++) {
      int page = i < 2 ? i : 2 + (i - 2) % count;
      shown[i] = pages + (long) page * PageTable.PAGE_SIZE;
    }
    return shown;
  }

  private long capacity() {
    return Integer.toUnsignedLong(mask) + 1;
  }

  private long consumer() {
    return memory.readLong(pages);
  }

  private long producer() {
    return memory.readLong(pages + PageTable.PAGE_SIZE);
  }

  @Override
  protected void free() {
    runtime().removeRing(base());
  }

  // --- bpf(2) has nothing to look up ---

  @Override
  public long lookup(long key) {
    return -Errno.ENOTSUPP;
  }

  @Override
  public long update(long key, long value, long flags) {
    return -Errno.ENOTSUPP;
  }

  @Override
  public long delete(long key) {
    return -Errno.ENOTSUPP;
  }

  @Override
  public long nextKey(long key, long next) {
    return -Errno.ENOTSUPP;
  }
}
