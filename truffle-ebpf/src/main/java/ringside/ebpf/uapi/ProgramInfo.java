package ringside.ebpf.uapi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Licenses;
import ringside.ebpf.isa.Opcodes;
import ringside.ebpf.map.BpfMap;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.kernel.core.Errno;
import ringside.kernel.fs.FsException;

/**
 * Fills {@code struct bpf_prog_info}.
 *
 * <p>Programs have no machine code in the simulated kernel's memory, so nothing of what is jited
 * has a length.
 */
final class ProgramInfo {
  private static final int FUNC_INFO_SIZE = 8;
  private static final int LINE_INFO_SIZE = 16;
  private static final int JITED_LINE_INFO_SIZE = 8;

  private final Context context;
  private final Fields fields;

  ProgramInfo(Context context) {
    this.context = context;
    this.fields = context.layout().struct("bpf_prog_info");
  }

  int fill(LoadedProgram program, long at, int length) {
    StructBytes info =
        InfoCommands.open(context, fields, at, length, fields.place("attach_btf_id").end());
    info.u32("type", program.type().id())
        .u32("id", program.id())
        .u64("load_time", program.loadTime())
        .u32("created_by_uid", program.origin().uid())
        .u32("gpl_compatible", Licenses.gplCompatible(program.license()) ? 1 : 0)
        .array("tag", program.tag())
        .array("name", new byte[16])
        .text("name", program.name());
    info.array("gpl_compatible", new byte[] {(byte) info.u32("gpl_compatible"), 0, 0, 0});
    list(info, "nr_map_ids", "map_ids", mapIds(program));
    recordSize(info, "func_info_rec_size", "nr_func_info", FUNC_INFO_SIZE);
    recordSize(info, "line_info_rec_size", "nr_line_info", LINE_INFO_SIZE);
    recordSize(info, "jited_line_info_rec_size", "nr_jited_line_info", JITED_LINE_INFO_SIZE);
    info.u64("run_time_ns", program.stats().nanos())
        .u64("run_cnt", program.stats().runs())
        .u64("recursion_misses", 0)
        .u32("verified_insns", program.verifiedInsns());
    LoadedProgram.DebugInfo debug = program.origin().debug();
    info.u32("btf_id", debug == null ? 0 : debug.btf().id());
    info.u32("jited_prog_len", 0);
    if (context.caller().bpf()) {
      code(info, program, debug);
    } else {
      for (String field :
          List.of(
              "xlated_prog_len",
              "nr_jited_ksyms",
              "nr_jited_func_lens",
              "nr_func_info",
              "nr_line_info",
              "nr_jited_line_info")) {
        info.u32(field, 0);
      }
    }
    return InfoCommands.close(context, info, at, length);
  }

  private void code(
      StructBytes info, LoadedProgram program, LoadedProgram.@Nullable DebugInfo debug) {
    byte[] insns = Insn.encodeAll(dump(program));
    int room = info.u32("xlated_prog_len");
    info.u32("xlated_prog_len", insns.length);
    if (room != 0) {
      int copied = Integer.compareUnsigned(room, insns.length) < 0 ? room : insns.length;
      write(info.u64("xlated_prog_insns"), Arrays.copyOf(insns, copied));
    }
    int functions = Math.max(1, program.functions().size());
    list(info, "nr_jited_ksyms", "jited_ksyms", new byte[functions * 8], 8);
    list(info, "nr_jited_func_lens", "jited_func_lens", new byte[functions * 4], 4);
    info.u32("attach_btf_id", program.origin().attachBtfId());
    info.u32("attach_btf_obj_id", program.origin().attachBtfId() == 0 ? 0 : 1);
    byte[] none = new byte[0];
    list(
        info,
        "nr_func_info",
        "func_info",
        debug == null ? none : program.translatedFunctions(),
        FUNC_INFO_SIZE);
    list(
        info,
        "nr_line_info",
        "line_info",
        debug == null ? none : program.translatedLines(),
        LINE_INFO_SIZE);
    info.u32("nr_jited_line_info", 0);
    byte[] tags = new byte[functions * 8];
    for (int i = 0; i < functions; i++) {
      System.arraycopy(program.functionTag(i), 0, tags, i * 8, 8);
    }
    list(info, "nr_prog_tags", "prog_tags", tags, 8);
  }

  /** {@code set_info_rec_size}: a caller that wants records must know their size. */
  private static void recordSize(StructBytes info, String field, String count, int size) {
    if ((info.u32(count) != 0 || info.u32(field) != 0) && info.u32(field) != size) {
      throw new SyscallError(Errno.EINVAL);
    }
    info.u32(field, size);
  }

  private static byte[] mapIds(LoadedProgram program) {
    ByteBuffer ids =
        ByteBuffer.allocate(4 * program.usedMaps().size()).order(ByteOrder.LITTLE_ENDIAN);
    program.usedMaps().forEach(map -> ids.putInt(map.descriptor().id()));
    return ids.array();
  }

  private void list(StructBytes info, String count, String pointer, byte[] ids) {
    list(info, count, pointer, ids, Integer.BYTES);
  }

  /** Copies as many elements as the caller has room for, and says how many there are. */
  private void list(StructBytes info, String count, String pointer, byte[] all, int size) {
    int room = info.u32(count);
    int there = all.length / size;
    info.u32(count, there);
    int copied = Integer.compareUnsigned(room, there) < 0 ? room : there;
    if (copied != 0) {
      write(info.u64(pointer), Arrays.copyOf(all, copied * size));
    }
  }

  private void write(long address, byte[] bytes) {
    if (bytes.length == 0) {
      return;
    }
    try {
      context.user().write(address, bytes);
    } catch (FsException fault) {
      throw new SyscallError(fault.errno());
    }
  }

  /** {@code bpf_insn_prepare_dump}: maps are told by their ids. */
  static List<Insn> dump(LoadedProgram program) {
    List<Insn> insns = new ArrayList<>(program.translated());
    for (int at = 0; at + 1 < insns.size(); at += insns.get(at).isWide() ? 2 : 1) {
      Insn insn = insns.get(at);
      BpfMap map = insn.isWide() ? referred(program, insn) : null;
      if (map != null) {
        boolean value =
            insn.src() == Opcodes.BPF_PSEUDO_MAP_VALUE
                || insn.src() == Opcodes.BPF_PSEUDO_MAP_IDX_VALUE;
        insns.set(
            at,
            insn.withSrc(value ? Opcodes.BPF_PSEUDO_MAP_VALUE : Opcodes.BPF_PSEUDO_MAP_FD)
                .withImm(map.descriptor().id()));
      }
    }
    return insns;
  }

  private static @Nullable BpfMap referred(LoadedProgram program, Insn insn) {
    return switch (insn.src()) {
      case Opcodes.BPF_PSEUDO_MAP_FD,
          Opcodes.BPF_PSEUDO_MAP_VALUE,
          Opcodes.BPF_PSEUDO_MAP_IDX,
          Opcodes.BPF_PSEUDO_MAP_IDX_VALUE ->
          program.referred(insn);
      default -> null;
    };
  }
}
