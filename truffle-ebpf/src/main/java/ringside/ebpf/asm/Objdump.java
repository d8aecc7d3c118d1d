package ringside.ebpf.asm;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Instruction;
import ringside.ebpf.isa.InstructionSet;
import ringside.ebpf.isa.Op;
import ringside.ebpf.isa.Opcodes;
import ringside.format.elf.ElfFile;
import ringside.format.elf.Section;
import ringside.format.elf.Symbol;

/** The code of an object as {@code llvm-objdump -d} prints it. */
public final class Objdump {
  private static final int SHF_EXECINSTR = 4;
  private static final int STT_SECTION = 3;
  private static final int STT_FILE = 4;

  private final ElfFile file;

  /** Makes the printer for an object. */
  public Objdump(ElfFile file) {
    this.file = file;
  }

  /** The listing of all sections with code. */
  public String text() {
    StringBuilder out = new StringBuilder();
    out.append('\n').append(file.name()).append(":\tfile format elf64-bpf\n");
    for (Section section : file.sections()) {
      if ((section.flags() & SHF_EXECINSTR) != 0 && section.size() > 0) {
        out.append("\nDisassembly of section ").append(section.name()).append(":\n");
        section(section, out);
      }
    }
    return out.toString();
  }

  private void section(Section section, StringBuilder out) {
    List<Symbol> symbols = symbols(section);
    List<Insn> insns = Insn.decodeAll(file.bytes(section));
    for (int at = 0; at < insns.size(); ) {
      for (Symbol symbol : symbols) {
        if (symbol.value() == (long) at * Insn.BYTES) {
          out.append("\n%016x <%s>:\n".formatted(symbol.value(), symbol.name()));
          break;
        }
      }
      Insn insn = insns.get(at);
      int slots = insn.isWide() && at + 1 < insns.size() ? 2 : 1;
      out.append("%8d:\t".formatted(at));
      for (byte b : Insn.encodeAll(insns.subList(at, at + slots))) {
        out.append(String.format(Locale.ROOT, "%02x ", b));
      }
      out.setCharAt(out.length() - 1, '\t');
      out.append(text(insn, slots == 2 ? insns.get(at + 1) : null));
      out.append(target(insn, at, symbols)).append('\n');
      at += slots;
    }
  }

  private List<Symbol> symbols(Section section) {
    List<Symbol> symbols = new ArrayList<>();
    for (Symbol symbol : file.symbols()) {
      boolean names = symbol.type() != STT_SECTION && symbol.type() != STT_FILE;
      if (names && symbol.section() == section.index() && !symbol.name().isEmpty()) {
        symbols.add(symbol);
      }
    }
    symbols.sort(Comparator.comparingLong(Symbol::value));
    return symbols;
  }

  /** The name of where a jump leads, which stands behind it. */
  private static String target(Insn insn, int at, List<Symbol> symbols) {
    Instruction row = InstructionSet.find(insn);
    if (row == null || !(row.template().contains("$t") || row.op() == Op.JA_L)) {
      return "";
    }
    long address = (long) (at + 1 + (row.op() == Op.JA_L ? insn.imm() : insn.off())) * Insn.BYTES;
    Symbol best = null;
    for (Symbol symbol : symbols) {
      boolean later = best == null || symbol.value() > best.value();
      if (Long.compareUnsigned(symbol.value(), address) <= 0 && later) {
        best = symbol;
      }
    }
    if (best == null) {
      return "";
    }
    long distance = address - best.value();
    return distance == 0
        ? " <%s>".formatted(best.name())
        : " <%s+0x%x>".formatted(best.name(), distance);
  }

  /** One instruction as LLVM writes it. */
  static String text(Insn insn, @Nullable Insn second) {
    Instruction row = InstructionSet.find(insn);
    if (row == null || (row.wide() && second == null)) {
      return "<unknown>";
    }
    if (row.wide()) {
      String value = hex(second == null ? 0 : insn.wideImm(second));
      return insn.src() == 0
          ? "r%d = %s ll".formatted(insn.dst(), value)
          : "ld_pseudo\tr%d, 0x%x, 0x%x".formatted(insn.dst(), insn.src(), insn.imm());
    }
    StringBuilder out = new StringBuilder();
    String template = template(row);
    for (int i = 0; i < template.length(); i++) {
      char c = template.charAt(i);
      out.append(c == '$' ? operand(template.charAt(++i), insn) : String.valueOf(c));
    }
    return out.toString();
  }

  private static String template(Instruction row) {
    boolean narrow =
        row.template().contains("(u32 *)")
            || row.template().contains("(u16 *)")
            || row.template().contains("(u8 *)");
    return switch (row.op()) {
      case Op.CALL_HELPER, Op.CALL_LOCAL, Op.CALL_KFUNC -> "call $i";
      case Op.ATOMIC_XCHG32 -> "w$s = xchg32_32(r$d $o, w$s)";
      case Op.ATOMIC_XCHG64 -> "r$s = xchg_64(r$d $o, r$s)";
      case Op.ATOMIC_CMPXCHG32 -> "w0 = cmpxchg32_32(r$d $o, w0, w$s)";
      case Op.ATOMIC_CMPXCHG64 -> "r0 = cmpxchg_64(r$d $o, r0, r$s)";
      case Op.LD_IND_W -> "r0 = *(u32 *)skb[r$s]";
      case Op.LD_IND_H -> "r0 = *(u16 *)skb[r$s]";
      case Op.LD_IND_B -> "r0 = *(u8 *)skb[r$s]";
      case Op.LDX_W, Op.LDX_H, Op.LDX_B -> row.template().replace("r$d =", "w$d =");
      default -> {
        String text = row.template().replace("atomic64_", "atomic_");
        boolean store = (row.code() & 7) == Opcodes.BPF_STX;
        yield store && narrow ? text.replace("r$s", "w$s") : text;
      }
    };
  }

  private static String operand(char kind, Insn insn) {
    return switch (kind) {
      case 'd' -> Integer.toString(insn.dst());
      case 's' -> Integer.toString(insn.src());
      case 'o' -> insn.off() < 0 ? "- " + hex(-insn.off()) : "+ " + hex(insn.off());
      case 'h' -> hex(insn.imm() >>> 16);
      case 'l' -> hex(insn.imm() & 0xffff);
      case 't' -> jump(insn.off());
      case 'T' -> jump(insn.imm());
      default -> hex(insn.imm());
    };
  }

  private static String jump(int distance) {
    return distance < 0 ? hex(distance) : "+" + hex(distance);
  }

  private static String hex(long value) {
    return value < 0 ? "-0x" + Long.toHexString(-value) : "0x" + Long.toHexString(value);
  }
}
