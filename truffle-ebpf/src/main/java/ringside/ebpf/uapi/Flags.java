package ringside.ebpf.uapi;

/** Flags that several commands share. */
final class Flags {
  /** {@code BPF_F_LOCK}. */
  static final long LOCK = 4;

  /** {@code BPF_F_REPLACE}. */
  static final int REPLACE = 1 << 2;

  /** {@code BPF_F_RDONLY | BPF_F_WRONLY}: {@code BPF_OBJ_FLAG_MASK}. */
  static final int OBJ_MASK = 1 << 3 | 1 << 4;

  /** {@code BPF_F_PATH_FD}. */
  static final int PATH_FD = 1 << 14;

  /** {@code BPF_F_TOKEN_FD}. */
  static final int TOKEN_FD = 1 << 16;

  private Flags() {}
}
