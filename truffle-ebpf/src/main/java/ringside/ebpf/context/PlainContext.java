package ringside.ebpf.context;

import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;

/**
 * A read-only context that is the kernel's own struct: aligned reads anywhere between two offsets.
 *
 * @param first the first offset that may be read
 * @param end the offset behind the last byte that may be read
 */
public record PlainContext(int first, int end) implements ContextRules {
  @Override
  public @Nullable Field access(int off, int size, boolean write) {
    return write || off < first || off + size > end || off % size != 0 ? null : Field.SCALAR;
  }

  @Override
  public List<Insn> convert(Insn insn) {
    return List.of(insn);
  }
}
