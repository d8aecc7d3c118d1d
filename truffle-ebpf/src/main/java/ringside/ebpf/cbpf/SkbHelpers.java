package ringside.ebpf.cbpf;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.helper.BpfHelper;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Memory;

/**
 * The kernel functions that translated filters call ({@code net/core/filter.c}).
 *
 * <p>On Linux such a call has the function's distance from {@code __bpf_call_base} as its number;
 * here it has a number above all helper ids. No prototype is declared for them, so the verifier
 * refuses a program that tries to call one.
 */
public final class SkbHelpers {
  static final int LOAD_8 = 0x10001;
  static final int LOAD_16 = 0x10002;
  static final int LOAD_32 = 0x10003;
  static final int GET_PAY_OFFSET = 0x10004;
  static final int GET_NLATTR = 0x10005;
  static final int GET_NLATTR_NEST = 0x10006;
  static final int GET_RAW_CPU_ID = 0x10007;
  static final int USER_RND_U32 = 0x10008;

  /** What {@link #offset} gives where there is no such header. */
  private static final int NOWHERE = Integer.MIN_VALUE;

  /** {@code mac_header} of a packet that has none. */
  private static final int MAC_NOT_SET = 0xffff;

  /** {@code sizeof(struct nlattr)}. */
  private static final int NLATTR = 4;

  private static final int NLA_TYPE_MASK = 0x3fff;

  private final Memory memory;
  private final SkbLayout skb;
  private final PayloadOffset payload;
  private final SplittableRandom random;

  /**
   * Makes the functions of one kernel.
   *
   * @param seed of {@code bpf_user_rnd_u32}
   */
  public SkbHelpers(Memory memory, SkbLayout skb, long seed) {
    this.memory = memory;
    this.skb = skb;
    this.payload = new PayloadOffset(memory, skb);
    this.random = new SplittableRandom(seed);
  }

  /** The kernel's name of the function that a call's number stands for, or null. */
  public static @Nullable String name(int number) {
    return switch (number) {
      case LOAD_8 -> "bpf_skb_load_helper_8";
      case LOAD_16 -> "bpf_skb_load_helper_16";
      case LOAD_32 -> "bpf_skb_load_helper_32";
      case GET_PAY_OFFSET -> "bpf_skb_get_pay_offset";
      case GET_NLATTR -> "bpf_skb_get_nlattr";
      case GET_NLATTR_NEST -> "bpf_skb_get_nlattr_nest";
      case GET_RAW_CPU_ID -> "bpf_get_raw_cpu_id";
      case USER_RND_U32 -> "bpf_user_rnd_u32";
      default -> null;
    };
  }

  /** {@code bpf_skb_load_helper_8}. */
  @BpfHelper(id = LOAD_8)
  public long load8(long packet, long data, long headlen, long offset) {
    int at = offset(packet, (int) offset);
    return fits(at, (int) headlen, 1)
        ? Byte.toUnsignedLong(memory.readByte(data + at))
        : -Errno.EFAULT;
  }

  /** {@code bpf_skb_load_helper_16}. */
  @BpfHelper(id = LOAD_16)
  public long load16(long packet, long data, long headlen, long offset) {
    int at = offset(packet, (int) offset);
    return fits(at, (int) headlen, 2)
        ? Short.toUnsignedLong(Short.reverseBytes(memory.readShort(data + at)))
        : -Errno.EFAULT;
  }

  /** {@code bpf_skb_load_helper_32}. */
  @BpfHelper(id = LOAD_32)
  public long load32(long packet, long data, long headlen, long offset) {
    int at = offset(packet, (int) offset);
    return fits(at, (int) headlen, 4)
        ? Integer.toUnsignedLong(Integer.reverseBytes(memory.readInt(data + at)))
        : -Errno.EFAULT;
  }

  /** All packets are linear here: beyond the head there is nothing. */
  private static boolean fits(int at, int headlen, int size) {
    return at != NOWHERE && headlen - at >= size;
  }

  /** {@code bpf_skb_load_helper_convert_offset}. */
  private int offset(long packet, int offset) {
    if (offset >= 0) {
      return offset;
    }
    int data = (int) (memory.readLong(packet + skb.data()) - memory.readLong(packet + skb.head()));
    if (offset >= Classic.SKF_NET_OFF) {
      return offset - Classic.SKF_NET_OFF + header(packet, skb.networkHeader()) - data;
    }
    int mac = header(packet, skb.macHeader());
    return offset >= Classic.SKF_LL_OFF && mac != MAC_NOT_SET
        ? offset - Classic.SKF_LL_OFF + mac - data
        : NOWHERE;
  }

  private int header(long packet, int field) {
    return Short.toUnsignedInt(memory.readShort(packet + field));
  }

  /** {@code bpf_skb_get_pay_offset}. */
  @BpfHelper(id = GET_PAY_OFFSET)
  @TruffleBoundary
  public long getPayOffset(long packet) {
    return payload.of(packet);
  }

  /** {@code bpf_skb_get_nlattr}: where the netlink attribute of type X is, searched from A. */
  @BpfHelper(id = GET_NLATTR)
  @TruffleBoundary
  public long getNlattr(long packet, long from, long type) {
    int length = linearLength(packet);
    if (length < NLATTR || Integer.compareUnsigned((int) from, length - NLATTR) > 0) {
      return 0;
    }
    return find(packet, (int) from, length - (int) from, (int) type);
  }

  /** {@code bpf_skb_get_nlattr_nest}: the same inside the attribute at A. */
  @BpfHelper(id = GET_NLATTR_NEST)
  @TruffleBoundary
  public long getNlattrNest(long packet, long from, long type) {
    int length = linearLength(packet);
    if (length < NLATTR || Integer.compareUnsigned((int) from, length - NLATTR) > 0) {
      return 0;
    }
    int at = (int) from;
    int size = attributeLength(packet, at);
    if (size < NLATTR || size > length - at) {
      return 0;
    }
    return find(packet, at + NLATTR, size - NLATTR, (int) type);
  }

  private int linearLength(long packet) {
    return memory.readInt(packet + skb.dataLen()) != 0 ? 0 : memory.readInt(packet + skb.len());
  }

  /** {@code nla_find}; 0 where there is none. */
  private long find(long packet, int from, int length, int type) {
    long data = memory.readLong(packet + skb.data());
    int at = from;
    int rest = length;
    while (rest >= NLATTR) {
      int size = attributeLength(packet, at);
      if (size < NLATTR || size > rest) {
        return 0;
      }
      if ((memory.readShort(data + at + 2) & NLA_TYPE_MASK) == type) {
        return at;
      }
      int aligned = size + 3 & -4;
      at += aligned;
      rest -= aligned;
    }
    return 0;
  }

  private int attributeLength(long packet, int at) {
    return Short.toUnsignedInt(memory.readShort(memory.readLong(packet + skb.data()) + at));
  }

  /** {@code bpf_get_raw_cpu_id}: there is one CPU. */
  @BpfHelper(id = GET_RAW_CPU_ID)
  public long getRawCpuId() {
    return 0;
  }

  /** {@code bpf_user_rnd_u32}. */
  @BpfHelper(id = USER_RND_U32)
  @TruffleBoundary
  public long userRndU32() {
    return random.nextLong() >>> 32;
  }
}
