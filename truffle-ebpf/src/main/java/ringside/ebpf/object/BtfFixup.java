package ringside.ebpf.object;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;
import ringside.format.elf.Section;
import ringside.format.elf.Symbol;

/**
 * Completes an object's types for the kernel, as libbpf does before {@code BPF_BTF_LOAD}.
 *
 * <p>The compiler does not know sizes of sections and offsets of variables; externs must look like
 * variables of the program; and what the linker is not to see counts as static.
 */
final class BtfFixup {
  private static final int STATIC = 0;
  private static final int GLOBAL = 1;
  private static final int EXTERN = 2;

  /** The name that parameters of kernel functions get where they have none. */
  private static final String DUMMY = "dummy_ksym";

  private final ObjectFile file;
  private final Externs externs;
  private final List<BtfType> types;
  private int dummyVariable;
  private int dummyInteger;

  private BtfFixup(ObjectFile file, Externs externs) {
    this.file = file;
    this.externs = externs;
    this.types = new ArrayList<>(file.btf().types());
  }

  static Btf complete(ObjectFile file, Externs externs) {
    return file.hasBtf() ? new BtfFixup(file, externs).complete() : file.btf();
  }

  private Btf complete() {
    for (int id = 1; id < file.btf().types().size(); id++) {
      switch (file.btf().type(id)) {
        case BtfType.Datasec section -> types.set(id, section(section));
        case BtfType.Func function when function.linkage() == GLOBAL && hidden(function) ->
            types.set(id, new BtfType.Func(function.name(), function.type(), STATIC));
        default -> {}
      }
    }
    return file.btf().withTypes(types);
  }

  private boolean hidden(BtfType.Func function) {
    return file.global(function.name())
        .filter(symbol -> file.isText(symbol.section()) && isHidden(symbol))
        .isPresent();
  }

  /** {@code STV_INTERNAL} or {@code STV_HIDDEN}. */
  private static boolean isHidden(Symbol symbol) {
    return symbol.visibility() == 1 || symbol.visibility() == 2;
  }

  private BtfType.Datasec section(BtfType.Datasec section) {
    return switch (section.name()) {
      case Externs.KCONFIG -> kconfig(section);
      case Externs.KSYMS -> ksyms(section);
      default -> ordinary(section);
    };
  }

  private BtfType.Datasec ordinary(BtfType.Datasec section) {
    boolean open = section.size() == 0;
    long size = section.size();
    if (open) {
      size = file.elf().section(section.name()).map(Section::size).orElse(0L);
      if (size <= 0 || size > Integer.MAX_VALUE) {
        throw file.bad(
            "sec '%s': failed to determine size from ELF: size %d".formatted(section.name(), size));
      }
    }
    List<BtfType.SectionVariable> variables = new ArrayList<>();
    for (BtfType.SectionVariable place : section.variables()) {
      if (!(types.get(place.type()) instanceof BtfType.Var variable)) {
        throw file.bad("sec '%s': unexpected non-VAR type found".formatted(section.name()));
      }
      int offset = place.offset();
      if (variable.linkage() == GLOBAL) {
        Symbol symbol =
            file.global(variable.name())
                .orElseThrow(() ->
                    file.bad(
                        "sec '%s': failed to find ELF symbol for VAR '%s'"
                            .formatted(section.name(), variable.name())));
        offset = open ? (int) symbol.value() : offset;
        if (isHidden(symbol)) {
          types.set(place.type(), new BtfType.Var(variable.name(), variable.type(), STATIC));
        }
      }
      variables.add(new BtfType.SectionVariable(place.type(), offset, place.size()));
    }
    return sorted(section.name(), size, variables);
  }

  private static BtfType.Datasec sorted(
      String name, long size, List<BtfType.SectionVariable> variables) {
    variables.sort(Comparator.comparingLong(v -> Integer.toUnsignedLong(v.offset())));
    return new BtfType.Datasec(name, size, List.copyOf(variables));
  }

  private BtfType.Datasec kconfig(BtfType.Datasec section) {
    byte[] contents = externs.kconfig();
    List<BtfType.SectionVariable> variables = new ArrayList<>();
    for (BtfType.SectionVariable place : section.variables()) {
      Integer offset = externs.offsetOf(types.get(place.type()).name());
      if (offset == null || !(types.get(place.type()) instanceof BtfType.Var variable)) {
        // Declared, but no instruction asks for it.
        continue;
      }
      types.set(place.type(), new BtfType.Var(variable.name(), variable.type(), GLOBAL));
      variables.add(new BtfType.SectionVariable(place.type(), offset, place.size()));
    }
    return sorted(section.name(), contents == null ? 0 : contents.length, variables);
  }

  /** Each extern becomes a 4-byte integer, since the kernel's types mean nothing in a program's. */
  private BtfType.Datasec ksyms(BtfType.Datasec section) {
    addDummies();
    List<BtfType.SectionVariable> variables = new ArrayList<>();
    for (BtfType.SectionVariable place : section.variables()) {
      int type = place.type();
      switch (types.get(type)) {
        case BtfType.Func function when function.linkage() == EXTERN -> {
          types.set(type, new BtfType.Func(function.name(), named(function.type()), GLOBAL));
          type = dummyVariable;
        }
        case BtfType.Var variable ->
            types.set(type, new BtfType.Var(variable.name(), dummyInteger, GLOBAL));
        default ->
            throw file.bad(
                "failed to find extern definition for BTF %s '%s'"
                    .formatted(types.get(type).kindLabel(), types.get(type).name()));
      }
      variables.add(
          new BtfType.SectionVariable(type, variables.size() * Integer.BYTES, Integer.BYTES));
    }
    return sorted(section.name(), (long) variables.size() * Integer.BYTES, variables);
  }

  private void addDummies() {
    if (dummyVariable == 0) {
      dummyInteger = types.size();
      types.add(new BtfType.Int("int", Integer.BYTES, BtfType.Int.SIGNED, 0, Integer.SIZE));
      dummyVariable = types.size();
      types.add(new BtfType.Var(DUMMY, dummyInteger, GLOBAL));
    }
  }

  /** Gives nameless parameters a name: the kernel wants one for functions that are no types. */
  private int named(int proto) {
    if (types.get(proto) instanceof BtfType.FuncProto function) {
      List<BtfType.Parameter> parameters =
          function.parameters().stream()
              .map(p ->
                  p.type() != 0 && p.name().isEmpty() ? new BtfType.Parameter(DUMMY, p.type()) : p)
              .toList();
      types.set(proto, new BtfType.FuncProto(function.type(), parameters));
    }
    return proto;
  }
}
