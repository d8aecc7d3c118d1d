package ringside.ebpf.context;

import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;

/** Rules that note how far into its context a program reaches ({@code max_ctx_offset}). */
public final class ReachedContext implements ContextRules {
  private final ContextRules rules;
  private int reached;

  /** Watches the rules of one load. */
  public ReachedContext(ContextRules rules) {
    this.rules = rules;
  }

  /** The end of the access furthest behind, or 0. */
  public int reached() {
    return reached;
  }

  @Override
  public @Nullable Field access(int off, int size, boolean write) {
    Field field = rules.access(off, size, write);
    if (field != null) {
      reached = Math.max(reached, off + size);
    }
    return field;
  }

  @Override
  public List<Insn> convert(Insn insn) {
    return rules.convert(insn);
  }
}
