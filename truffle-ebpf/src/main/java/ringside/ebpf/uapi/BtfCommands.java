package ringside.ebpf.uapi;

import java.util.Map;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.syscall.BtfObject;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfException;
import ringside.kernel.core.Errno;

/** {@code BPF_BTF_LOAD}. */
final class BtfCommands {
  /** {@code BTF_MAX_SIZE}. */
  private static final int BTF_MAX_SIZE = 16 << 20;

  private final Bpf bpf;
  private final Context context;

  BtfCommands(Bpf bpf, Context context) {
    this.bpf = bpf;
    this.context = context;
  }

  void addTo(Map<Command, Handler> table) {
    table.put(Command.BTF_LOAD, this::load);
  }

  private long load(BpfAttr attr) {
    BpfAttr.Arguments args = attr.arguments("btf", "btf_token_fd");
    if ((args.u32("btf_flags") & ~Flags.TOKEN_FD) != 0) {
      throw new SyscallError(Errno.EINVAL);
    }
    if ((args.u32("btf_flags") & Flags.TOKEN_FD) != 0) {
      throw context.token(args.u32("btf_token_fd"));
    }
    context.caller().demand(context.caller().bpf());
    int size = args.u32("btf_size");
    if (Integer.compareUnsigned(size, BTF_MAX_SIZE) > 0) {
      throw new SyscallError(Errno.E2BIG);
    }
    LogBuffer log = LogBuffer.ofBtf(context.user(), args);
    int errno = 0;
    BtfObject made = null;
    try {
      byte[] bytes = context.user().read(args.u64("btf"), size);
      BtfCheck.run(bytes, log);
      made = bpf.addBtf(bytes, Btf.parse("BTF", bytes));
    } catch (SyscallError refused) {
      errno = refused.errno();
    } catch (BtfException damaged) {
      // The check has taken what the reader does not: the reader knows better.
      log.print(damaged.getMessage() + "\n");
      errno = Errno.EINVAL;
    }
    int lost = log.finish(args);
    if (made != null && lost == 0) {
      return context.descriptors().give(made, 0);
    }
    if (made != null) {
      made.put();
    }
    return -(lost == 0 ? errno : lost);
  }
}
