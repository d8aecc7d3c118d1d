package ringside.ebpf.syscall;

import ringside.kernel.Kernel;
import ringside.kernel.core.Errno;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.Memory;
import ringside.kernel.vm.GuestContext;

/** {@code BPF_PROG_TEST_RUN}: runs a program on made-up input ({@code net/bpf/test_run.c}). */
public final class TestRun {
  private static final int ETH_HLEN = 14;
  private static final int XDP_PACKET_HEADROOM = 256;
  private static final int FRAME = 4096;

  /** {@code SKB_DATA_ALIGN(sizeof(struct skb_shared_info))}. */
  private static final int TAILROOM = 320;

  private static final int MAX_RAW_TRACEPOINT_ARGS = 12 * 8;

  private final Kernel kernel;
  private final Memory memory;

  /** Makes a runner for a kernel's programs. */
  public TestRun(Kernel kernel) {
    this.kernel = kernel;
    this.memory = kernel.memory();
  }

  /**
   * The input.
   *
   * @param data the packet
   * @param context the user's context struct; empty for none
   * @param repeat how often it runs; 0 means once
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  public record Request(byte[] data, byte[] context, int repeat) {}

  /**
   * What came of it.
   *
   * @param errno 0, or why nothing was run
   * @param retval the low half of r0 of the last run
   * @param data the packet afterwards
   * @param nanos mean wall time of a run
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  public record Answer(int errno, int retval, byte[] data, long nanos) {
    static Answer error(int errno) {
      return new Answer(errno, 0, new byte[0], 0);
    }
  }

  /** Runs a program; enters the kernel's guest context itself. */
  public Answer run(LoadedProgram program, Request request) {
    return switch (program.type()) {
      case XDP -> xdp(program, request);
      case RAW_TRACEPOINT -> rawTracepoint(program, request);
      default -> Answer.error(Errno.ENOTSUPP);
    };
  }

  private Answer xdp(LoadedProgram program, Request request) {
    int size = request.data().length;
    if (size < ETH_HLEN || size > FRAME - XDP_PACKET_HEADROOM - TAILROOM) {
      return Answer.error(Errno.EINVAL);
    }
    StructLayout buff = kernel.layouts().of("xdp_buff");
    StructLayout rxq = kernel.layouts().of("xdp_rxq_info");
    long frame = kernel.slab().kmalloc(FRAME, Gfp.KERNEL | Gfp.ZERO);
    long xdp = kernel.slab().kmalloc(buff.size(), Gfp.KERNEL | Gfp.ZERO);
    long queue = kernel.slab().kmalloc(rxq.size(), Gfp.KERNEL | Gfp.ZERO);
    long device =
        kernel.slab().kmalloc(kernel.layouts().of("net_device").size(), Gfp.KERNEL | Gfp.ZERO);
    try {
      long data = frame + XDP_PACKET_HEADROOM;
      memory.write(data, request.data(), 0, size);
      memory.writeLong(xdp + buff.offset("data_hard_start"), frame);
      memory.writeLong(xdp + buff.offset("data"), data);
      memory.writeLong(xdp + buff.offset("data_meta"), data);
      memory.writeLong(xdp + buff.offset("data_end"), data + size);
      memory.writeLong(xdp + buff.offset("rxq"), queue);
      memory.writeInt(xdp + buff.offset("frame_sz"), FRAME);
      memory.writeLong(queue + rxq.offset("dev"), device);
      // The kernel runs it on the loopback device of the caller's network namespace.
      memory.writeInt(device + kernel.layouts().of("net_device").offset("ifindex"), 1);
      Run run = repeat(program, xdp, request.repeat());
      long packet = memory.readLong(xdp + buff.offset("data"));
      long meta = memory.readLong(xdp + buff.offset("data_meta"));
      // What the program put in front of the packet comes back with it.
      long start = Long.compareUnsigned(meta, packet) < 0 ? meta : packet;
      long end = memory.readLong(xdp + buff.offset("data_end"));
      byte[] out = new byte[(int) (end - start)];
      memory.read(start, out, 0, out.length);
      return new Answer(0, run.retval, out, run.nanos);
    } finally {
      kernel.slab().kfree(device);
      kernel.slab().kfree(queue);
      kernel.slab().kfree(xdp);
      kernel.slab().kfree(frame);
    }
  }

  private Answer rawTracepoint(LoadedProgram program, Request request) {
    int size = request.context().length;
    if (request.data().length != 0 || request.repeat() > 1 || size > MAX_RAW_TRACEPOINT_ARGS) {
      return Answer.error(Errno.EINVAL);
    }
    long context = kernel.slab().kmalloc(MAX_RAW_TRACEPOINT_ARGS, Gfp.KERNEL | Gfp.ZERO);
    try {
      memory.write(context, request.context(), 0, size);
      Run run = repeat(program, context, 1);
      return new Answer(0, run.retval, new byte[0], run.nanos);
    } finally {
      kernel.slab().kfree(context);
    }
  }

  private record Run(int retval, long nanos) {}

  private Run repeat(LoadedProgram program, long context, int times) {
    int runs = Math.max(1, times);
    try (GuestContext.Scope _ = kernel.enter()) {
      long result = 0;
      long start = System.nanoTime();
      for (int i = 0; i < runs; i++) {
        result = kernel.protect(() -> (long) program.target().call(context));
      }
      return new Run((int) result, (System.nanoTime() - start) / runs);
    }
  }
}
