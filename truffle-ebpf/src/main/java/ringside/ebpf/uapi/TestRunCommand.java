package ringside.ebpf.uapi;

import java.util.Arrays;
import java.util.Map;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.ebpf.syscall.TestRun;
import ringside.kernel.Kernel;
import ringside.kernel.core.Errno;

/** {@code BPF_PROG_TEST_RUN}. */
final class TestRunCommand {
  /** {@code KMALLOC_MAX_SIZE}: nothing takes more input. */
  private static final int LARGEST = 4 << 20;

  private final Context context;
  private final TestRun runner;

  TestRunCommand(Kernel kernel, Context context) {
    this.context = context;
    this.runner = new TestRun(kernel);
  }

  void addTo(Map<Command, Handler> table) {
    table.put(Command.PROG_TEST_RUN, this::run);
  }

  private long run(BpfAttr attr) {
    BpfAttr.Arguments args = attr.arguments("test", "batch_size");
    int contextIn = args.u32("ctx_size_in");
    if ((contextIn != 0) != (args.u64("ctx_in") != 0)
        || (args.u32("ctx_size_out") != 0) != (args.u64("ctx_out") != 0)) {
      throw new SyscallError(Errno.EINVAL);
    }
    LoadedProgram program = context.descriptors().get(args.u32("prog_fd"), LoadedProgram.class);
    if (args.u32("flags") != 0 || args.u32("cpu") != 0 || args.u32("batch_size") != 0) {
      throw new SyscallError(Errno.EINVAL); // one CPU, no live frames
    }
    TestRun.Answer answer =
        runner.run(
            program,
            new TestRun.Request(
                input(args.u64("data_in"), args.u32("data_size_in")),
                input(args.u64("ctx_in"), contextIn),
                args.u32("repeat")));
    if (answer.errno() != 0) {
      throw new SyscallError(answer.errno());
    }
    return finish(args, answer);
  }

  private byte[] input(long address, int size) {
    if (Integer.compareUnsigned(size, LARGEST) > 0) {
      throw new SyscallError(Errno.EINVAL);
    }
    return size == 0 ? new byte[0] : context.user().read(address, size);
  }

  /** {@code bpf_test_finish}: a buffer that is too small gets what fits. */
  private long finish(BpfAttr.Arguments args, TestRun.Answer answer) {
    byte[] data = answer.data();
    int room = args.u32("data_size_out");
    boolean fits = room == 0 || Integer.compareUnsigned(data.length, room) <= 0;
    if (args.u64("data_out") != 0) {
      context.user().write(args.u64("data_out"), fits ? data : Arrays.copyOf(data, room));
    }
    args.put("data_size_out", data.length);
    args.put("retval", answer.retval());
    args.put("duration", (int) Math.min(answer.nanos(), Integer.MAX_VALUE));
    return fits ? 0 : -Errno.ENOSPC;
  }
}
