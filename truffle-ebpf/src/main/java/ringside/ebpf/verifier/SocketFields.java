package ringside.ebpf.verifier;

/** Which fields of {@code struct bpf_sock} and {@code bpf_tcp_sock} a program may read. */
final class SocketFields {
  private static final int BPF_SOCK_SIZE = 80;
  private static final int BPF_TCP_SOCK_SIZE = 112;
  private static final int DST_PORT = 48;

  private SocketFields() {}

  static boolean readable(int type, int off, int size) {
    if (off < 0 || off % size != 0) {
      return false;
    }
    return switch (RegType.base(type)) {
      case RegType.PTR_TO_SOCK_COMMON -> sockCommon(off, size);
      case RegType.PTR_TO_SOCKET -> off + size <= BPF_SOCK_SIZE && sock(off, size);
      case RegType.PTR_TO_TCP_SOCK -> off + size <= BPF_TCP_SOCK_SIZE && tcpSock(off, size);
      case RegType.PTR_TO_XDP_SOCK -> off == 0 && size == 4;
      default -> false;
    };
  }

  /** {@code type}, {@code protocol}, {@code mark} and {@code priority} need a full socket. */
  private static boolean sockCommon(int off, int size) {
    boolean full = off >= 8 && off < 24;
    return off + size <= BPF_SOCK_SIZE && !full && sock(off, size);
  }

  private static boolean sock(int off, int size) {
    if (off >= DST_PORT && off < DST_PORT + 4) {
      // Two bytes of port and two of padding; the whole word may be read for old programs.
      return off == DST_PORT ? size <= 4 : size == 1 && off < DST_PORT + 2;
    }
    return size <= 4;
  }

  private static boolean tcpSock(int off, int size) {
    boolean wide = off == 80 || off == 88;
    return wide ? size == 8 : size == 4;
  }
}
