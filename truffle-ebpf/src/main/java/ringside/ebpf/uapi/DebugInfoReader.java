package ringside.ebpf.uapi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.syscall.BtfObject;
import ringside.ebpf.syscall.LoadedProgram.DebugInfo;
import ringside.ebpf.verifier.VerifierInput;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfException;
import ringside.format.btf.BtfType;
import ringside.kernel.core.Errno;

/** Copies and checks {@code func_info} and {@code line_info} ({@code check_btf_info}). */
final class DebugInfoReader {
  private static final int BTF_FUNC_GLOBAL = 1;
  private static final int FUNC_INFO = 8;
  private static final int LINE_INFO = 16;

  /** {@code MAX_FUNCINFO_REC_SIZE} and {@code MAX_LINEINFO_REC_SIZE}. */
  private static final int MAX_RECORD = 252;

  /** More records than instructions can only be refused. */
  private static final int MAX_RECORDS = 1_000_000;

  private final Context context;
  private final LogBuffer log;

  DebugInfoReader(Context context, LogBuffer log) {
    this.context = context;
    this.log = log;
  }

  /**
   * Reads what a program brings along.
   *
   * @return null where it brings nothing
   * @throws SyscallError with the kernel's errno; the log says more
   */
  @Nullable DebugInfo read(BpfAttr.Arguments args, List<Insn> insns) {
    int functions = args.u32("func_info_cnt");
    int lines = args.u32("line_info_cnt");
    if (functions == 0 && lines == 0) {
      return null;
    }
    BtfObject btf = context.descriptors().get(args.u32("prog_btf_fd"), BtfObject.class);
    if (btf.kernel()) {
      throw new SyscallError(Errno.EACCES);
    }
    byte[] functionRecords = new byte[0];
    if (functions != 0) {
      functionRecords =
          records(
              args.u64("func_info"),
              functions,
              args.u32("func_info_rec_size"),
              FUNC_INFO,
              "func info");
      checkFunctions(btf.types(), functionRecords);
    }
    byte[] lineRecords = new byte[0];
    if (lines != 0) {
      lineRecords =
          records(
              args.u64("line_info"), lines, args.u32("line_info_rec_size"), LINE_INFO, "line_info");
      checkLines(btf.types(), lineRecords, insns);
    }
    if (args.u32("core_relo_cnt") != 0) {
      log.print("the kernel relocates nothing here: let the loader do it\n");
      throw new SyscallError(Errno.EOPNOTSUPP);
    }
    return new DebugInfo(btf, functionRecords, lineRecords);
  }

  private byte[] records(long at, int count, int recordSize, int known, String what) {
    boolean fits = recordSize >= known && recordSize <= MAX_RECORD && recordSize % 4 == 0;
    if (!fits || Integer.compareUnsigned(count, MAX_RECORDS) > 0) {
      if (known == FUNC_INFO) {
        log.print(
            "invalid func info rec size %s\n".formatted(Integer.toUnsignedString(recordSize)));
      }
      throw new SyscallError(Errno.EINVAL);
    }
    byte[] all = new byte[count * known];
    for (int i = 0; i < count; i++) {
      byte[] record = context.user().read(at + (long) i * recordSize, recordSize);
      for (int j = known; j < recordSize; j++) {
        if (record[j] != 0) {
          log.print("nonzero tailing record in %s".formatted(what));
          throw new SyscallError(Errno.E2BIG);
        }
      }
      System.arraycopy(record, 0, all, i * known, known);
    }
    return all;
  }

  private void checkFunctions(Btf types, byte[] records) {
    ByteBuffer view = ByteBuffer.wrap(records).order(ByteOrder.LITTLE_ENDIAN);
    int previous = 0;
    for (int at = 0; at < records.length; at += FUNC_INFO) {
      int offset = view.getInt(at);
      if (at == 0 && offset != 0) {
        refuse(
            "nonzero insn_off %s for the first func info record\n"
                .formatted(Integer.toUnsignedString(offset)));
      }
      if (at != 0 && Integer.compareUnsigned(offset, previous) <= 0) {
        refuse(
            "same or smaller insn offset (%s) than previous func info record (%s)\n"
                .formatted(Integer.toUnsignedString(offset), Integer.toUnsignedString(previous)));
      }
      int type = view.getInt(at + 4);
      if (type < 0 || type >= types.types().size() || !(types.type(type) instanceof BtfType.Func)) {
        refuse("invalid type id %d in func info\n".formatted(type));
      }
      previous = offset;
    }
  }

  private void checkLines(Btf types, byte[] records, List<Insn> insns) {
    ByteBuffer view = ByteBuffer.wrap(records).order(ByteOrder.LITTLE_ENDIAN);
    int previous = 0;
    for (int at = 0; at < records.length; at += LINE_INFO) {
      int offset = view.getInt(at);
      int number = at / LINE_INFO;
      boolean ordered = previous == 0 || Integer.compareUnsigned(offset, previous) > 0;
      if (!ordered || Integer.compareUnsigned(offset, insns.size()) >= 0) {
        refuse(
            "Invalid line_info[%d].insn_off:%s (prev_offset:%d prog->len:%d)\n"
                .formatted(number, Integer.toUnsignedString(offset), previous, insns.size()));
      }
      if (insns.get(offset).code() == 0) {
        refuse("Invalid insn code at line_info[%d].insn_off\n".formatted(number));
      }
      if (!isText(types, view.getInt(at + 8)) || !isText(types, view.getInt(at + 4))) {
        refuse("Invalid line_info[%d].line_off or .file_name_off\n".formatted(number));
      }
      previous = offset;
    }
  }

  private static boolean isText(Btf types, int offset) {
    try {
      types.string(Integer.toUnsignedLong(offset));
      return true;
    } catch (BtfException e) {
      return false;
    }
  }

  private void refuse(String words) {
    log.print(words);
    throw new SyscallError(Errno.EINVAL);
  }

  /** The functions as the verifier takes them. */
  static List<VerifierInput.FuncInfo> functions(DebugInfo debug) {
    List<VerifierInput.FuncInfo> functions = new ArrayList<>();
    Btf types = debug.btf().types();
    ByteBuffer view = ByteBuffer.wrap(debug.functions()).order(ByteOrder.LITTLE_ENDIAN);
    while (view.hasRemaining()) {
      int insn = view.getInt();
      int type = view.getInt();
      if (types.type(type) instanceof BtfType.Func function) {
        boolean global = function.linkage() == BTF_FUNC_GLOBAL;
        functions.add(new VerifierInput.FuncInfo(insn, function.name(), global, type));
      }
    }
    return functions;
  }

  /** The lines as the verifier takes them. */
  static List<VerifierInput.LineInfo> lines(DebugInfo debug) {
    List<VerifierInput.LineInfo> lines = new ArrayList<>();
    Btf types = debug.btf().types();
    ByteBuffer view = ByteBuffer.wrap(debug.lines()).order(ByteOrder.LITTLE_ENDIAN);
    while (view.hasRemaining()) {
      int insn = view.getInt();
      String file = types.string(Integer.toUnsignedLong(view.getInt()));
      String text = types.string(Integer.toUnsignedLong(view.getInt()));
      int place = view.getInt();
      lines.add(new VerifierInput.LineInfo(insn, file, text.strip(), place >>> 10, place & 0x3ff));
    }
    return lines;
  }
}
