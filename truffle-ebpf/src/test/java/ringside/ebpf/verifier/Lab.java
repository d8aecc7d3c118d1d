package ringside.ebpf.verifier;

import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.context.ContextRules;
import ringside.ebpf.helper.HelperRegistry;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.MapDescriptor;

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
            context(type),
            HELPERS,
            VerifierInput.Types.NONE);
    return new Verifier(cpus).verify(input);
  }

  /** The contexts of the program types under test, without conversion. */
  static ContextRules context(ProgramType type) {
    return new ContextRules() {
      @Override
      public @Nullable Field access(int off, int size, boolean write) {
        return switch (type) {
          case XDP -> xdp(off, size, write);
          case KPROBE ->
              !write && off >= 0 && off % size == 0 && off + size <= 168 ? Field.SCALAR : null;
          case TRACEPOINT ->
              !write && off >= 8 && off % size == 0 && off + size <= 8192 ? Field.SCALAR : null;
          case SOCKET_FILTER -> skb(off, size, write);
          default -> null;
        };
      }

      @Override
      public List<Insn> convert(Insn insn) {
        return List.of(insn);
      }
    };
  }

  private static ContextRules.@Nullable Field xdp(int off, int size, boolean write) {
    if (size != 4 || off % 4 != 0 || off < 0 || off > 16 || write) {
      return null;
    }
    return switch (off) {
      case 0 -> new ContextRules.Field(ContextRules.Kind.PTR_TO_PACKET, "");
      case 4 -> new ContextRules.Field(ContextRules.Kind.PTR_TO_PACKET_END, "");
      case 8 -> new ContextRules.Field(ContextRules.Kind.PTR_TO_PACKET_META, "");
      default -> ContextRules.Field.SCALAR;
    };
  }

  private static ContextRules.@Nullable Field skb(int off, int size, boolean write) {
    if (off < 0 || off % size != 0 || off + size > 76) {
      return null;
    }
    boolean cb = off >= 48 && off + size <= 68;
    if (write) {
      return cb ? ContextRules.Field.SCALAR : null;
    }
    return cb || (size <= 4 && (off < 48 || off >= 68)) ? ContextRules.Field.SCALAR : null;
  }
}
