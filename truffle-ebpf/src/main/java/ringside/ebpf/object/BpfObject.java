package ringside.ebpf.object;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.verifier.VerifierInput;

/**
 * An eBPF object, relocated: what it takes to create its maps and load its programs.
 *
 * @param name the file's name without directory and suffix
 * @param license of the {@code license} section; empty without one
 * @param maps what map references of the programs index
 * @param programs in the order of their sections
 */
public record BpfObject(
    String name, String license, List<MapDefinition> maps, List<ProgramDefinition> programs) {

  /** The program of that function name. */
  public Optional<ProgramDefinition> program(String function) {
    return programs.stream().filter(p -> p.name().equals(function)).findFirst();
  }

  /** The map of that variable name. */
  public Optional<MapDefinition> map(String variable) {
    return maps.stream().filter(m -> m.name().equals(variable)).findFirst();
  }

  /**
   * A map to be created.
   *
   * @param name of its variable; for global data, of its section
   * @param shape what to create; its id means nothing
   * @param initial the only value's bytes, for global data; otherwise null
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  public record MapDefinition(String name, MapDescriptor shape, byte @Nullable [] initial) {}

  /**
   * A program to be loaded.
   *
   * @param name of its function
   * @param section the {@code SEC()} it stands in
   * @param attachTo what the section's name says behind its slash, e.g. {@code
   *     raw_syscalls/sys_enter}; empty without
   * @param insns its function, and behind it those that it calls
   */
  public record ProgramDefinition(
      String name,
      String section,
      ProgramType type,
      @Nullable AttachType attachType,
      String attachTo,
      List<Insn> insns,
      List<VerifierInput.FuncInfo> functions,
      List<VerifierInput.LineInfo> lines) {}
}
