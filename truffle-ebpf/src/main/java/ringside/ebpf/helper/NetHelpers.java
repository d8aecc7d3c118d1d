package ringside.ebpf.helper;

import static ringside.ebpf.helper.ArgType.ARG_ANYTHING;
import static ringside.ebpf.helper.ArgType.ARG_CONST_MAP_PTR;
import static ringside.ebpf.helper.ArgType.ARG_CONST_SIZE_OR_ZERO;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_CTX;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_CTX_OR_NULL;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_FIXED_SIZE_MEM_WRITE_4;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_MEM_OR_NULL_RDONLY;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.BpfMap;
import ringside.ebpf.map.DevMap;
import ringside.ebpf.map.MapType;
import ringside.kernel.Kernel;
import ringside.kernel.core.Errno;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Memory;
import ringside.kernel.net.NetDevice;
import ringside.kernel.net.SkBuffs;

/** Helpers that send packets elsewhere and ask about devices ({@code net/core/filter.c}). */
public final class NetHelpers {
  private static final long TC_ACT_SHOT = 2;
  private static final long TC_ACT_REDIRECT = 7;
  private static final long XDP_ABORTED = 0;
  private static final long XDP_REDIRECT = 4;
  private static final long BPF_F_INGRESS = 1;
  private static final long BPF_F_ACTION_MASK = 3;
  private static final long BPF_F_BROADCAST = 1 << 3;

  /** {@code BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS}. */
  private static final long BPF_F_BROADCAST_MODES = BPF_F_BROADCAST | 1 << 4;

  private static final long BPF_MTU_CHK_SEGS = 1;
  private static final long BPF_MTU_CHK_RET_FRAG_NEEDED = 1;
  private static final long BPF_MTU_CHK_RET_SEGS_TOOBIG = 2;

  /** {@code struct bpf_redir_neigh}. */
  private static final int REDIR_NEIGH = 20;

  private final Kernel kernel;
  private final Memory memory;
  private final SkBuffs packets;
  private final StructLayout device;
  private final StructLayout info;
  private final StructLayout xdpBuff;
  private final StructLayout rxq;
  private final int skbDevice;
  private final int cookie;

  /** Makes the family for one kernel. */
  public NetHelpers(Kernel kernel) {
    this.kernel = kernel;
    this.memory = kernel.memory();
    this.packets = new SkBuffs(kernel.core());
    this.device = kernel.layouts().of("net_device");
    this.info = kernel.layouts().of("skb_shared_info");
    this.xdpBuff = kernel.layouts().of("xdp_buff");
    this.rxq = kernel.layouts().of("xdp_rxq_info");
    this.skbDevice = packets.offset("dev");
    this.cookie = kernel.layouts().of("net").offset("net_cookie");
  }

  /** {@code bpf_redirect} of a packet: the verdict that sends it to another device. */
  @BpfHelper(
      id = 23,
      args = {ARG_ANYTHING, ARG_ANYTHING},
      types = {ProgramType.SCHED_CLS, ProgramType.SCHED_ACT, ProgramType.LWT_XMIT})
  public long redirect(long ifindex, long flags) {
    return (flags & ~BPF_F_INGRESS) != 0 ? TC_ACT_SHOT : TC_ACT_REDIRECT;
  }

  /** {@code bpf_redirect} of a frame that no packet has been made of. */
  @BpfHelper(
      id = 23,
      args = {ARG_ANYTHING, ARG_ANYTHING},
      types = {ProgramType.XDP})
  public long xdpRedirect(long ifindex, long flags) {
    return flags != 0 ? XDP_ABORTED : XDP_REDIRECT;
  }

  /** {@code bpf_redirect_map}: to what stands behind a key of a device or CPU map. */
  @BpfHelper(
      id = 51,
      args = {ARG_CONST_MAP_PTR, ARG_ANYTHING, ARG_ANYTHING})
  public long redirectMap(BpfMap map, long key, long flags) {
    long modes = map.descriptor().type() == MapType.CPUMAP ? 0 : BPF_F_BROADCAST_MODES;
    if ((flags & ~(BPF_F_ACTION_MASK | modes)) != 0) {
      return XDP_ABORTED;
    }
    boolean found = map instanceof DevMap targets && targets.entry((int) key) != null;
    return found || (flags & BPF_F_BROADCAST) != 0 ? XDP_REDIRECT : flags & BPF_F_ACTION_MASK;
  }

  /** {@code bpf_redirect_peer}: to the other end of a device pair. */
  @BpfHelper(
      id = 155,
      args = {ARG_ANYTHING, ARG_ANYTHING})
  public long redirectPeer(long ifindex, long flags) {
    return flags != 0 ? TC_ACT_SHOT : TC_ACT_REDIRECT;
  }

