package ringside.ebpf.verifier;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.map.MapDescriptor;

/**
 * The verifier's answer.
 *
 * @param errno 0, or the positive errno that {@code BPF_PROG_LOAD} fails with
 * @param log what the log buffer holds, in the kernel's words, {@code processed …} line included
 * @param insnsProcessed the figure of that line
 * @param insns the program to run: context accesses converted, dead code gone. Map references,
 *     local calls and helper calls keep the form they were loaded in. Empty when rejected
 * @param origin for each slot of {@code insns}, the index of the loaded slot it stems from
 * @param facts what is known of single slots of {@code insns}, by index
 * @param subprograms the functions of {@code insns}, by first slot; the main one first
 */
@SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
public record VerifierResult(
    boolean ok,
    int errno,
    String log,
    int insnsProcessed,
    List<Insn> insns,
    int[] origin,
    Map<Integer, Fact> facts,
    List<Subprogram> subprograms) {

  /**
   * What the verifier learned of one instruction.
   *
   * @param map the one map that a helper call is always made with, or null
   * @param mapFd the {@code imm} of the reference that loads that map
   */
  public record Fact(@Nullable MapDescriptor map, int mapFd) {}

  /**
   * One function.
   *
   * @param start index of its first slot
   * @param stackDepth bytes of stack it uses, 0–512
   * @param name from BTF, or {@code subprog_N}
   */
  public record Subprogram(int start, int stackDepth, String name) {}

  /** A rejection. */
  public static VerifierResult rejected(int errno, String log, int insnsProcessed) {
    return new VerifierResult(
        false, errno, log, insnsProcessed, List.of(), new int[0], Map.of(), List.of());
  }
}
