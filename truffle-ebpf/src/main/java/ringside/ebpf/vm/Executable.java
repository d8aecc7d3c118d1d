package ringside.ebpf.vm;

import java.util.List;
import ringside.ebpf.isa.Insn;

/**
 * A program to be linked: instructions whose context accesses are converted already.
 *
 * @param insns map references, local calls and helper calls in the form they were loaded in
 * @param functions by first slot, the main one first and at 0
 * @param rewritten whether a verifier has passed it, so that it may have what only a verifier puts
 *     in: accesses whose faults are forgiven, and speculation barriers
 * @param exceptionCallback the function that {@code bpf_throw} ends in; -1 for the kernel's own,
 *     which returns the cookie
 */
public record Executable(
    String name,
    List<Insn> insns,
    List<Function> functions,
    boolean rewritten,
    int exceptionCallback) {
  /** A program without a callback of its own for exceptions. */
  public Executable(String name, List<Insn> insns, List<Function> functions, boolean rewritten) {
    this(name, insns, functions, rewritten, -1);
  }

  /** One function; it ends where the next begins. */
  public record Function(int start, String name) {}
}
