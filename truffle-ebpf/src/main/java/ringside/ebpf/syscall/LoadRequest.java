package ringside.ebpf.syscall;

import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.BpfMap;
import ringside.ebpf.verifier.VerifierInput;
import ringside.format.btf.Btf;

/**
 * What {@code BPF_PROG_LOAD} is given.
 *
 * @param name at most 15 characters, for listings
 * @param maps what the map references of the instructions index
 * @param functions from BTF; may be empty
 * @param lines from BTF; may be empty
 * @param logLevel 1, 2 and 4 or-ed; 0 for no log
 * @param flags {@code BPF_F_*}
 * @param btf the program's BTF, which its functions refer to, or null
 * @param attachBtfId {@code attach_btf_id}: what of the kernel's BTF it is to be attached to, or 0
 * @param verified whether the verifier decides; without it anything that links is run
 */
public record LoadRequest(
    String name,
    ProgramType type,
    @Nullable AttachType attachType,
    List<Insn> insns,
    List<BpfMap> maps,
    List<VerifierInput.FuncInfo> functions,
    List<VerifierInput.LineInfo> lines,
    String license,
    VerifierInput.Capabilities capabilities,
    int logLevel,
    int flags,
    boolean verified,
    @Nullable Btf btf,
    int attachBtfId) {

  /** A load without BTF. */
  public LoadRequest(
      String name,
      ProgramType type,
      @Nullable AttachType attachType,
      List<Insn> insns,
      List<BpfMap> maps,
      List<VerifierInput.FuncInfo> functions,
      List<VerifierInput.LineInfo> lines,
      String license,
      VerifierInput.Capabilities capabilities,
      int logLevel,
      int flags,
      boolean verified) {
    this(
        name,
        type,
        attachType,
        insns,
        maps,
        functions,
        lines,
        license,
        capabilities,
        logLevel,
        flags,
        verified,
        null,
        0);
  }

  /** A verified load by root under GPL, without BTF and with a short log. */
  public static LoadRequest of(String name, ProgramType type, List<Insn> insns, List<BpfMap> maps) {
    return new LoadRequest(
        name,
        type,
        null,
        insns,
        maps,
        List.of(),
        List.of(),
        "GPL",
        VerifierInput.Capabilities.ROOT,
        1,
        0,
        true);
  }

  /** The same load without the verifier. */
  public LoadRequest unverified() {
    return new LoadRequest(
        name,
        type,
        attachType,
        insns,
        maps,
        functions,
        lines,
        license,
        capabilities,
        logLevel,
        flags,
        false,
        btf,
        attachBtfId);
  }

  /** The same load with another log level. */
  public LoadRequest withLogLevel(int level) {
    return new LoadRequest(
        name,
        type,
        attachType,
        insns,
        maps,
        functions,
        lines,
        license,
        capabilities,
        level,
        flags,
        verified,
        btf,
        attachBtfId);
  }

  /** The same load with the BTF that its functions and lines come from. */
  public LoadRequest withBtf(@Nullable Btf program) {
    return new LoadRequest(
        name,
        type,
        attachType,
        insns,
        maps,
        functions,
        lines,
        license,
        capabilities,
        logLevel,
        flags,
        verified,
        program,
        attachBtfId);
  }

  /** The same load by a task with other capabilities. */
  public LoadRequest withCapabilities(VerifierInput.Capabilities other) {
    return new LoadRequest(
        name,
        type,
        attachType,
        insns,
        maps,
        functions,
        lines,
        license,
        other,
        logLevel,
        flags,
        verified,
        btf,
        attachBtfId);
  }
}
