package ringside.ebpf.verifier;

import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.context.ContextRules;
import ringside.ebpf.helper.HelperRegistry;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.kfunc.KfuncRegistry;
import ringside.ebpf.map.MapDescriptor;
import ringside.format.btf.Btf;

/**
 * What {@code BPF_PROG_LOAD} hands to the verifier.
 *
 * @param attachType {@code expected_attach_type}; null where the program type has none (0 was
 *     given)
 * @param maps resolves the map references of the instructions
 * @param functions {@code func_info}, ordered by offset; empty without BTF
 * @param lines {@code line_info}, ordered by offset; empty without BTF
 * @param license e.g. {@code GPL}
 * @param logLevel {@code BPF_LOG_LEVEL1} 1, {@code LEVEL2} 2, {@code STATS} 4, or-ed
 * @param flags {@code BPF_F_STRICT_ALIGNMENT} and kin
 * @param context the program type's context rules
 * @param helpers the helpers that exist here
 * @param types BTF of the program and of the kernel, and what is looked up in it
 */
public record VerifierInput(
    ProgramType type,
    @Nullable AttachType attachType,
    List<Insn> insns,
    Maps maps,
    List<FuncInfo> functions,
    List<LineInfo> lines,
    String license,
    Capabilities capabilities,
    int logLevel,
    int flags,
    ContextRules context,
    HelperRegistry helpers,
    Types types) {
  public static final int BPF_F_STRICT_ALIGNMENT = 1;
  public static final int BPF_F_ANY_ALIGNMENT = 1 << 1;
  public static final int BPF_F_TEST_RND_HI32 = 1 << 2;
  public static final int BPF_F_TEST_STATE_FREQ = 1 << 3;
  public static final int BPF_F_SLEEPABLE = 1 << 4;
  public static final int BPF_F_XDP_HAS_FRAGS = 1 << 5;
  public static final int BPF_F_XDP_DEV_BOUND_ONLY = 1 << 6;
  public static final int BPF_F_TEST_REG_INVARIANTS = 1 << 7;

  /** Resolves what the {@code imm} of a map reference means to the loading task. */
  public interface Maps {
    /** The map behind {@code BPF_PSEUDO_MAP_FD} and {@code BPF_PSEUDO_MAP_VALUE}, or null. */
    @Nullable MapDescriptor byFd(int fd);

    /** The map behind {@code BPF_PSEUDO_MAP_IDX} and {@code BPF_PSEUDO_MAP_IDX_VALUE}, or null. */
    @Nullable MapDescriptor byIndex(int index);

    /** Maps whose descriptors and indexes are both their positions in a list. */
    static Maps listed(List<MapDescriptor> maps) {
      return new Maps() {
        @Override
        public @Nullable MapDescriptor byFd(int fd) {
          return fd >= 0 && fd < maps.size() ? maps.get(fd) : null;
        }

        @Override
        public @Nullable MapDescriptor byIndex(int index) {
          return byFd(index);
        }
      };
    }
  }

  /**
   * BTF of both sides, and what its ids are resolved with.
   *
   * @param program the BTF that the program was loaded with ({@code prog_btf_fd}), or null
   * @param kernel the kernel's own, {@code /sys/kernel/btf/vmlinux}
   * @param kfuncs the kernel functions that exist here
   * @param attachBtfId {@code attach_btf_id}, a type of the kernel's BTF; 0 for none
   */
  public record Types(
      @Nullable Btf program, @Nullable Btf kernel, KfuncRegistry kfuncs, int attachBtfId) {
    /** No BTF on either side. */
    public static final Types NONE = new Types(null, null, KfuncRegistry.EMPTY, 0);
  }

  /**
   * One function of the program, from {@code .BTF.ext}.
   *
   * @param insn index of its first slot
   * @param global whether it is verified on its own ({@code BTF_FUNC_GLOBAL})
   * @param type the id of its {@code FUNC} in the program's BTF
   */
  public record FuncInfo(int insn, String name, boolean global, int type) {}

  /**
   * The source line that begins at a slot, from {@code .BTF.ext}.
   *
   * @param insn index of the slot
   * @param text the line's text without indentation
   */
  public record LineInfo(int insn, String file, String text, int line, int column) {}

  /** The loading task's capabilities that matter here. */
  public record Capabilities(boolean bpf, boolean perfmon, boolean netAdmin, boolean sysAdmin) {
    /** What root has. */
    public static final Capabilities ROOT = new Capabilities(true, true, true, true);

    /** What an ordinary user has. */
    public static final Capabilities NONE = new Capabilities(false, false, false, false);
  }
}
