package ringside.ebpf.helper;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.function.ToIntBiFunction;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Memory;

/** The pages that a frame goes on in where it is larger than one ({@code net/core/filter.c}). */
final class XdpFrames {
  private static final int ETH_HLEN = 14;
  private static final int SHARED_INFO = 320;
  private static final int XDP_FLAGS_HAS_FRAGS = 1;
  private static final int FRAG_SIZE = 16;
  private static final int U16_MAX = 0xffff;

  private final Memory memory;
  private final int data;
  private final int dataEnd;
  private final int hardStart;
  private final int frameSize;
  private final int flags;
  private final int count;
  private final int bytes;
  private final int frags;
  private final int fragLen;
  private final int fragOffset;

  XdpFrames(Memory memory, ToIntBiFunction<String, String> layout) {
    this.memory = memory;
    this.data = layout.applyAsInt("xdp_buff", "data");
    this.dataEnd = layout.applyAsInt("xdp_buff", "data_end");
    this.hardStart = layout.applyAsInt("xdp_buff", "data_hard_start");
    this.frameSize = layout.applyAsInt("xdp_buff", "frame_sz");
    this.flags = layout.applyAsInt("xdp_buff", "flags");
    this.count = layout.applyAsInt("skb_shared_info", "nr_frags");
    this.bytes = layout.applyAsInt("skb_shared_info", "xdp_frags_size");
    this.frags = layout.applyAsInt("skb_shared_info", "frags");
    this.fragLen = layout.applyAsInt("skb_frag", "len");
    this.fragOffset = layout.applyAsInt("skb_frag", "offset");
  }

  boolean present(long xdp) {
    return (memory.readInt(xdp + flags) & XDP_FLAGS_HAS_FRAGS) != 0;
  }

  /** {@code xdp_get_buff_len}. */
  long length(long xdp) {
    long linear = memory.readLong(xdp + dataEnd) - memory.readLong(xdp + data);
    return present(xdp) ? linear + memory.readInt(sharedInfo(xdp) + bytes) : linear;
  }

  /** {@code bpf_xdp_frags_increase_tail}. */
  @TruffleBoundary
  long grow(long xdp, int by) {
    long info = sharedInfo(xdp);
    long last = frag(info, Byte.toUnsignedInt(memory.readByte(info + count)) - 1);
    int length = memory.readInt(last + fragLen);
    int room = memory.readInt(xdp + frameSize) - length - memory.readInt(last + fragOffset);
    if (by > room) {
      return -Errno.EINVAL;
    }
    memory.fill(address(last) + length, (byte) 0, by);
    memory.writeInt(last + fragLen, length + by);
    memory.writeInt(info + bytes, memory.readInt(info + bytes) + by);
    return 0;
  }

  /** {@code bpf_xdp_frags_shrink_tail}: pages that become empty go. */
  @TruffleBoundary
  long shrink(long xdp, int by) {
    if (by > length(xdp) - ETH_HLEN) {
      return -Errno.EINVAL;
    }
    long info = sharedInfo(xdp);
    int left = by;
    int pages = Byte.toUnsignedInt(memory.readByte(info + count));
    while (pages > 0 && left > 0) {
      long last = frag(info, pages - 1);
      int length = memory.readInt(last + fragLen);
      int cut = Math.min(left, length);
      left -= cut;
      if (cut < length) {
        memory.writeInt(last + fragLen, length - cut);
        break;
      }
      pages--;
    }
    memory.writeByte(info + count, (byte) pages);
    memory.writeInt(info + bytes, memory.readInt(info + bytes) - (by - left));
    if (pages == 0) {
      memory.writeInt(xdp + flags, memory.readInt(xdp + flags) & ~XDP_FLAGS_HAS_FRAGS);
      memory.writeLong(xdp + dataEnd, memory.readLong(xdp + dataEnd) - left);
    }
    return 0;
  }

  /**
   * Copies between the frame and a buffer.
   *
   * @param out out of the frame
   * @return 0 or a negative errno, as {@code bpf_xdp_pointer} has it
   */
  @TruffleBoundary
  long copy(long xdp, long offset, long buffer, long length, boolean out) {
    long at = offset & 0xffffffffL;
    long size = length & 0xffffffffL;
    if (at > U16_MAX || size > U16_MAX) {
      return -Errno.EFAULT;
    }
    if (at + size > length(xdp)) {
      return -Errno.EINVAL;
    }
    long start = memory.readLong(xdp + data);
    long done = piece(start, memory.readLong(xdp + dataEnd) - start, at, buffer, size, out);
    long skipped = memory.readLong(xdp + dataEnd) - start;
    long info = sharedInfo(xdp);
    for (int i = 0; done < size; i++) {
      long frag = frag(info, i);
      int here = memory.readInt(frag + fragLen);
      long from = Math.max(0, at + done - skipped);
      done += piece(address(frag), here, from, buffer + done, size - done, out);
      skipped += here;
    }
    return 0;
  }

  /** The address of a piece that lies in the frame's first page; 0 where it does not. */
  long linear(long xdp, long offset, long length) {
    long start = memory.readLong(xdp + data);
    return start + offset + length <= memory.readLong(xdp + dataEnd) ? start + offset : 0;
  }

  /** Copies what of one piece is wanted; how much that was. */
  private long piece(long base, long length, long from, long buffer, long wanted, boolean out) {
    if (from >= length) {
      return 0;
    }
    int size = (int) Math.min(wanted, length - from);
    byte[] copied = new byte[size];
    memory.read(out ? base + from : buffer, copied, 0, size);
    memory.write(out ? buffer : base + from, copied, 0, size);
    return size;
  }

  private long sharedInfo(long xdp) {
    return memory.readLong(xdp + hardStart) + memory.readInt(xdp + frameSize) - SHARED_INFO;
  }

  private long frag(long info, int index) {
    return info + frags + (long) index * FRAG_SIZE;
  }

  private long address(long frag) {
    return memory.readLong(frag) + memory.readInt(frag + fragOffset);
  }
}
