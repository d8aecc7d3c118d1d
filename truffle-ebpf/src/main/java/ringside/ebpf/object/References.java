package ringside.ebpf.object;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;
import ringside.format.elf.Relocation;
import ringside.format.elf.Symbol;

/** What relocated instructions refer to. */
final class References {
  /** libbpf's {@code POISON_CALL_KFUNC_BASE}. */
  private static final int POISON_CALL_KFUNC = 2_002_000_000;

  private final ObjectFile file;
  private final Map<Integer, CodeSection> code;
  private final ObjectMaps maps;
  private final Externs externs;
  private final int kconfigMap;

  /**
   * Makes a resolver.
   *
   * @param kconfigMap index of the map {@code .kconfig}, -1 without
   */
  References(
      ObjectFile file,
      Map<Integer, CodeSection> code,
      ObjectMaps maps,
      Externs externs,
      int kconfigMap) {
    this.file = file;
    this.code = code;
    this.maps = maps;
    this.externs = externs;
    this.kconfigMap = kconfigMap;
  }

  /** What one instruction becomes: itself changed, or a reference to a function. */
  sealed interface Reference {
    /** Slots that are complete, two for a 64-bit immediate load. */
    record Slots(Insn first, @Nullable Insn second) implements Reference {}

    /** A call that must not be made, and why. */
    record Poison(Insn call, String why) implements Reference {}

    /** A slot whose {@code imm} depends on where the function ends up in the program. */
    record ToFunction(CodeSection.Function function) implements Reference {}
  }

  /** Resolves the relocation of a 64-bit immediate load. */
  Reference load(CodeSection.Function user, int slot, Relocation relocation) {
    Insn first = user.section().insns()[slot];
    Insn second = user.section().insns()[slot + 1];
    Symbol symbol = relocation.symbol();
    Extern extern = externs.of(symbol);
    if (extern != null) {
      return external(extern, first, second);
    }
    if (!symbol.isInSection()) {
      throw file.bad(
          ("prog '%s': invalid relo against '%s' in special section 0x%x; forgot to initialize"
                  + " global var?..")
              .formatted(user.name(), symbol.name(), symbol.section()));
    }
    Integer data = maps.data(symbol.section());
    if (data != null) {
      int offset = (int) symbol.value() + first.imm();
      return new Reference.Slots(
          first.withSrc(Opcodes.BPF_PSEUDO_MAP_VALUE).withImm(data), second.withImm(offset));
    }
    if (maps.hasVariables(symbol.section())) {
      Integer map = maps.variable(symbol.section(), symbol.value() + first.imm());
      if (map == null) {
        throw file.bad(
            "prog '%s': map relo failed to find map for section '%s', off %d"
                .formatted(user.name(), file.section(symbol.section()).name(), symbol.value()));
      }
      return new Reference.Slots(
          first.withSrc(Opcodes.BPF_PSEUDO_MAP_FD).withImm(map), second.withImm(0));
    }
    CodeSection target = code.get(symbol.section());
    if (target == null) {
      throw file.bad(
          "prog '%s': bad map relo against '%s' in section '%s'"
              .formatted(user.name(), symbol.name(), file.section(symbol.section()).name()));
    }
    long at = symbol.value() + first.imm();
    CodeSection.Function function =
        at % Insn.BYTES == 0 ? target.functionAt(at / Insn.BYTES) : null;
    if (function == null) {
      throw file.bad(
          "prog '%s': bad subprog addr relo against '%s' at offset %d+%d"
              .formatted(user.name(), symbol.name(), symbol.value(), first.imm()));
    }
    return new Reference.ToFunction(function);
  }

  private Reference external(Extern extern, Insn first, Insn second) {
    return switch (extern) {
      case Extern.Option option ->
          new Reference.Slots(
              first.withSrc(Opcodes.BPF_PSEUDO_MAP_VALUE).withImm(kconfigMap),
              second.withImm(option.offset()));
      case Extern.Address address ->
          new Reference.Slots(
              first.withImm((int) address.address()),
              second.withImm((int) (address.address() >>> 32)));
      case Extern.Variable variable -> btfId(first, second, variable.type());
      // The address of a kernel function, in "if (function) function();".
      case Extern.Kfunc function -> btfId(first, second, function.type());
      case Extern.MissingKfunc _ -> new Reference.Slots(first.withImm(0), second.withImm(0));
    };
  }

  private static Reference btfId(Insn first, Insn second, int type) {
    return new Reference.Slots(
        first.withSrc(Opcodes.BPF_PSEUDO_BTF_ID).withImm(type), second.withImm(0));
  }

  /** Resolves a call with or without relocation; null where it is one of a helper. */
  @Nullable Reference call(CodeSection.Function user, int slot, @Nullable Relocation relocation) {
    Insn insn = user.section().insns()[slot];
    if (relocation == null) {
      return insn.src() == Opcodes.BPF_PSEUDO_CALL
          ? local(user, user.section(), (long) slot + 1 + insn.imm())
          : null;
    }
    Symbol symbol = relocation.symbol();
    Extern extern = externs.of(symbol);
    if (extern != null) {
      return kfunc(user, symbol, extern, insn);
    }
    if (insn.src() != Opcodes.BPF_PSEUDO_CALL) {
      throw file.bad("prog '%s': incorrect bpf_call opcode".formatted(user.name()));
    }
    CodeSection target = code.get(symbol.section());
    if (target == null || symbol.value() % Insn.BYTES != 0) {
      throw file.bad(
          "prog '%s': bad call relo against '%s' in section '%s'"
              .formatted(
                  user.name(),
                  symbol.name(),
                  symbol.isInSection() ? file.section(symbol.section()).name() : "<?>"));
    }
    long callee = symbol.value() / Insn.BYTES + insn.imm() + 1;
    if (target.functionAt(callee) == null) {
      // Assemblers up to binutils 2.40 leave the callee's offset in bytes, less 1.
      long bytes = insn.imm() + 1L;
      CodeSection.Function function =
          bytes % Insn.BYTES == 0 ? target.functionAt(bytes / Insn.BYTES) : null;
      if (function != null) {
        return new Reference.ToFunction(function);
      }
    }
    return local(user, target, callee);
  }

  private Reference local(CodeSection.Function user, CodeSection target, long slot) {
    CodeSection.Function function = target.functionAt(slot);
    if (function == null) {
      throw file.bad(
          "prog '%s': no function at instruction %d of section '%s' yet sub-program call exists"
              .formatted(user.name(), slot, target.section().name()));
    }
    return new Reference.ToFunction(function);
  }

  private Reference kfunc(CodeSection.Function user, Symbol symbol, Extern extern, Insn insn) {
    return switch (extern) {
      case Extern.Kfunc function ->
          new Reference.Slots(
              insn.withSrc(Opcodes.BPF_PSEUDO_KFUNC_CALL).withImm(function.type()).withOff(0),
              null);
      // If it is reachable, the verifier says "invalid func unknown#2002000000".
      case Extern.MissingKfunc missing ->
          new Reference.Poison(
              new Insn(
                  Opcodes.BPF_JMP | Opcodes.BPF_CALL, 0, 0, 0, POISON_CALL_KFUNC + missing.index()),
              "kfunc '%s' is referenced but wasn't resolved".formatted(missing.name()));
      default ->
          throw file.bad("prog '%s': '%s' is no function".formatted(user.name(), symbol.name()));
    };
  }

  ObjectException bad(String what) {
    return file.bad(what);
  }
}
