package ringside.ebpf.cbpf;

import java.util.List;
import java.util.Locale;

/** Prints filters as {@code tcpdump -d} does ({@code bpf_image} of libpcap). */
public final class FilterListing {
  private FilterListing() {}

  /** A line an instruction, e.g. {@code (000) ldh [12]}. */
  public static String of(List<SockFilter> filter) {
    StringBuilder out = new StringBuilder();
    for (int pc = 0; pc < filter.size(); pc++) {
      out.append(line(pc, filter.get(pc))).append('\n');
    }
    return out.toString();
  }

  private static String line(int pc, SockFilter insn) {
    String text = "(%03d) %-8s %s".formatted(pc, mnemonic(insn), operand(pc, insn));
    return Classic.conditional(insn.code())
        ? "(%03d) %-8s %-16s jt %d\tjf %d"
            .formatted(
                pc, mnemonic(insn), operand(pc, insn), pc + 1 + insn.jt(), pc + 1 + insn.jf())
        : text;
  }

  private static String mnemonic(SockFilter insn) {
    if (!Classic.known(insn.code())) {
      return "unimp";
    }
    int operation = insn.code() >>> 4;
    return switch (insn.code() & 0x07) {
      case 0 ->
          switch (insn.code() & 0x18) {
            case 0x08 -> "ldh";
            case 0x10 -> "ldb";
            default -> "ld";
          };
      case 1 -> (insn.code() & 0x18) == 0x10 ? "ldxb" : "ldx";
      case 2 -> "st";
      case 3 -> "stx";
      case 4 ->
          List.of("add", "sub", "mul", "div", "or", "and", "lsh", "rsh", "neg", "mod", "xor")
              .get(operation);
      case 5 -> List.of("ja", "jeq", "jgt", "jge", "jset").get(operation);
      case 6 -> "ret";
      default -> operation == 0 ? "tax" : "txa";
    };
  }

  private static String operand(int pc, SockFilter insn) {
    int code = insn.code();
    if (!Classic.known(code)) {
      return "0x%x".formatted(code);
    }
    return switch (code & 0x07) {
      case 0, 1 -> source(insn);
      case 2, 3 -> "M[" + insn.k() + "]";
      case 4 -> arithmetic(insn);
      case 5 -> {
        if (!Classic.conditional(code)) {
          yield Long.toString(pc + 1 + Integer.toUnsignedLong(insn.k()));
        }
        yield (code & 0x08) != 0 ? "x" : "#0x%x".formatted(insn.k());
      }
      case 6 -> code == Classic.BPF_RET ? "#" + insn.k() : "";
      default -> "";
    };
  }

  private static String source(SockFilter insn) {
    return switch (insn.code() & 0xe0) {
      case 0x00 -> "#0x%x".formatted(insn.k());
      case 0x20 -> {
        Classic.Ancillary ancillary = Classic.Ancillary.of(insn.k());
        yield ancillary == null
            ? "[" + insn.k() + "]"
            : "#" + ancillary.name().toLowerCase(Locale.ROOT);
      }
      case 0x40 -> "[x + " + insn.k() + "]";
      case 0x60 -> "M[" + insn.k() + "]";
      case 0xa0 -> "4*([" + insn.k() + "]&0xf)";
      default -> "#pktlen";
    };
  }

  private static String arithmetic(SockFilter insn) {
    if ((insn.code() & 0xf0) == 0x80) {
      return "";
    }
    if ((insn.code() & 0x08) != 0) {
      return "x";
    }
    // Masks read best in hexadecimal.
    return switch (insn.code() & 0xf0) {
      case 0x40, 0x50, 0xa0 -> "#0x%x".formatted(insn.k());
      default -> "#" + insn.k();
    };
  }
}
