package ringside.ebpf.vm;

import java.util.List;
import ringside.ebpf.isa.Insn;

/**
 * A program to be linked: instructions whose context accesses are converted already.
 *
 * @param insns map references, local calls and helper calls in the form they were loaded in
 * @param functions by first slot, the main one first and at 0
 */
public record Executable(String name, List<Insn> insns, List<Function> functions) {
  /** One function; it ends where the next begins. */
  public record Function(int start, String name) {}
}
