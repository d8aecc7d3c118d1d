package ringside.ebpf.context;

import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;

/** What user space hands to a syscall program: up to 64 KiB, to read and to write. */
record SyscallContext() implements ContextRules {
  /** {@code U16_MAX}. */
  static final int MAX_SIZE = 0xffff;

  @Override
  public @Nullable Field access(int off, int size, boolean write) {
    return off < 0 || off >= MAX_SIZE || off % size != 0 ? null : Field.SCALAR;
  }

  @Override
  public List<Insn> convert(Insn insn) {
    return List.of(insn);
  }
}
