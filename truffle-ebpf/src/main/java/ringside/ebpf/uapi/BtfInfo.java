package ringside.ebpf.uapi;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import ringside.ebpf.syscall.BtfObject;
import ringside.kernel.core.Errno;

/** Fills {@code struct bpf_btf_info}. */
final class BtfInfo {
  private final Context context;
  private final Fields fields;

  BtfInfo(Context context) {
    this.context = context;
    this.fields = context.layout().struct("bpf_btf_info");
  }

  int fill(BtfObject btf, long at, int length) {
    StructBytes info = InfoCommands.open(context, fields, at, length, fields.size());
    long name = info.u64("name");
    int room = info.u32("name_len");
    info.u32("id", btf.id());
    int wanted = info.u32("btf_size");
    int copied = Integer.compareUnsigned(wanted, btf.size()) < 0 ? wanted : btf.size();
    if (copied != 0) {
      context.user().write(info.u64("btf"), Arrays.copyOf(btf.bytes(), copied));
    }
    info.u32("btf_size", btf.size());
    info.u32("kernel_btf", btf.kernel() ? 1 : 0);
    if ((name != 0) != (room != 0)) {
      throw new SyscallError(Errno.EINVAL);
    }
    byte[] text = btf.name().getBytes(StandardCharsets.UTF_8);
    info.u32("name_len", text.length);
    boolean fits = true;
    if (name != 0) {
      fits = UserText.copy(context.user(), name, room, text);
    }
    int size = InfoCommands.close(context, info, at, length);
    if (!fits) {
      throw new SyscallError(Errno.ENOSPC);
    }
    return size;
  }
}
