package ringside.ebpf.context;

import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.ProgramType;
import ringside.kernel.layout.StructLayouts;

/** The context rules of each program type that exists here. */
public final class Contexts {
  /** {@code PERF_MAX_TRACE_SIZE}: the longest trace record. */
  private static final int PERF_MAX_TRACE_SIZE = 8192;

  /** {@code MAX_BPF_FUNC_ARGS} arguments of 8 bytes each. */
  private static final int RAW_TRACEPOINT_SIZE = 12 * 8;

  private Contexts() {}

  /**
   * The rules for a program.
   *
   * @param layouts of the kernel structs that accesses are converted to
   * @param capable whether the loader has {@code CAP_BPF}, which some fields need
   * @return null where programs of that type cannot be loaded here
   */
  public static @Nullable ContextRules of(
      ProgramType type, @Nullable AttachType attachType, StructLayouts layouts, boolean capable) {
    return switch (type) {
      case XDP -> new XdpContext(layouts, attachType == AttachType.XDP_DEVMAP);
      case SOCKET_FILTER,
          SCHED_CLS,
          SCHED_ACT,
          CGROUP_SKB,
          LWT_IN,
          LWT_OUT,
          LWT_XMIT,
          LWT_SEG6LOCAL,
          SK_SKB ->
          SkBuffContext.of(type, layouts, capable);
      case FLOW_DISSECTOR -> SkBuffContext.flowDissector(layouts);
      case CGROUP_SOCK -> SockContexts.cgroupSock(layouts, attachType);
      case CGROUP_SOCK_ADDR -> SockContexts.sockAddr(layouts, attachType);
      case CGROUP_DEVICE -> CgroupContexts.device(layouts);
      case CGROUP_SYSCTL -> CgroupContexts.sysctl(layouts);
      case CGROUP_SOCKOPT -> CgroupContexts.sockopt(layouts, attachType);
      case SOCK_OPS -> SockOpsContext.of(layouts);
      case SK_MSG -> SockContexts.skMsg(layouts);
      case SK_LOOKUP -> SockContexts.skLookup(layouts);
      case SK_REUSEPORT -> SockContexts.skReuseport(layouts);
      // The first 8 bytes are struct trace_entry, which programs may not read.
      case TRACEPOINT -> new PlainContext(8, PERF_MAX_TRACE_SIZE);
      case RAW_TRACEPOINT -> new PlainContext(0, RAW_TRACEPOINT_SIZE);
      case RAW_TRACEPOINT_WRITABLE ->
          new TraceContexts.Writable(new PlainContext(0, RAW_TRACEPOINT_SIZE));
      case KPROBE -> new PlainContext(0, layouts.of("pt_regs").size());
      case PERF_EVENT -> TraceContexts.perfEvent(layouts);
      case NETFILTER -> TraceContexts.netfilter(layouts);
      case SYSCALL -> new SyscallContext();
      case UNSPEC, LIRC_MODE2, TRACING, STRUCT_OPS, EXT, LSM -> null;
    };
  }
}
