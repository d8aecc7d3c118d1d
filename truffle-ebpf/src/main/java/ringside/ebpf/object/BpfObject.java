package ringside.ebpf.object;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.MapBtf;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.verifier.VerifierInput;
import ringside.format.btf.Btf;

/**
 * An eBPF object, relocated: what it takes to create its maps and load its programs.
 *
 * @param name the file's name without directory and suffix
 * @param license of the {@code license} section; empty without one
 * @param kernelVersion of the {@code version} section; 0 without one
 * @param btf its types as {@code BPF_BTF_LOAD} wants them, with sizes and offsets of sections
 *     filled in; null where it has none
 * @param maps what map references of the programs index
 * @param programs in the order of their sections
 */
public record BpfObject(
    String name,
    String license,
    int kernelVersion,
    @Nullable Btf btf,
    List<MapDefinition> maps,
    List<ProgramDefinition> programs) {

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
   * @param pinned whether it is shared by name: found in, or pinned to, {@code /sys/fs/bpf/NAME}
   * @param inner what the maps in a map of maps are like; null without
   * @param slots what it holds from the start, of a map of maps or an array of programs
   * @param initial the only value's bytes, for global data; null for zeroes
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  public record MapDefinition(
      String name,
      MapDescriptor shape,
      boolean pinned,
      @Nullable MapDefinition inner,
      List<Slot> slots,
      byte @Nullable [] initial) {

    /** {@code btf_key_type_id}: what a key is in the object's BTF, 0 when unknown. */
    public int keyType() {
      MapBtf types = shape.btf();
      return types == null ? 0 : types.keyTypeId();
    }

    /** {@code btf_value_type_id}: what a value is in the object's BTF, 0 when unknown. */
    public int valueType() {
      MapBtf types = shape.btf();
      return types == null ? 0 : types.valueTypeId();
    }
  }

  /**
   * An initial element of a map of maps or of an array of programs.
   *
   * @param key its key, 4 bytes
   * @param target the name of a map or program of the same object
   */
  public record Slot(int key, String target) {}

  /**
   * A program to be loaded.
   *
   * @param name of its function
   * @param section the {@code SEC()} it stands in, without a leading {@code ?}
   * @param type {@code UNSPEC} where libbpf cannot tell it from the section's name
   * @param attachTo what the section's name says behind its slash, e.g. {@code
   *     raw_syscalls/sys_enter}; empty without
   * @param flags {@code BPF_F_SLEEPABLE} and {@code BPF_F_XDP_HAS_FRAGS} by the section's name
   * @param autoload whether it is loaded with the object: its section does not begin with {@code ?}
   * @param insns its function, and behind it those that it calls
   * @param functions what {@code .BTF.ext} says of them, for the verifier
   * @param poisoned by slot: what an instruction asks for and the kernel lacks, in libbpf's words;
   *     it is an invalid call now
   */
  public record ProgramDefinition(
      String name,
      String section,
      ProgramType type,
      @Nullable AttachType attachType,
      String attachTo,
      int flags,
      boolean autoload,
      List<Insn> insns,
      List<VerifierInput.FuncInfo> functions,
      List<VerifierInput.LineInfo> lines,
      Map<Integer, String> poisoned) {}
}
