package ringside.ebpf.syscall;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.AttachType;
import ringside.kernel.Kernel;
import ringside.kernel.core.Errno;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.Memory;
import ringside.kernel.net.NetDevice;
import ringside.kernel.net.SkBuffs;

/** Test runs of XDP programs ({@code bpf_prog_test_run_xdp}). */
final class XdpTestRun {
  private static final int XDP_PACKET_HEADROOM = 256;
  private static final int FRAME = TestRun.PAGE_SIZE;

  /** {@code sizeof(struct xdp_frame)}. */
  private static final int XDP_FRAME = 40;

  private static final int MAX_SKB_FRAGS = 17;
  private static final int XDP_FLAGS_HAS_FRAGS = 1;
  private static final int XDP_MD_SIZE = 24;

  // offsets in struct xdp_md
  private static final int DATA = 0;
  private static final int DATA_END = 4;
  private static final int DATA_META = 8;
  private static final int INGRESS_IFINDEX = 12;
  private static final int RX_QUEUE_INDEX = 16;
  private static final int EGRESS_IFINDEX = 20;

  private final Kernel kernel;
  private final TestRun runner;
  private final Memory memory;
  private final StructLayout buff;
  private final StructLayout info;

  XdpTestRun(Kernel kernel, TestRun runner) {
    this.kernel = kernel;
    this.runner = runner;
    this.memory = kernel.memory();
    this.buff = kernel.layouts().of("xdp_buff");
    this.info = kernel.layouts().of("skb_shared_info");
  }

  TestRun.Answer run(LoadedProgram program, TestRun.Request request) {
    boolean live = (request.flags() & TestRun.XDP_LIVE_FRAMES) != 0;
    if (program.attachType() == AttachType.XDP_DEVMAP
        || program.attachType() == AttachType.XDP_CPUMAP
        || (request.flags() & ~TestRun.XDP_LIVE_FRAMES) != 0
        || (!live && request.batchSize() != 0)) {
      return TestRun.Answer.error(Errno.EINVAL);
    }
    if (live) {
      // Live frames go where the program sends them; there is no such path here yet.
      return TestRun.Answer.error(Errno.EOPNOTSUPP);
    }
    byte[] context = TestRun.context(request, XDP_MD_SIZE);
    if (context == null) {
      return TestRun.Answer.error(Errno.E2BIG);
    }
    UserStruct md = new UserStruct(context);
    boolean given = request.context().length != 0;
    int size = request.data().length;
    int meta = 0;
    int linear = size;
    if (given) {
      meta = md.getInt(DATA);
      if (md.getInt(DATA_META) != 0
          || Integer.compareUnsigned(md.getInt(DATA_END), size) > 0
          || Integer.compareUnsigned(meta, md.getInt(DATA_END)) > 0
          || (meta & 3) != 0
          || Integer.compareUnsigned(meta, XDP_PACKET_HEADROOM - XDP_FRAME) > 0) {
        return TestRun.Answer.error(Errno.EINVAL);
      }
      linear = md.getInt(DATA_END);
    }
    int headroom = XDP_PACKET_HEADROOM - meta;
    linear = Math.min(linear, FRAME - headroom - SkBuffs.SHARED_INFO);
    if (Integer.compareUnsigned(size - meta, TestRun.ETH_HLEN) < 0) {
      return TestRun.Answer.error(Errno.EINVAL);
    }
    return run(program, request, md, given, new Shape(headroom, meta, linear));
  }

  /** How the data lie: where they start, how much of them is metadata, and what is in one piece. */
  private record Shape(int headroom, int meta, int linear) {}

