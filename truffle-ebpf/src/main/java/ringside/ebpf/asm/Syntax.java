package ringside.ebpf.asm;

import java.util.List;
import ringside.ebpf.isa.Instruction;

/** A way to write eBPF as text. */
public enum Syntax {
  /** The C-like one of LLVM, bpftool and the kernel's log: {@code r0 = *(u32 *)(r1 + 4)}. */
  C {
    @Override
    public String template(Instruction row) {
      return row.template();
    }
  },
  /** The one of uBPF and the conformance suite: {@code ldxw %r0, [%r1+4]}. */
  MNEMONIC {
    @Override
    public String template(Instruction row) {
      return Mnemonics.template(row);
    }
  };

  /** How an instruction is written, with operands as {@link Instruction} explains them. */
  public abstract String template(Instruction row);

  /** A line without its comment. */
  String withoutComment(String line) {
    if (line.stripLeading().startsWith("#")) {
      return "";
    }
    int end = line.length();
    for (String mark : this == C ? List.of(";", "//") : List.of("#", ";", "//")) {
      int at = line.indexOf(mark);
      end = at < 0 ? end : Math.min(end, at);
    }
    return line.substring(0, end);
  }
}
