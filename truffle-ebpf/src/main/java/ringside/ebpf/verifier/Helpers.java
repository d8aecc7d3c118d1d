package ringside.ebpf.verifier;

/** The helpers that the verifier treats specially, by their Linux ids. */
final class Helpers {
  static final int MAP_LOOKUP_ELEM = 1;
  static final int MAP_UPDATE_ELEM = 2;
  static final int MAP_DELETE_ELEM = 3;
  static final int PROBE_READ = 4;
  static final int TAIL_CALL = 12;
  static final int PERF_EVENT_READ = 22;
  static final int REDIRECT = 23;
  static final int PERF_EVENT_OUTPUT = 25;
  static final int GET_STACKID = 27;
  static final int CURRENT_TASK_UNDER_CGROUP = 37;
  static final int SKB_UNDER_CGROUP = 33;
  static final int PROBE_READ_STR = 45;
  static final int REDIRECT_MAP = 51;
  static final int SK_REDIRECT_MAP = 52;
  static final int SOCK_MAP_UPDATE = 53;
  static final int PERF_EVENT_READ_VALUE = 55;
  static final int MSG_REDIRECT_MAP = 60;
  static final int GET_STACK = 67;
  static final int SOCK_HASH_UPDATE = 70;
  static final int MSG_REDIRECT_HASH = 71;
  static final int SK_REDIRECT_HASH = 72;
  static final int GET_LOCAL_STORAGE = 81;
  static final int SK_SELECT_REUSEPORT = 82;
  static final int SKC_LOOKUP_TCP = 99;
  static final int SK_LOOKUP_TCP = 84;
  static final int SK_LOOKUP_UDP = 85;
  static final int SK_RELEASE = 86;
  static final int MAP_PUSH_ELEM = 87;
  static final int MAP_POP_ELEM = 88;
  static final int MAP_PEEK_ELEM = 89;
  static final int SEQ_PRINTF = 126;
  static final int SEQ_WRITE = 127;
  static final int SEQ_PRINTF_BTF = 150;
  static final int GET_ATTACH_COOKIE = 174;
  static final int GET_FUNC_ARG = 183;
  static final int GET_FUNC_RET = 184;
  static final int GET_FUNC_ARG_CNT = 185;
  static final int DYNPTR_FROM_MEM = 197;
  static final int KPTR_XCHG = 194;
  static final int DYNPTR_DATA = 203;
  static final int DYNPTR_WRITE = 202;
  static final int PER_CPU_PTR = 153;
  static final int THIS_CPU_PTR = 154;
  static final int SPIN_LOCK = 93;
  static final int SPIN_UNLOCK = 94;
  static final int SK_FULLSOCK = 95;
  static final int TCP_SOCK = 96;
  static final int GET_LISTENER_SOCK = 98;
  static final int SK_STORAGE_GET = 107;
  static final int SK_STORAGE_DELETE = 108;
  static final int SKB_OUTPUT = 111;
  static final int PROBE_READ_USER_STR = 114;
  static final int PROBE_READ_KERNEL_STR = 115;
  static final int XDP_OUTPUT = 121;
  static final int RINGBUF_OUTPUT = 130;
  static final int RINGBUF_RESERVE = 131;
  static final int RINGBUF_SUBMIT = 132;
  static final int RINGBUF_DISCARD = 133;
  static final int RINGBUF_QUERY = 134;
  static final int INODE_STORAGE_GET = 145;
  static final int GET_TASK_STACK = 141;
  static final int TASK_STORAGE_GET = 156;
  static final int TASK_STORAGE_DELETE = 157;
  static final int FOR_EACH_MAP_ELEM = 164;
  static final int SNPRINTF = 165;
  static final int TIMER_INIT = 169;
  static final int TIMER_SET_CALLBACK = 170;
  static final int FIND_VMA = 180;
  static final int LOOP = 181;
  static final int MAP_LOOKUP_PERCPU_ELEM = 195;
  static final int USER_RINGBUF_DRAIN = 209;
  static final int GET_SMP_PROCESSOR_ID = 8;

  private Helpers() {}

  /** The helper runs a function of the program, before it returns. */
  static boolean callsCallback(int id) {
    return id == FOR_EACH_MAP_ELEM || id == FIND_VMA || id == LOOP || id == USER_RINGBUF_DRAIN;
  }

  /** The helper returns something that must be released. */
  static boolean acquires(int id, int mapType) {
    return id == SK_LOOKUP_TCP
        || id == SK_LOOKUP_UDP
        || id == SKC_LOOKUP_TCP
        || id == RINGBUF_RESERVE
        || id == KPTR_XCHG
        || (id == MAP_LOOKUP_ELEM && (mapType == 15 || mapType == 18));
  }

  /** The helper's pointer result is the socket it was given, so both live and die together. */
  static boolean casts(int id) {
    return id == SK_FULLSOCK || id == TCP_SOCK || id == GET_LISTENER_SOCK;
  }
}
