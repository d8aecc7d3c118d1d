package ringside.ebpf.helper;

import static ringside.ebpf.helper.ArgType.ARG_ANYTHING;
import static ringside.ebpf.helper.ArgType.ARG_CONST_SIZE;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_CTX;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_MEM_RDONLY;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_UNINIT_MEM;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.function.ToIntBiFunction;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Memory;

/** Helpers on packets before they have an {@code sk_buff} ({@code net/core/filter.c}). */
public final class XdpHelpers {
  private static final int ETH_HLEN = 14;

  /** {@code SKB_DATA_ALIGN(sizeof(struct skb_shared_info))}: reserved at the end of the frame. */
  private static final int TAILROOM = 320;

  /** What {@code sizeof(struct xdp_frame)} keeps free at the start of the headroom. */
  private static final int FRAME_STRUCT = 40;

  /** The largest multiple of 4 that {@code skb_shared_info.meta_len} takes. */
  private static final int MAX_META = 252;

  private final Memory memory;
  private final int data;
  private final int dataEnd;
  private final int dataMeta;
  private final int hardStart;
  private final int frameSize;
  private final XdpFrames frames;

  /**
   * Makes the family for one kernel.
   *
   * @param layout offset of a kernel struct's field, by struct and field name
   */
  public XdpHelpers(Memory memory, ToIntBiFunction<String, String> layout) {
    this.memory = memory;
    this.data = layout.applyAsInt("xdp_buff", "data");
    this.dataEnd = layout.applyAsInt("xdp_buff", "data_end");
    this.dataMeta = layout.applyAsInt("xdp_buff", "data_meta");
    this.hardStart = layout.applyAsInt("xdp_buff", "data_hard_start");
    this.frameSize = layout.applyAsInt("xdp_buff", "frame_sz");
    this.frames = new XdpFrames(memory, layout);
  }

  /** {@code bpf_xdp_adjust_head}: moves the packet's start. */
  @BpfHelper(
      id = 44,
      args = {ARG_PTR_TO_CTX, ARG_ANYTHING},
      changesPktData = true)
  public long xdpAdjustHead(long xdp, long offset) {
    long start = memory.readLong(xdp + hardStart) + FRAME_STRUCT + metaLength(xdp);
    long moved = memory.readLong(xdp + data) + (int) offset;
    if (Long.compareUnsigned(moved, start) < 0
        || Long.compareUnsigned(moved, memory.readLong(xdp + dataEnd) - ETH_HLEN) > 0) {
      return -Errno.EINVAL;
    }
    int meta = metaLength(xdp);
    if (meta != 0) {
      move(moved - meta, memory.readLong(xdp + dataMeta), meta);
    }
    memory.writeLong(xdp + dataMeta, memory.readLong(xdp + dataMeta) + (int) offset);
    memory.writeLong(xdp + data, moved);
    return 0;
  }

  /** {@code bpf_xdp_adjust_meta}: makes room for metadata before the packet. */
  @BpfHelper(
      id = 54,
      args = {ARG_PTR_TO_CTX, ARG_ANYTHING},
      changesPktData = true)
  public long xdpAdjustMeta(long xdp, long offset) {
    long start = memory.readLong(xdp + hardStart) + FRAME_STRUCT;
    long meta = memory.readLong(xdp + dataMeta) + (int) offset;
    long packet = memory.readLong(xdp + data);
    if (Long.compareUnsigned(memory.readLong(xdp + dataMeta), packet) > 0) {
      return -Errno.ENOTSUPP;
    }
    if (Long.compareUnsigned(meta, start) < 0 || Long.compareUnsigned(meta, packet) > 0) {
      return -Errno.EINVAL;
    }
    long length = packet - meta;
    if ((length & 3) != 0 || length > MAX_META) {
      return -Errno.EACCES;
    }
    memory.writeLong(xdp + dataMeta, meta);
    return 0;
  }

  /** {@code bpf_xdp_adjust_tail}: moves the packet's end. */
  @BpfHelper(
      id = 65,
      args = {ARG_PTR_TO_CTX, ARG_ANYTHING},
      changesPktData = true)
  public long xdpAdjustTail(long xdp, long offset) {
    long end = memory.readLong(xdp + dataEnd);
    int delta = (int) offset;
    if (frames.present(xdp)) {
      return delta < 0 ? frames.shrink(xdp, -delta) : frames.grow(xdp, delta);
    }
    long moved = end + delta;
    long hardEnd = memory.readLong(xdp + hardStart) + memory.readInt(xdp + frameSize) - TAILROOM;
    if (Long.compareUnsigned(moved, hardEnd) > 0
        || Long.compareUnsigned(moved, memory.readLong(xdp + data) + ETH_HLEN) < 0) {
      return -Errno.EINVAL;
    }
    if (delta > 0) {
      memory.fill(end, (byte) 0, delta);
    }
    memory.writeLong(xdp + dataEnd, moved);
    return 0;
  }

  /** {@code bpf_xdp_get_buff_len}: bytes in the packet. */
  @BpfHelper(
      id = 188,
      args = {ARG_PTR_TO_CTX})
  public long xdpGetBuffLen(long xdp) {
    return frames.length(xdp);
  }

  /** {@code bpf_xdp_load_bytes}: copies out of the packet. */
  @BpfHelper(
      id = 189,
      args = {ARG_PTR_TO_CTX, ARG_ANYTHING, ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE})
  public long xdpLoadBytes(long xdp, long offset, long to, long length) {
    return frames.copy(xdp, offset, to, length, true);
  }

  /** {@code bpf_xdp_store_bytes}: copies into the packet. */
  @BpfHelper(
      id = 190,
      args = {ARG_PTR_TO_CTX, ARG_ANYTHING, ARG_PTR_TO_MEM_RDONLY, ARG_CONST_SIZE})
  public long xdpStoreBytes(long xdp, long offset, long from, long length) {
    return frames.copy(xdp, offset, from, length, false);
  }

  private int metaLength(long xdp) {
    long meta = memory.readLong(xdp + dataMeta);
    long packet = memory.readLong(xdp + data);
    return Long.compareUnsigned(meta, packet) > 0 ? 0 : (int) (packet - meta);
  }

  @TruffleBoundary
  private void move(long to, long from, int length) {
    byte[] bytes = new byte[length];
    memory.read(from, bytes, 0, length);
    memory.write(to, bytes, 0, length);
  }
}