  /** {@code bpf_redirect_neigh}: to another device, with the neighbour's MAC address filled in. */
  @BpfHelper(
      id = 152,
      args = {ARG_ANYTHING, ARG_PTR_TO_MEM_OR_NULL_RDONLY, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING})
  public long redirectNeigh(long ifindex, long parameters, long size, long flags) {
    boolean tooShort = size != 0 && size < REDIR_NEIGH;
    return tooShort || flags != 0 ? TC_ACT_SHOT : TC_ACT_REDIRECT;
  }

  /** {@code bpf_skb_check_mtu}: whether a packet would fit through a device. */
  @BpfHelper(
      id = 163,
      args = {
        ARG_PTR_TO_CTX,
        ARG_ANYTHING,
        ARG_PTR_TO_FIXED_SIZE_MEM_WRITE_4,
        ARG_ANYTHING,
        ARG_ANYTHING
      },
      gplOnly = true,
      types = {ProgramType.SCHED_CLS, ProgramType.SCHED_ACT})
  @TruffleBoundary
  public long skbCheckMtu(long skb, long ifindex, long mtuLength, long difference, long flags) {
    int asked = memory.readInt(mtuLength);
    boolean segments = (flags & BPF_MTU_CHK_SEGS) != 0;
    if ((flags & ~BPF_MTU_CHK_SEGS) != 0 || (segments && ((int) difference != 0 || asked != 0))) {
      return -Errno.EINVAL;
    }
    long dev = device(memory.readLong(skb + skbDevice), (int) ifindex);
    if (dev == 0) {
      return -Errno.ENODEV;
    }
    int mtu = memory.readInt(dev + device.offset("mtu"));
    int header = hardHeader(dev);
    int length = (asked != 0 ? asked + header : packets.length(skb)) + (int) difference;
    long result = 0;
    if (length > mtu + header) {
      int gso =
          Short.toUnsignedInt(memory.readShort(packets.sharedInfo(skb) + info.offset("gso_size")));
      result = gso == 0 ? BPF_MTU_CHK_RET_FRAG_NEEDED : 0;
      if (gso != 0 && segments) {
        if (packets.transportHeader(skb) == SkBuffs.UNSET) {
          return -Errno.EINVAL;
        }
        int headers = packets.transportHeader(skb) - packets.networkHeader(skb);
        result = headers + gso > mtu ? BPF_MTU_CHK_RET_SEGS_TOOBIG : 0;
      }
    }
    memory.writeInt(mtuLength, mtu);
    return result;
  }

  /** {@code bpf_xdp_check_mtu}: whether a frame would fit through a device. */
  @BpfHelper(
      id = 163,
      args = {
        ARG_PTR_TO_CTX,
        ARG_ANYTHING,
        ARG_PTR_TO_FIXED_SIZE_MEM_WRITE_4,
        ARG_ANYTHING,
        ARG_ANYTHING
      },
      gplOnly = true,
      types = {ProgramType.XDP})
  @TruffleBoundary
  public long xdpCheckMtu(long xdp, long ifindex, long mtuLength, long difference, long flags) {
    if (flags != 0) {
      return -Errno.EINVAL;
    }
    long own = memory.readLong(memory.readLong(xdp + xdpBuff.offset("rxq")) + rxq.offset("dev"));
    long dev = device(own, (int) ifindex);
    if (dev == 0) {
      return -Errno.ENODEV;
    }
    int mtu = memory.readInt(dev + device.offset("mtu"));
    int header = hardHeader(dev);
    int asked = memory.readInt(mtuLength);
    long there =
        memory.readLong(xdp + xdpBuff.offset("data_end"))
            - memory.readLong(xdp + xdpBuff.offset("data"));
    int length = (asked != 0 ? asked + header : (int) there) + (int) difference;
    memory.writeInt(mtuLength, mtu);
    return length > mtu + header ? BPF_MTU_CHK_RET_FRAG_NEEDED : 0;
  }

  private int hardHeader(long dev) {
    return Short.toUnsignedInt(memory.readShort(dev + device.offset("hard_header_len")));
  }

  /** {@code __dev_via_ifindex}: the packet's own device where no other is named. */
  private long device(long own, int ifindex) {
    if (ifindex == 0 || memory.readInt(own + device.offset("ifindex")) == ifindex) {
      return own;
    }
    NetDevice found = find(ifindex);
    return found == null ? 0 : found.address();
  }

  private @Nullable NetDevice find(int ifindex) {
    for (NetDevice each : kernel.net().devices()) {
      if (each.index() == ifindex) {
        return each;
      }
    }
    return null;
  }

  /** {@code bpf_get_netns_cookie}: the number of the network namespace; there is one. */
  @BpfHelper(
      id = 122,
      args = {ARG_PTR_TO_CTX_OR_NULL})
  public long getNetnsCookie(long context) {
    long namespace =
        memory.readLong(kernel.net().devices().getFirst().address() + device.offset("nd_net"));
    return Math.max(1, memory.readLong(namespace + cookie));
  }
}