  private TestRun.Answer run(
      LoadedProgram program, TestRun.Request request, UserStruct md, boolean given, Shape shape) {
    int device = 1;
    if (given) {
      int index = md.getInt(INGRESS_IFINDEX);
      if (md.getInt(EGRESS_IFINDEX) != 0 || (index == 0 && md.getInt(RX_QUEUE_INDEX) != 0)) {
        return TestRun.Answer.error(Errno.EINVAL);
      }
      if (index != 0) {
        device = index;
        if (device(index) == null) {
          return TestRun.Answer.error(Errno.ENODEV);
        }
        if (md.getInt(RX_QUEUE_INDEX) != 0) {
          return TestRun.Answer.error(Errno.EINVAL);
        }
      }
    }
    NetDevice dev = device(device);
    StructLayout rxq = kernel.layouts().of("xdp_rxq_info");
    long frame = kernel.slab().kmalloc(FRAME, Gfp.KERNEL | Gfp.ZERO);
    long xdp = kernel.slab().kmalloc(buff.size(), Gfp.KERNEL | Gfp.ZERO);
    long queue = kernel.slab().kmalloc(rxq.size(), Gfp.KERNEL | Gfp.ZERO);
    List<Long> pages = new ArrayList<>();
    try {
      long start = frame + shape.headroom;
      memory.write(start, request.data(), 0, shape.linear);
      memory.writeLong(xdp + buff.offset("data_hard_start"), frame);
      memory.writeLong(xdp + buff.offset("data_meta"), start);
      memory.writeLong(xdp + buff.offset("data"), start + shape.meta);
      memory.writeLong(xdp + buff.offset("data_end"), start + shape.linear);
      memory.writeLong(xdp + buff.offset("rxq"), queue);
      memory.writeInt(xdp + buff.offset("frame_sz"), FRAME);
      memory.writeLong(queue + rxq.offset("dev"), dev == null ? 0 : dev.address());
      long shared = frame + FRAME - SkBuffs.SHARED_INFO;
      if (request.data().length > shape.linear
          && !fragments(request.data(), shape.linear, xdp, shared, pages)) {
        return TestRun.Answer.error(Errno.ENOMEM);
      }
      TestRun.Run run = runner.repeat(program, xdp, request.repeat());
      return answer(request, run, xdp, shared, md);
    } finally {
      pages.forEach(kernel.slab()::kfree);
      kernel.slab().kfree(queue);
      kernel.slab().kfree(xdp);
      kernel.slab().kfree(frame);
    }
  }

  /** Puts what does not fit into the frame into pages of its own. */
  private boolean fragments(byte[] data, int from, long xdp, long shared, List<Long> pages) {
    StructLayout frag = kernel.layouts().of("skb_frag");
    int at = from;
    while (at < data.length) {
      if (pages.size() == MAX_SKB_FRAGS) {
        return false;
      }
      long page = kernel.slab().kmalloc(TestRun.PAGE_SIZE, Gfp.KERNEL | Gfp.ZERO);
      if (page == 0) {
        return false;
      }
      int length = Math.min(data.length - at, TestRun.PAGE_SIZE);
      memory.write(page, data, at, length);
      long entry = shared + info.offset("frags") + (long) pages.size() * frag.size();
      memory.writeLong(entry + frag.offset("netmem"), page);
      memory.writeInt(entry + frag.offset("len"), length);
      pages.add(page);
      at += length;
    }
    memory.writeByte(shared + info.offset("nr_frags"), (byte) pages.size());
    memory.writeInt(shared + info.offset("xdp_frags_size"), data.length - from);
    memory.writeInt(xdp + buff.offset("flags"), XDP_FLAGS_HAS_FRAGS);
    return true;
  }

  private TestRun.Answer answer(
      TestRun.Request request, TestRun.Run run, long xdp, long shared, UserStruct md) {
    long meta = memory.readLong(xdp + buff.offset("data_meta"));
    long data = memory.readLong(xdp + buff.offset("data"));
    long end = memory.readLong(xdp + buff.offset("data_end"));
    int frags = memory.readInt(shared + info.offset("xdp_frags_size"));
    md.putInt(DATA, (int) (data - meta));
    md.putInt(DATA_END, (int) (end - meta));
    int linear = (int) (end - meta);
    byte[] out = new byte[linear + frags];
    memory.read(meta, out, 0, linear);
    StructLayout frag = kernel.layouts().of("skb_frag");
    int count = Byte.toUnsignedInt(memory.readByte(shared + info.offset("nr_frags")));
    int at = linear;
    for (int i = 0; i < count && at < out.length; i++) {
      long entry = shared + info.offset("frags") + (long) i * frag.size();
      int length = memory.readInt(entry + frag.offset("len"));
      long page = memory.readLong(entry + frag.offset("netmem"));
      memory.read(page + memory.readInt(entry + frag.offset("offset")), out, at, length);
      at += length;
    }
    int room = request.dataSizeOut();
    if (frags != 0 && room != 0 && room < out.length) {
      // Linux cuts the first piece, not the last; where even the other pieces do not fit, it stops.
      int head = room - frags;
      byte[] cut = new byte[Math.max(0, head) + (head < 0 ? 0 : frags)];
      System.arraycopy(out, 0, cut, 0, Math.max(0, head));
      System.arraycopy(out, linear, cut, Math.max(0, head), head < 0 ? 0 : frags);
      return new TestRun.Answer(
          Errno.ENOSPC,
          head < 0 ? 0 : run.retval(),
          cut,
          head < 0 ? room : out.length,
          new byte[0],
          run.nanos());
    }
    return TestRun.finish(request, run, out, md.bytes());
  }

  private @Nullable NetDevice device(int index) {
    for (NetDevice device : kernel.net().devices()) {
      if (device.index() == index) {
        return device;
      }
    }
    return null;
  }
}
