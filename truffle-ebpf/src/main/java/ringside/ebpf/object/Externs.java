package ringside.ebpf.object;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.core.EssentialName;
import ringside.ebpf.core.TypeCompatibility;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;
import ringside.format.elf.Symbol;

/** Finds what an object expects of the kernel: {@code __kconfig} and {@code __ksym} symbols. */
final class Externs {
  static final String KCONFIG = ".kconfig";
  static final String KSYMS = ".ksyms";
  private static final int STT_NOTYPE = 0;
  private static final int EXTERN = 2;

  private final ObjectFile file;
  private final Btf btf;
  private final TargetKernel kernel;
  private final List<Wanted> options = new ArrayList<>();
  private final List<Wanted> symbols = new ArrayList<>();
  private final Map<Integer, Extern> found = new HashMap<>();
  private final Map<String, Integer> offsets = new HashMap<>();
  private byte @Nullable [] kconfig;

  /**
   * An undefined symbol.
   *
   * @param id of its variable or function in the object's BTF
   * @param type of the variable or function, without typedefs and qualifiers
   */
  record Wanted(Symbol symbol, int id, int type) {
    String name() {
      return symbol.name();
    }

    boolean isWeak() {
      return symbol.binding() == Symbol.STB_WEAK;
    }
  }

  Externs(ObjectFile file, TargetKernel kernel) {
    this.file = file;
    this.btf = file.btf();
    this.kernel = kernel;
    collect();
    resolveOptions();
    resolveSymbols();
  }

  /** What a symbol is, or null where it is none of these. */
  @Nullable Extern of(Symbol symbol) {
    return found.get(symbol.index());
  }

  /** The contents of the map {@code .kconfig}; null where nobody asks. */
  byte @Nullable [] kconfig() {
    return kconfig;
  }

  /** Where a variable lies in {@code .kconfig}, or null. */
  @Nullable Integer offsetOf(String option) {
    return offsets.get(option);
  }

  private void collect() {
    Map<String, Integer> declared = new HashMap<>();
    Map<Integer, String> sections = new HashMap<>();
    for (int id = 1; id < btf.types().size(); id++) {
      switch (btf.type(id)) {
        case BtfType.Var v -> declared.putIfAbsent(v.name(), id);
        case BtfType.Func f -> declared.putIfAbsent(f.name(), id);
        case BtfType.Datasec section -> {
          for (BtfType.SectionVariable variable : section.variables()) {
            sections.putIfAbsent(variable.type(), section.name());
          }
        }
        default -> {}
      }
    }
    for (Symbol symbol : file.elf().symbols()) {
      boolean extern =
          symbol.section() == Symbol.SHN_UNDEF
              && symbol.type() == STT_NOTYPE
              && symbol.binding() != Symbol.STB_LOCAL
              && !symbol.name().isEmpty();
      if (extern) {
        sort(symbol, declared.get(symbol.name()), sections);
      }
    }
    symbols.sort(Comparator.comparing(Wanted::name));
  }

  private void sort(Symbol symbol, @Nullable Integer id, Map<Integer, String> sections) {
    if (id == null) {
      throw file.badWithHint(
          "define it, or declare it with __ksym or __kconfig and compile with -g",
          "failed to find BTF for extern '%s': %d"
              .formatted(symbol.name(), file.hasBtf() ? -2 : -3));
    }
    boolean extern =
        switch (btf.type(id)) {
          case BtfType.Var v -> v.linkage() == EXTERN;
          case BtfType.Func f -> f.linkage() == EXTERN;
          default -> false;
        };
    if (!extern) {
      throw file.bad("failed to find BTF for extern '%s': -22".formatted(symbol.name()));
    }
    String section = sections.get(id);
    if (section == null) {
      throw file.bad(
          "failed to find BTF for extern '%s' [%d] section: -2".formatted(symbol.name(), id));
    }
    int type = btf.strip(((BtfType.Reference) btf.type(id)).type());
    switch (section) {
      case KCONFIG -> {
        if (btf.type(id) instanceof BtfType.Func) {
          throw file.bad(
              "extern function %s is unsupported under %s section"
                  .formatted(symbol.name(), KCONFIG));
        }
        options.add(new Wanted(symbol, id, type));
      }
      case KSYMS -> symbols.add(new Wanted(symbol, id, type));
      default -> throw file.bad("unrecognized extern section '%s'".formatted(section));
    }
  }

