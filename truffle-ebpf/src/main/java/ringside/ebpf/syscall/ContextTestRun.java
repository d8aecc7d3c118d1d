package ringside.ebpf.syscall;

import ringside.kernel.Kernel;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Gfp;

/** Test runs of programs that get their context from the user as it is. */
final class ContextTestRun {
  private static final int MAX_RAW_TRACEPOINT_ARGS = 12 * 8;
  private static final int U16_MAX = 0xffff;

  private final Kernel kernel;
  private final TestRun runner;

  ContextTestRun(Kernel kernel, TestRun runner) {
    this.kernel = kernel;
    this.runner = runner;
  }

  /** {@code bpf_prog_test_run_raw_tp}: the context are the tracepoint's arguments. */
  TestRun.Answer rawTracepoint(LoadedProgram program, TestRun.Request request) {
    boolean pinned = (request.flags() & TestRun.RUN_ON_CPU) != 0;
    if (request.data().length != 0
        || request.repeat() != 0
        || request.batchSize() != 0
        || request.context().length < program.maxContextOffset()
        || request.context().length > MAX_RAW_TRACEPOINT_ARGS
        || (!pinned && request.cpu() != 0)) {
      return TestRun.Answer.error(Errno.EINVAL);
    }
    if (request.cpu() != 0) {
      return TestRun.Answer.error(Errno.ENXIO);
    }
    return run(program, request, false);
  }

  /** {@code bpf_prog_test_run_syscall}: the program may change its context. */
  TestRun.Answer syscall(LoadedProgram program, TestRun.Request request) {
    if (request.data().length != 0
        || request.repeat() != 0
        || request.flags() != 0
        || request.batchSize() != 0
        || request.context().length < program.maxContextOffset()
        || request.context().length > U16_MAX) {
      return TestRun.Answer.error(Errno.EINVAL);
    }
    return run(program, request, true);
  }

  private TestRun.Answer run(LoadedProgram program, TestRun.Request request, boolean out) {
    int size = request.context().length;
    long context = size == 0 ? 0 : kernel.slab().kmalloc(size, Gfp.KERNEL);
    try {
      if (size != 0) {
        kernel.memory().write(context, request.context(), 0, size);
      }
      TestRun.Run run = runner.repeat(program, context, 1);
      byte[] after = new byte[out ? size : 0];
      if (after.length != 0) {
        kernel.memory().read(context, after, 0, size);
      }
      return new TestRun.Answer(0, run.retval(), new byte[0], 0, after, run.nanos());
    } finally {
      kernel.slab().kfree(context);
    }
  }
}
