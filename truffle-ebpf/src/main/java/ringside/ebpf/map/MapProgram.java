package ringside.ebpf.map;

import com.oracle.truffle.api.CallTarget;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.refcount.Counted;

/**
 * A program as maps hold it: in program arrays, and run by device and CPU maps.
 *
 * @param id its id
 * @param attachType {@code expected_attach_type}, or null
 * @param target takes the context's address as a boxed long
 * @param owner what must live as long as a map holds it, or null
 */
public record MapProgram(
    int id,
    ProgramType type,
    @Nullable AttachType attachType,
    CallTarget target,
    @Nullable Counted owner) {
  /** A program that nothing else needs to live for. */
  public MapProgram(int id, ProgramType type, @Nullable AttachType attachType, CallTarget target) {
    this(id, type, attachType, target, null);
  }

  /** A map holds it from now on. */
  void hold() {
    if (owner != null) {
      owner.get();
    }
  }

  /** A map holds it no more. */
  void release() {
    if (owner != null) {
      owner.put();
    }
  }
}
