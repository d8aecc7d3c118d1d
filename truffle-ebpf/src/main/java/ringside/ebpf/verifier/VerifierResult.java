package ringside.ebpf.verifier;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.map.BtfRecord;
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
   * @param object what a kernel function allocates, frees, shares or adds to a collection, or null
   */
  public record Fact(@Nullable MapDescriptor map, int mapFd, @Nullable ObjectFact object) {}

  /**
   * An object of the program's own type that a kernel function is called for.
   *
   * @param type its struct in the program's BTF
   * @param size its bytes
   * @param fields its special fields, or null where it has none
   * @param nodeOffset where the node lies that is added to a collection
   */
  public record ObjectFact(int type, int size, @Nullable BtfRecord fields, int nodeOffset) {}

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
