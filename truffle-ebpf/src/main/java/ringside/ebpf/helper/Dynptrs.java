package ringside.ebpf.helper;

import ringside.kernel.core.Errno;
import ringside.kernel.core.KernelCore;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.Slab;
import ringside.kernel.net.SkBuffs;

/** {@code struct bpf_dynptr_kern} in memory: data, size with type bits, offset. */
public final class Dynptrs {
  /** {@code BPF_DYNPTR_TYPE_*}. */
  public static final int LOCAL = 1;

  public static final int RINGBUF = 2;
  public static final int SKB = 3;
  public static final int XDP = 4;

  /** {@code DYNPTR_MAX_SIZE}. */
  public static final int MAX_SIZE = (1 << 24) - 1;

  private static final int SIZE_MASK = 0xffffff;
  private static final int TYPE_SHIFT = 28;
  private static final int TYPE_MASK = 7;
  private static final int READ_ONLY = 1 << 31;
  private static final int SIZE = 8;
  private static final int OFFSET = 12;

  private final Memory memory;
  private final Slab slab;
  private final SkbHelpers skbs;
  private final SkBuffs packets;
  private final XdpFrames frames;

  /** Makes the operations for one kernel. */
  public Dynptrs(KernelCore core, SkbHelpers skbs) {
    this.memory = core.memory();
    this.slab = core.slab();
    this.skbs = skbs;
    this.packets = new SkBuffs(core);
    this.frames = new XdpFrames(memory, (struct, field) -> core.layouts().of(struct).offset(field));
  }

  /** Makes one. */
  public void set(long dynptr, long data, int type, int offset, int size) {
    memory.writeLong(dynptr, data);
    memory.writeInt(dynptr + SIZE, size | type << TYPE_SHIFT);
    memory.writeInt(dynptr + OFFSET, offset);
  }

  /** Makes one null ({@code bpf_dynptr_set_null}). */
  public void clear(long dynptr) {
    memory.writeLong(dynptr, 0);
    memory.writeLong(dynptr + SIZE, 0);
  }

  /** Whether it is null. */
  public boolean isNull(long dynptr) {
    return memory.readLong(dynptr) == 0;
  }

  /** What it points to, as one of the constants. */
  public int type(long dynptr) {
    return memory.readInt(dynptr + SIZE) >>> TYPE_SHIFT & TYPE_MASK;
  }

  /** Whether it may only be read through. */
  public boolean readOnly(long dynptr) {
    return (memory.readInt(dynptr + SIZE) & READ_ONLY) != 0;
  }

  /** Lets it only be read through. */
  public void setReadOnly(long dynptr) {
    memory.writeInt(dynptr + SIZE, memory.readInt(dynptr + SIZE) | READ_ONLY);
  }

  /** How many bytes it spans. */
  public int size(long dynptr) {
    return memory.readInt(dynptr + SIZE) & SIZE_MASK;
  }

  /** Where it starts in what it points to. */
  public int offset(long dynptr) {
    return memory.readInt(dynptr + OFFSET);
  }

  /** Moves its start and sets its size. */
  public void narrow(long dynptr, int offset, int size) {
    memory.writeInt(dynptr + OFFSET, offset);
    memory.writeInt(dynptr + SIZE, (memory.readInt(dynptr + SIZE) & ~SIZE_MASK) | size);
  }

  /** What it was made of: memory, a packet or a frame. */
  public long base(long dynptr) {
    return memory.readLong(dynptr);
  }

  /** The address of its first byte, for those of plain memory. */
  public long address(long dynptr) {
    return base(dynptr) + Integer.toUnsignedLong(offset(dynptr));
  }

  /** {@code bpf_dynptr_check_off_len}: 0, or {@code -E2BIG} where a piece does not lie inside. */
  public int outside(long dynptr, long offset, long length) {
    long size = size(dynptr);
    boolean out =
        Long.compareUnsigned(length, size) > 0 || Long.compareUnsigned(offset, size - length) > 0;
    return out ? -Errno.E2BIG : 0;
  }

  /** {@code __bpf_dynptr_read}. */
  public long read(long to, long length, long dynptr, long offset, long flags) {
    if (isNull(dynptr) || flags != 0) {
      return -Errno.EINVAL;
    }
    int error = outside(dynptr, offset, length);
    if (error != 0) {
      return error;
    }
    long at = offset(dynptr) + offset;
    return switch (type(dynptr)) {
      case LOCAL, RINGBUF -> {
        packets.move(to, base(dynptr) + at, (int) length);
        yield 0;
      }
      case SKB -> skbs.skbLoadBytes(base(dynptr), at, to, length);
      case XDP -> frames.copy(base(dynptr), at, to, length, true);
      default -> -Errno.EFAULT;
    };
  }

  /** {@code __bpf_dynptr_write}. */
  public long write(long dynptr, long offset, long from, long length, long flags) {
    if (isNull(dynptr) || readOnly(dynptr)) {
      return -Errno.EINVAL;
    }
    int error = outside(dynptr, offset, length);
    if (error != 0) {
      return error;
    }
    long at = offset(dynptr) + offset;
    int type = type(dynptr);
    if (flags != 0 && type != SKB) {
      return -Errno.EINVAL;
    }
    return switch (type) {
      case LOCAL, RINGBUF -> {
        packets.move(base(dynptr) + at, from, (int) length);
        yield 0;
      }
      case SKB -> skbs.skbStoreBytes(base(dynptr), at, from, length, flags);
      case XDP -> frames.copy(base(dynptr), at, from, length, false);
      default -> -Errno.EFAULT;
    };
  }

  /** Bytes in a frame, all of its pages together. */
  public long frameLength(long xdp) {
    return frames.length(xdp);
  }

  /** A buffer to copy through. */
  public long scratch(int bytes) {
    return slab.kmalloc(bytes, Gfp.ATOMIC);
  }

  /** Frees such a buffer. */
  public void release(long buffer) {
    slab.kfree(buffer);
  }

  /**
   * {@code bpf_dynptr_slice}: the address of a piece, in the packet itself where it lies there in
   * one, otherwise copied to a buffer.
   *
   * @param buffer may be 0
   * @return 0 where it is out of bounds or cannot be had
   */
  public long slice(long dynptr, long offset, long buffer, long length) {
    if (isNull(dynptr) || outside(dynptr, offset, length) != 0) {
      return 0;
    }
    long at = offset(dynptr) + offset;
    return switch (type(dynptr)) {
      case LOCAL, RINGBUF -> base(dynptr) + at;
      case SKB ->
          at + length <= packets.headLength(base(dynptr)) ? packets.data(base(dynptr)) + at : 0;
      case XDP -> {
        long direct = frames.linear(base(dynptr), at, length);
        if (direct != 0 || buffer == 0) {
          yield direct;
        }
        yield frames.copy(base(dynptr), at, buffer, length, true) == 0 ? buffer : 0;
      }
      default -> 0;
    };
  }
}
