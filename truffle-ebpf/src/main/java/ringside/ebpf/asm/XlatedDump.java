package ringside.ebpf.asm;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;

/**
 * A program as {@code bpftool prog dump xlated} prints it, with what BTF knows of it ({@code
 * xlated_dumper.c}).
 */
public final class XlatedDump {
  private final Disassembler disassembler;
  private final List<Insn> insns;
  private final Map<Integer, String> signatures;
  private final Map<Integer, SourceLine> lines;

  /**
   * A line of C.
   *
   * @param text without indentation
   */
  public record SourceLine(String text, String file, int line, int column) {}

  /**
   * Makes the dump of a program.
   *
   * @param signatures functions' C prototypes, by first slot; may be empty
   * @param lines lines of C by the slot where their code begins; may be empty
   */
  public XlatedDump(
      Disassembler disassembler,
      List<Insn> insns,
      Map<Integer, String> signatures,
      Map<Integer, SourceLine> lines) {
    this.disassembler = disassembler;
    this.insns = List.copyOf(insns);
    this.signatures = Map.copyOf(signatures);
    this.lines = Map.copyOf(lines);
  }

  /**
   * The listing.
   *
   * @param opcodes whether the bytes follow below each instruction
   * @param linum whether file, line and column follow each line of C
   */
  public String plain(boolean opcodes, boolean linum) {
    StringBuilder out = new StringBuilder();
    for (int at = 0; at < insns.size(); at += insns.get(at).isWide() ? 2 : 1) {
      String signature = signatures.get(at);
      if (signature != null) {
        out.append(signature).append(":\n");
      }
      SourceLine line = lines.get(at);
      if (line != null) {
        out.append("; ").append(line(line, linum)).append('\n');
      }
      out.append("%4d: %s\n".formatted(at, disassembler.line(insns, at)));
      if (opcodes) {
        out.append("       ").append(bytes(at)).append('\n');
      }
    }
    return out.toString();
  }

  /**
   * The instructions of a basic block as the label of a DOT record.
   *
   * @param from first slot
   * @param to last slot
   * @param index what number the first slot is shown with
   */
  String block(int from, int to, int index, boolean opcodes, boolean linum) {
    StringBuilder out = new StringBuilder();
    SourceLine last = null;
    for (int at = from; at <= to; at += insns.get(at).isWide() ? 2 : 1) {
      String signature = signatures.get(at);
      if (signature != null) {
        out.append("; ").append(signature).append(":\\l\\\n");
      }
      SourceLine line = lineOf(at);
      if (line != null && !line.equals(last)) {
        out.append(linum ? label(line) : "");
        out.append("; ").append(escape(line.text(), "\\\"{}<>| ")).append("\\l\\\n");
        last = line;
      }
      out.append(index + at - from).append(": ");
      out.append(escape(disassembler.line(insns, at), "<>|&")).append("\\l\\\n");
      if (opcodes) {
        out.append("\\ \\ \\ \\ ").append(bytes(at)).append("\\l\\\n");
      }
      boolean ends = at + (insns.get(at).isWide() ? 1 : 0) >= to;
      out.append(ends ? "" : "| ");
    }
    return out.toString();
  }

  /** The instructions. */
  List<Insn> insns() {
    return insns;
  }

  private @Nullable SourceLine lineOf(int slot) {
    for (int at = slot; at >= 0; at--) {
      SourceLine line = lines.get(at);
      if (line != null) {
        return line;
      }
    }
    return null;
  }

  private static String line(SourceLine line, boolean linum) {
    return linum
        ? "%s [file:%s line_num:%d line_col:%d]"
            .formatted(line.text(), line.file(), line.line(), line.column())
        : line.text();
  }

  private String bytes(int at) {
    int slots = insns.get(at).isWide() && at + 1 < insns.size() ? 2 : 1;
    StringBuilder out = new StringBuilder();
    for (byte b : Insn.encodeAll(insns.subList(at, at + slots))) {
      out.append(out.isEmpty() ? "" : " ").append(String.format(Locale.ROOT, "%02x", b));
    }
    return out.toString();
  }

  private static String label(SourceLine line) {
    String file = line.file().substring(line.file().lastIndexOf('/') + 1);
    return "; [file:%s line:%d col:%d]\\l\\\n"
        .formatted(escape(file, "\\\"{}<>| "), line.line(), line.column());
  }

  /** Escapes what means something in a DOT record label. */
  private static String escape(String text, String special) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (special.indexOf(c) >= 0) {
        out.append('\\');
      }
      out.append(c);
    }
    return out.toString();
  }
}
