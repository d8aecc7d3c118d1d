package ringside.ebpf.verifier;

/**
 * What a register or a spilled register holds: Linux's {@code enum bpf_reg_type} with its modifier
 * flags, base type in the low eight bits.
 */
final class RegType {
  static final int NOT_INIT = 0;
  static final int SCALAR_VALUE = 1;
  static final int PTR_TO_CTX = 2;
  static final int CONST_PTR_TO_MAP = 3;
  static final int PTR_TO_MAP_VALUE = 4;
  static final int PTR_TO_MAP_KEY = 5;
  static final int PTR_TO_STACK = 6;
  static final int PTR_TO_PACKET_META = 7;
  static final int PTR_TO_PACKET = 8;
  static final int PTR_TO_PACKET_END = 9;
  static final int PTR_TO_FLOW_KEYS = 10;
  static final int PTR_TO_SOCKET = 11;
  static final int PTR_TO_SOCK_COMMON = 12;
  static final int PTR_TO_TCP_SOCK = 13;
  static final int PTR_TO_TP_BUFFER = 14;
  static final int PTR_TO_XDP_SOCK = 15;
  static final int PTR_TO_BTF_ID = 16;
  static final int PTR_TO_MEM = 17;
  static final int PTR_TO_ARENA = 18;
  static final int PTR_TO_BUF = 19;
  static final int PTR_TO_FUNC = 20;
  static final int CONST_PTR_TO_DYNPTR = 21;

  static final int PTR_MAYBE_NULL = 1 << 8;
  static final int MEM_RDONLY = 1 << 9;
  static final int MEM_RINGBUF = 1 << 10;
  static final int MEM_USER = 1 << 11;
  static final int MEM_PERCPU = 1 << 12;
  static final int OBJ_RELEASE = 1 << 13;
  static final int PTR_UNTRUSTED = 1 << 14;
  static final int MEM_UNINIT = 1 << 15;
  static final int DYNPTR_TYPE_LOCAL = 1 << 16;
  static final int DYNPTR_TYPE_RINGBUF = 1 << 17;
  static final int MEM_FIXED_SIZE = 1 << 18;
  static final int MEM_ALLOC = 1 << 19;
  static final int PTR_TRUSTED = 1 << 20;
  static final int MEM_RCU = 1 << 21;
  static final int NON_OWN_REF = 1 << 22;
  static final int DYNPTR_TYPE_SKB = 1 << 23;
  static final int DYNPTR_TYPE_XDP = 1 << 24;
  static final int MEM_ALIGNED = 1 << 25;
  static final int MEM_WRITE = 1 << 26;

  private static final String[] NAMES = {
    "?",
    "scalar",
    "ctx",
    "map_ptr",
    "map_value",
    "map_key",
    "fp",
    "pkt_meta",
    "pkt",
    "pkt_end",
    "flow_keys",
    "sock",
    "sock_common",
    "tcp_sock",
    "tp_buffer",
    "xdp_sock",
    "ptr_",
    "mem",
    "arena",
    "buf",
    "func",
    "dynptr_ptr"
  };

  private RegType() {}

  static int base(int type) {
    return type & 0xff;
  }

  static int flags(int type) {
    return type & ~0xff;
  }

  static boolean mayBeNull(int type) {
    return (type & PTR_MAYBE_NULL) != 0;
  }

  /** Tells whether the type points into packet data or metadata (not its end). */
  static boolean isPacketPointer(int type) {
    int base = base(type);
    return base == PTR_TO_PACKET || base == PTR_TO_PACKET_META;
  }

  static boolean isSocket(int type) {
    int base = base(type);
    return base == PTR_TO_SOCKET
        || base == PTR_TO_SOCK_COMMON
        || base == PTR_TO_TCP_SOCK
        || base == PTR_TO_XDP_SOCK;
  }

  static boolean isMapPointer(int type) {
    int base = base(type);
    return base == CONST_PTR_TO_MAP || base == PTR_TO_MAP_KEY || base == PTR_TO_MAP_VALUE;
  }

  /** Renders the type as the verifier log does, modifiers first. */
  static String name(int type) {
    StringBuilder text = new StringBuilder();
    prefix(text, type, MEM_RDONLY, "rdonly_");
    prefix(text, type, MEM_RINGBUF, "ringbuf_");
    prefix(text, type, MEM_USER, "user_");
    prefix(text, type, MEM_PERCPU, "percpu_");
    prefix(text, type, MEM_RCU, "rcu_");
    prefix(text, type, PTR_UNTRUSTED, "untrusted_");
    prefix(text, type, PTR_TRUSTED, "trusted_");
    text.append(NAMES[base(type)]);
    if (mayBeNull(type)) {
      text.append(base(type) == PTR_TO_BTF_ID ? "or_null_" : "_or_null");
    }
    return text.toString();
  }

  private static void prefix(StringBuilder text, int type, int flag, String word) {
    if ((type & flag) != 0) {
      text.append(word);
    }
  }
}
