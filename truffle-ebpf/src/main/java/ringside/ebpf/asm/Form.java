package ringside.ebpf.asm;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import ringside.ebpf.isa.Instruction;
import ringside.ebpf.isa.InstructionSet;
import ringside.ebpf.isa.Op;

/** One way to write an instruction: words, and operands that begin with {@code $}. */
record Form(Instruction row, List<String> tokens) {
  private static final List<Form> C = all(Syntax.C);
  private static final List<Form> MNEMONIC = all(Syntax.MNEMONIC);

  /** All forms of a syntax, preferred ones first. */
  static List<Form> of(Syntax syntax) {
    return syntax == Syntax.C ? C : MNEMONIC;
  }

  private static List<Form> all(Syntax syntax) {
    List<Form> forms = new ArrayList<>();
    for (Instruction row : InstructionSet.ROWS) {
      forms.add(new Form(row, Token.ofTemplate(syntax.template(row))));
    }
    Map<Integer, String> aliases = syntax == Syntax.C ? llvm() : Mnemonics.aliases();
    aliases.forEach(
        (op, text) -> forms.add(new Form(InstructionSet.ROWS.get(op), Token.ofTemplate(text))));
    return List.copyOf(forms);
  }

  /** What LLVM writes in a way of its own. */
  private static Map<Integer, String> llvm() {
    return Map.ofEntries(
        Map.entry(Op.ATOMIC_XCHG32, "w$s = xchg32_32(r$d $o, w$s)"),
        Map.entry(Op.ATOMIC_XCHG64, "r$s = xchg_64(r$d $o, r$s)"),
        Map.entry(Op.ATOMIC_CMPXCHG32, "w0 = cmpxchg32_32(r$d $o, w0, w$s)"),
        Map.entry(Op.ATOMIC_CMPXCHG64, "r0 = cmpxchg_64(r$d $o, r0, r$s)"),
        Map.entry(Op.LD_IND_W, "r0 = *(u32 *)skb[r$s]"),
        Map.entry(Op.LD_IND_H, "r0 = *(u16 *)skb[r$s]"),
        Map.entry(Op.LD_IND_B, "r0 = *(u8 *)skb[r$s]"),
        Map.entry(Op.LD_MAP_FD, "ld_pseudo r$d, 0x1, $q"),
        Map.entry(Op.LD_MAP_VALUE, "ld_pseudo r$d, 0x2, $q"),
        Map.entry(Op.LD_BTF_ID, "ld_pseudo r$d, 0x3, $q"),
        Map.entry(Op.LD_FUNC, "ld_pseudo r$d, 0x4, $q"),
        Map.entry(Op.LD_MAP_IDX, "ld_pseudo r$d, 0x5, $q"),
        Map.entry(Op.LD_MAP_IDX_VALUE, "ld_pseudo r$d, 0x6, $q"));
  }
}
