package ringside.ebpf.syscall;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import ringside.kernel.Kernel;
import ringside.kernel.core.Errno;
import ringside.kernel.vm.GuestContext;

/** {@code BPF_PROG_TEST_RUN}: runs a program on made-up input ({@code net/bpf/test_run.c}). */
public final class TestRun {
  static final int ETH_HLEN = 14;
  static final int PAGE_SIZE = 4096;

  /** {@code BPF_F_TEST_XDP_LIVE_FRAMES}. */
  static final int XDP_LIVE_FRAMES = 1 << 1;

  /** {@code BPF_F_TEST_RUN_ON_CPU}. */
  static final int RUN_ON_CPU = 1;

  /** {@code BPF_F_TEST_SKB_CHECKSUM_COMPLETE}. */
  static final int SKB_CHECKSUM_COMPLETE = 1 << 2;

  private final Kernel kernel;

  /** Makes a runner for a kernel's programs. */
  public TestRun(Kernel kernel) {
    this.kernel = kernel;
  }

  /**
   * The input.
   *
   * @param data the packet; empty for none
   * @param context the user's context struct; empty for none
   * @param repeat how often it runs; 0 means once
   * @param flags {@code BPF_F_TEST_*}
   * @param cpu where to run
   * @param batchSize of live frames
   * @param dataSizeOut how much of the packet afterwards fits; 0 for all of it
   * @param contextSizeOut how much of the context afterwards fits; negative for all of it
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  public record Request(
      byte[] data,
      byte[] context,
      int repeat,
      int flags,
      int cpu,
      int batchSize,
      int dataSizeOut,
      int contextSizeOut) {
    /** Plain input: no flags, and room for all output. */
    public Request(byte[] data, byte[] context, int repeat) {
      this(data, context, repeat, 0, 0, 0, 0, -1);
    }

    boolean special() {
      return flags != 0 || cpu != 0 || batchSize != 0;
    }
  }

  /**
   * What came of it.
   *
   * @param errno 0, or why nothing was run; {@code ENOSPC} where output was cut
   * @param retval the low half of r0 of the last run
   * @param data the packet afterwards, as much as fits
   * @param dataSize bytes of all of it
   * @param context the user's context struct afterwards, as much as fits; empty where there was
   *     none
   * @param nanos mean wall time of a run
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  public record Answer(
      int errno, int retval, byte[] data, int dataSize, byte[] context, long nanos) {
    static Answer error(int errno) {
      return new Answer(errno, 0, new byte[0], 0, new byte[0], 0);
    }
  }

  /** Runs a program; enters the kernel's guest context itself. */
  public Answer run(LoadedProgram program, Request request) {
    return switch (program.type()) {
      case XDP -> new XdpTestRun(kernel, this).run(program, request);
      case SOCKET_FILTER, SCHED_CLS, SCHED_ACT, CGROUP_SKB, LWT_IN, LWT_OUT, LWT_XMIT ->
          new SkbTestRun(kernel, this).run(program, request);
      case FLOW_DISSECTOR -> new NetTestRun(kernel, this).flowDissector(program, request);
      case SK_LOOKUP -> new NetTestRun(kernel, this).skLookup(program, request);
      case NETFILTER -> new NetTestRun(kernel, this).netfilter(program, request);
      case RAW_TRACEPOINT -> new ContextTestRun(kernel, this).rawTracepoint(program, request);
      case SYSCALL -> new ContextTestRun(kernel, this).syscall(program, request);
      default -> Answer.error(Errno.ENOTSUPP);
    };
  }

  /**
   * {@code bpf_ctx_init}: the user's context, cut or filled up to a struct's size.
   *
   * @return null where what is cut is not all zero: {@code E2BIG}
   */
  static byte @Nullable [] context(Request request, int size) {
    byte[] context = new byte[size];
    for (int i = size; i < request.context().length; i++) {
      if (request.context()[i] != 0) {
        return null;
      }
    }
    System.arraycopy(request.context(), 0, context, 0, Math.min(size, request.context().length));
    return context;
  }

  /** {@code range_is_zero}. */
  static boolean isZero(byte[] bytes, int from, int behind) {
    for (int i = from; i < behind; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return true;
  }

  /** {@code bpf_test_finish} and {@code bpf_ctx_finish}: cuts the output to what the user takes. */
  static Answer finish(Request request, Run run, byte[] data, byte[] context) {
    boolean cut = request.dataSizeOut() != 0 && data.length > request.dataSizeOut();
    if (cut) {
      byte[] part = Arrays.copyOf(data, request.dataSizeOut());
      return new Answer(Errno.ENOSPC, run.retval, part, data.length, new byte[0], run.nanos);
    }
    boolean given = request.context().length != 0;
    boolean cutContext =
        given && request.contextSizeOut() >= 0 && context.length > request.contextSizeOut();
    byte[] out =
        cutContext
            ? Arrays.copyOf(context, request.contextSizeOut())
            : given ? context : new byte[0];
    int errno = cutContext ? Errno.ENOSPC : 0;
    return new Answer(errno, run.retval, data, data.length, out, run.nanos);
  }

  record Run(int retval, long nanos) {}

  Run repeat(LoadedProgram program, long context, int times) {
    int runs = Math.max(1, times);
    try (GuestContext.Scope _ = kernel.enter()) {
      long result = 0;
      long counted = program.stats().start();
      long start = System.nanoTime();
      for (int i = 0; i < runs; i++) {
        result = kernel.protect(() -> (long) program.target().call(context));
      }
      program.stats().count(counted, runs);
      return new Run((int) result, (System.nanoTime() - start) / runs);
    }
  }
}