  private void resolveOptions() {
    if (options.isEmpty()) {
      return;
    }
    KconfigValues values = new KconfigValues(file, kernel);
    // The largest alignment first, so that there are no gaps; libbpf's order.
    options.sort(
        Comparator.<Wanted>comparingLong(w -> -values.alignment(w))
            .thenComparingLong(values::size)
            .thenComparing(Wanted::name));
    long end = 0;
    for (Wanted option : options) {
      long alignment = values.alignment(option);
      long offset = (end + alignment - 1) / alignment * alignment;
      end = offset + values.size(option);
      if (end > KconfigValues.LARGEST) {
        throw file.bad("extern (kcfg) '%s': too large".formatted(option.name()));
      }
      offsets.put(option.name(), (int) offset);
      found.put(option.symbol().index(), new Extern.Option((int) offset));
    }
    byte[] contents = new byte[(int) end];
    for (Wanted option : options) {
      values.store(option, contents, offsets.getOrDefault(option.name(), 0));
    }
    kconfig = contents;
  }

  private void resolveSymbols() {
    for (int i = 0; i < symbols.size(); i++) {
      Wanted wanted = symbols.get(i);
      Extern extern;
      if (btf.type(wanted.id()) instanceof BtfType.Func) {
        extern = function(wanted, options.size() + i);
      } else if (wanted.type() == 0) {
        extern = address(wanted);
      } else {
        extern = variable(wanted);
      }
      found.put(wanted.symbol().index(), extern);
    }
  }

  private Extern address(Wanted wanted) {
    long address = kernel.addresses().applyAsLong(wanted.name());
    if (address == 0 && !wanted.isWeak()) {
      throw file.badWithHint(
          "declare it __weak if the program can do without",
          "extern '%s' (strong): not resolved".formatted(wanted.name()));
    }
    return new Extern.Address(address);
  }

  private Extern variable(Wanted wanted) {
    Integer id = kernel.btf().find(wanted.name(), BtfType.Var.class).orElse(null);
    if (id == null) {
      if (!wanted.isWeak()) {
        throw file.badWithHint(
            "declare it __weak if the program can do without",
            "extern (var ksym) '%s': not found in kernel BTF".formatted(wanted.name()));
      }
      return new Extern.Address(0);
    }
    int type = kernel.btf().strip(((BtfType.Var) kernel.btf().type(id)).type());
    if (!new TypeCompatibility(btf, kernel.btf()).types(wanted.type(), type)) {
      throw file.bad(
          ("extern (var ksym) '%s': incompatible types, expected [%d] %s %s, but kernel has [%d] %s"
                  + " %s")
              .formatted(
                  wanted.name(),
                  wanted.type(),
                  btf.type(wanted.type()).kindLabel(),
                  btf.type(wanted.type()).name(),
                  type,
                  kernel.btf().type(type).kindLabel(),
                  kernel.btf().type(type).name()));
    }
    return new Extern.Variable(id);
  }

  private Extern function(Wanted wanted, int index) {
    String name = EssentialName.of(wanted.name());
    Integer id = kernel.btf().find(name, BtfType.Func.class).orElse(null);
    if (id == null && !wanted.isWeak()) {
      throw file.badWithHint(
          "declare it __weak if the program can do without",
          "extern (func ksym) '%s': not found in kernel or module BTFs".formatted(wanted.name()));
    }
    if (id == null) {
      return new Extern.MissingKfunc(wanted.name(), index);
    }
    int proto = ((BtfType.Func) kernel.btf().type(id)).type();
    if (new TypeCompatibility(btf, kernel.btf()).types(wanted.type(), proto)) {
      return new Extern.Kfunc(id);
    }
    if (wanted.isWeak()) {
      return new Extern.MissingKfunc(wanted.name(), index);
    }
    throw file.bad(
        "extern (func ksym) '%s': func_proto [%d] incompatible with vmlinux [%d]"
            .formatted(wanted.name(), wanted.type(), proto));
  }
}
