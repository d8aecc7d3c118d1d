package ringside.ebpf.host;

import java.util.List;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;
import ringside.ebpf.isa.ProgramType;

/**
 * Whether this machine lets this process use bpf(2).
 *
 * @param allowed whether a trivial program could be loaded
 * @param reason why not, in words; empty when allowed
 */
public record HostBpf(boolean allowed, String reason) {
  private static final int EPERM = 1;
  private static final int ENOSYS = 38;

  /** Tries it: loads {@code r0 = 0; exit} as a socket filter and closes it again. */
  public static HostBpf probe() {
    List<Insn> trivial =
        List.of(
            new Insn(Opcodes.BPF_ALU64 | Opcodes.BPF_MOV, 0, 0, 0, 0),
            new Insn(Opcodes.BPF_JMP | Opcodes.BPF_EXIT, 0, 0, 0, 0));
    try (HostKernel kernel = HostKernel.unprobed()) {
      HostVerdict verdict =
          kernel.load(HostKernel.Load.of("probe", ProgramType.SOCKET_FILTER, trivial));
      return verdict.accepted()
          ? new HostBpf(true, "")
          : new HostBpf(
              false,
              switch (verdict.errno()) {
                case EPERM -> "EPERM: needs CAP_BPF, or kernel.unprivileged_bpf_disabled=0";
                case ENOSYS -> "ENOSYS: the kernel has no bpf(2)";
                default -> "BPF_PROG_LOAD failed with errno " + verdict.errno();
              });
    } catch (HostUnavailable e) {
      return new HostBpf(false, e.reason());
    }
  }
}
