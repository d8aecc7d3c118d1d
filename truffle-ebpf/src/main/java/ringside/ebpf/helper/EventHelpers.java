package ringside.ebpf.helper;

import static ringside.ebpf.helper.ArgType.ARG_ANYTHING;
import static ringside.ebpf.helper.ArgType.ARG_CONST_MAP_PTR;
import static ringside.ebpf.helper.ArgType.ARG_CONST_SIZE;
import static ringside.ebpf.helper.ArgType.ARG_CONST_SIZE_OR_ZERO;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_CTX;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_MEM_RDONLY;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_UNINIT_MEM;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.BpfMap;
import ringside.ebpf.map.FdArrayMap;
import ringside.ebpf.map.MapRuntime;
import ringside.ebpf.map.PerfSink;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Memory;
import ringside.kernel.net.SkBuffs;

/** Helpers on perf events, programs in maps, and per-CPU variables. */
public final class EventHelpers {
  private static final long BPF_F_INDEX_MASK = 0xffffffffL;
  private static final long BPF_F_CURRENT_CPU = BPF_F_INDEX_MASK;
  private static final long BPF_F_CTXLEN_MASK = 0xfffffL << 32;
  private static final int PERF_VALUE = 24;

  private final Memory memory;
  private final MapRuntime maps;
  private final SkBuffs packets;
  private final int frameStart;
  private final int frameEnd;

  /** Makes the family for one kernel. */
  public EventHelpers(MapRuntime maps) {
    this.memory = maps.core().memory();
    this.maps = maps;
    this.packets = new SkBuffs(maps.core());
    this.frameStart = maps.core().layouts().of("xdp_buff").offset("data");
    this.frameEnd = maps.core().layouts().of("xdp_buff").offset("data_end");
  }

  /**
   * {@code bpf_tail_call}: goes on in another program; the engine does it, and never comes here.
   */
  @BpfHelper(
      id = 12,
      ret = ReturnType.RET_VOID,
      args = {ARG_PTR_TO_CTX, ARG_CONST_MAP_PTR, ARG_ANYTHING})
  public long tailCall(long context, long map, long index) {
    return 0;
  }

  /** {@code bpf_perf_event_output}: writes a record into a perf event's buffer. */
  @BpfHelper(
      id = 25,
      args = {
        ARG_PTR_TO_CTX,
        ARG_CONST_MAP_PTR,
        ARG_ANYTHING,
        ARG_PTR_TO_MEM_RDONLY,
        ARG_CONST_SIZE_OR_ZERO
      },
      gplOnly = true)
  @TruffleBoundary
  public long perfEventOutput(long context, long map, long flags, long data, long size) {
    return (flags & ~BPF_F_INDEX_MASK) != 0
        ? -Errno.EINVAL
        : output(map, flags, data, (int) size, 0, 0);
  }

  /** {@code bpf_skb_event_output}: the same with the beginning of a packet behind it. */
  @BpfHelper(
      id = 25,
      args = {
        ARG_PTR_TO_CTX,
        ARG_CONST_MAP_PTR,
        ARG_ANYTHING,
        ARG_PTR_TO_MEM_RDONLY,
        ARG_CONST_SIZE_OR_ZERO
      },
      gplOnly = true,
      types = {
        ProgramType.SOCKET_FILTER,
        ProgramType.SCHED_CLS,
        ProgramType.SCHED_ACT,
        ProgramType.CGROUP_SKB,
        ProgramType.LWT_IN,
        ProgramType.LWT_OUT,
        ProgramType.LWT_XMIT,
        ProgramType.LWT_SEG6LOCAL,
        ProgramType.SK_SKB
      })
  @TruffleBoundary
  public long skbEventOutput(long skb, long map, long flags, long data, long size) {
    return withPacket(map, flags, data, (int) size, packets.data(skb), packets.length(skb));
  }

