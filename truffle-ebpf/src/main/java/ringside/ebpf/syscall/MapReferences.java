package ringside.ebpf.syscall;

import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;
import ringside.ebpf.map.BpfMap;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.verifier.VerifierInput;

/** What the map references of a program that is being loaded mean. */
public interface MapReferences {
  /** The map behind {@code BPF_PSEUDO_MAP_FD} and {@code BPF_PSEUDO_MAP_VALUE}, or null. */
  @Nullable BpfMap byFd(int fd);

  /** The map behind {@code BPF_PSEUDO_MAP_IDX} and {@code BPF_PSEUDO_MAP_IDX_VALUE}, or null. */
  @Nullable BpfMap byIndex(int index);

  /** References that are positions in a list, as the host's loaders make them. */
  static MapReferences listed(List<BpfMap> maps) {
    return new MapReferences() {
      @Override
      public @Nullable BpfMap byFd(int fd) {
        return fd >= 0 && fd < maps.size() ? maps.get(fd) : null;
      }

      @Override
      public @Nullable BpfMap byIndex(int index) {
        return byFd(index);
      }
    };
  }

  /** The map that an instruction refers to, or null. */
  default @Nullable BpfMap of(Insn first) {
    boolean index =
        first.src() == Opcodes.BPF_PSEUDO_MAP_IDX
            || first.src() == Opcodes.BPF_PSEUDO_MAP_IDX_VALUE;
    return index ? byIndex(first.imm()) : byFd(first.imm());
  }

  /** The same as the verifier sees it: their shapes. */
  default VerifierInput.Maps descriptors() {
    MapReferences maps = this;
    return new VerifierInput.Maps() {
      @Override
      public @Nullable MapDescriptor byFd(int fd) {
        BpfMap map = maps.byFd(fd);
        return map == null ? null : map.descriptor();
      }

      @Override
      public @Nullable MapDescriptor byIndex(int index) {
        BpfMap map = maps.byIndex(index);
        return map == null ? null : map.descriptor();
      }
    };
  }
}
