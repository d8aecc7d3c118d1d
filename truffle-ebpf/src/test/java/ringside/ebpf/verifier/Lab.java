package ringside.ebpf.verifier;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.context.ContextRules;
import ringside.ebpf.context.Contexts;
import ringside.ebpf.helper.HelperRegistry;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.MapDescriptor;
import ringside.kernel.layout.StructLayouts;

/** Verifies single programs for the tests. */
final class Lab {
  static final HelperRegistry HELPERS = HelperRegistry.of(List.of(HelperDeclarations.class));

  private Lab() {}

  static VerifierResult verify(
      ProgramType type, List<Insn> insns, List<MapDescriptor> maps, int logLevel) {
    return verify(type, null, insns, maps, logLevel, 0, VerifierInput.Capabilities.ROOT, "GPL", 1);
  }

  static VerifierResult verify(
      ProgramType type,
      @Nullable AttachType attach,
      List<Insn> insns,
      List<MapDescriptor> maps,
      int logLevel,
      int flags,
      VerifierInput.Capabilities capabilities,
      String license,
      int cpus) {
    VerifierInput input =
        new VerifierInput(
            type,
            attach,
            insns,
            VerifierInput.Maps.listed(maps),
            List.of(),
            List.of(),
            license,
            capabilities,
            logLevel,
            flags,
            context(type, capabilities.bpf()),
            HELPERS,
            VerifierInput.Types.NONE);
    return new Verifier(cpus).verify(input);
  }

  /** The contexts of program types; kprobes have the registers of the referee's processor. */
  static ContextRules context(ProgramType type, boolean capable) {
    if (type != ProgramType.KPROBE) {
      return Objects.requireNonNull(
          Contexts.of(type, null, StructLayouts.ofKernel(), capable), "contexts of this type");
    }
    return new ContextRules() {
      @Override
      public @Nullable Field access(int off, int size, boolean write) {
        return !write && off >= 0 && off % size == 0 && off + size <= 168 ? Field.SCALAR : null;
      }

      @Override
      public List<Insn> convert(Insn insn) {
        return List.of(insn);
      }
    };
  }
}