  /** {@code bpf_xdp_event_output}: the same with the beginning of a frame behind it. */
  @BpfHelper(
      id = 25,
      args = {
        ARG_PTR_TO_CTX,
        ARG_CONST_MAP_PTR,
        ARG_ANYTHING,
        ARG_PTR_TO_MEM_RDONLY,
        ARG_CONST_SIZE_OR_ZERO
      },
      gplOnly = true,
      types = {ProgramType.XDP})
  @TruffleBoundary
  public long xdpEventOutput(long xdp, long map, long flags, long data, long size) {
    long start = memory.readLong(xdp + frameStart);
    int length = (int) (memory.readLong(xdp + frameEnd) - start);
    return withPacket(map, flags, data, (int) size, start, length);
  }

  private long withPacket(long map, long flags, long data, int size, long packet, int length) {
    if ((flags & ~(BPF_F_INDEX_MASK | BPF_F_CTXLEN_MASK)) != 0) {
      return -Errno.EINVAL;
    }
    long wanted = (flags & BPF_F_CTXLEN_MASK) >>> 32;
    return wanted > length
        ? -Errno.EFAULT
        : output(map, flags & BPF_F_INDEX_MASK, data, size, packet, (int) wanted);
  }

  private long output(long map, long index, long data, int size, long packet, int length) {
    BpfMap events = maps.mapAt(map);
    int cpu = index == BPF_F_CURRENT_CPU ? 0 : (int) index;
    if (events == null || Integer.compareUnsigned(cpu, events.descriptor().maxEntries()) >= 0) {
      return -Errno.E2BIG;
    }
    PerfSink event = event(events, cpu);
    if (event == null) {
      return -Errno.ENOENT;
    }
    byte[] record = new byte[size + length];
    memory.read(data, record, 0, size);
    if (length != 0) {
      memory.read(packet, record, size, length);
    }
    return event.output(record);
  }

  /** {@code bpf_perf_event_read}: a perf event's count. */
  @BpfHelper(
      id = 22,
      args = {ARG_CONST_MAP_PTR, ARG_ANYTHING},
      gplOnly = true)
  @TruffleBoundary
  public long perfEventRead(BpfMap map, long flags) {
    return count(map, flags);
  }

  /** {@code bpf_perf_event_read_value}: count and times of a perf event. */
  @BpfHelper(
      id = 55,
      args = {ARG_CONST_MAP_PTR, ARG_ANYTHING, ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE},
      gplOnly = true)
  @TruffleBoundary
  public long perfEventReadValue(BpfMap map, long flags, long to, long size) {
    long count = size == PERF_VALUE ? count(map, flags) : -Errno.EINVAL;
    memory.fill(to, (byte) 0, size);
    if (count < 0) {
      return count;
    }
    memory.writeLong(to, count);
    return 0;
  }

  private long count(BpfMap map, long flags) {
    if ((flags & ~BPF_F_INDEX_MASK) != 0) {
      return -Errno.EINVAL;
    }
    int cpu = flags == BPF_F_CURRENT_CPU ? 0 : (int) flags;
    if (Integer.compareUnsigned(cpu, map.descriptor().maxEntries()) >= 0) {
      return -Errno.E2BIG;
    }
    PerfSink event = event(map, cpu);
    return event == null ? -Errno.ENOENT : event.count();
  }

  private static @Nullable PerfSink event(BpfMap map, int cpu) {
    return map instanceof FdArrayMap array ? array.eventAt(cpu) : null;
  }

  /** {@code bpf_per_cpu_ptr}: a CPU's copy of a variable, or null. */
  @BpfHelper(
      id = 153,
      ret = ReturnType.RET_PTR_TO_MEM_OR_BTF_ID_OR_NULL,
      args = {ArgType.ARG_PTR_TO_PERCPU_BTF_ID, ARG_ANYTHING})
  public long perCpuPtr(long variable, long cpu) {
    return (int) cpu == 0 ? variable : 0;
  }

  /** {@code bpf_this_cpu_ptr}: the running CPU's copy of a variable. */
  @BpfHelper(
      id = 154,
      ret = ReturnType.RET_PTR_TO_MEM_OR_BTF_ID,
      args = {ArgType.ARG_PTR_TO_PERCPU_BTF_ID})
  public long thisCpuPtr(long variable) {
    return variable;
  }
}
