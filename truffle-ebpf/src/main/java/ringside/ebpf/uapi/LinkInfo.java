package ringside.ebpf.uapi;

import java.nio.charset.StandardCharsets;
import ringside.ebpf.attach.BpfLink;
import ringside.ebpf.attach.LinkTarget;
import ringside.kernel.core.Errno;

/** Fills {@code struct bpf_link_info}. */
final class LinkInfo {
  private static final int BPF_PERF_EVENT_KPROBE = 3;
  private static final int BPF_PERF_EVENT_TRACEPOINT = 5;

  private final Context context;
  private final Fields fields;

  LinkInfo(Context context) {
    this.context = context;
    this.fields = context.layout().struct("bpf_link_info");
  }

  int fill(BpfLink link, long at, int length) {
    StructBytes info = InfoCommands.open(context, fields, at, length, fields.size());
    info.u32("type", link.target().type().id())
        .u32("id", link.id())
        .u32("prog_id", link.program().id());
    switch (link.target()) {
      case LinkTarget.Xdp xdp ->
          info.u32("xdp.ifindex", link.attachment() == null ? 0 : xdp.device().index());
      case LinkTarget.RawTracepoint raw -> {
        info.u64("raw_tracepoint.cookie", raw.cookie());
        name(info, "raw_tracepoint.tp_name", "raw_tracepoint.tp_name_len", raw.name());
      }
      case LinkTarget.Kprobe probe -> {
        info.u32("perf_event.type", BPF_PERF_EVENT_KPROBE)
            .u64("perf_event.kprobe.addr", probe.address())
            .u32("perf_event.kprobe.offset", 0)
            .u64("perf_event.kprobe.missed", 0)
            .u64("perf_event.kprobe.cookie", probe.cookie());
        name(info, "perf_event.kprobe.func_name", "perf_event.kprobe.name_len", probe.function());
      }
      case LinkTarget.Event event -> {
        info.u32("perf_event.type", BPF_PERF_EVENT_TRACEPOINT)
            .u64("perf_event.tracepoint.cookie", event.cookie());
        name(
            info,
            "perf_event.tracepoint.tp_name",
            "perf_event.tracepoint.name_len",
            event.tracepoint().name());
      }
      case LinkTarget.Netfilter nf ->
          info.u32("netfilter.pf", nf.family())
              .u32("netfilter.hooknum", nf.hook())
              .u32("netfilter.priority", nf.priority())
              .u32("netfilter.flags", nf.flags());
    }
    return InfoCommands.close(context, info, at, length);
  }

  /** Lengths count the zero byte. */
  private void name(StructBytes info, String field, String lengthField, String name) {
    long buffer = info.u64(field);
    int room = info.u32(lengthField);
    if ((buffer != 0) != (room != 0)) {
      throw new SyscallError(Errno.EINVAL);
    }
    byte[] text = name.getBytes(StandardCharsets.UTF_8);
    info.u32(lengthField, text.length + 1);
    copy(buffer, room, text);
  }

  private void copy(long buffer, int room, byte[] text) {
    if (buffer != 0 && !UserText.copy(context.user(), buffer, room, text)) {
      throw new SyscallError(Errno.ENOSPC);
    }
  }
}
