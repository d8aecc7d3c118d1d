package ringside.lkm.loader;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.kernel.core.KernelCore;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Memory;
import ringside.kernel.printk.Printk;
import ringside.kernel.text.KernelFunction.Export;
import ringside.kernel.text.KernelSymbols;
import ringside.kernel.text.KernelSymbols.Symbol;
import ringside.kernel.trap.BugTable;
import ringside.kernel.trap.Taint;
import ringside.lkm.loader.ModuleLoader.ModuleExport;

/**
 * Connects a module with the kernel and other modules: resolves and relocates ({@code
 * simplify_symbols}, {@code apply_relocations}), publishes its symbols and exports.
 */
final class ModuleLinker {
  private static final int STT_OBJECT = 1;
  private static final int STT_FUNC = 2;

  private final KernelCore core;
  private final Memory memory;
  private final Map<String, ModuleExport> exports;
  private boolean warnedOfMissingVersion;

  /** What an undefined symbol was found to be. */
  private record Found(long address, boolean gplOnly, @Nullable LoadedModule owner, int crc) {}

  ModuleLinker(KernelCore core, Map<String, ModuleExport> exports) {
    this.core = core;
    this.memory = core.memory();
    this.exports = exports;
  }

  /** {@code check_modstruct_version}. */
  void checkStructVersion(ModuleImage image) throws LoadError {
    int crc = SymbolVersions.crc("module_layout", core.version());
    if (!checkVersion(image, image.versions(), "module_layout", crc)) {
      throw LoadError.silent(ModuleLoader.ENOEXEC);
    }
  }

  /** Links a placed module; its pages must still be writable. */
  void link(LoadedModule module, ModuleImage image) throws LoadError {
    checkExportVersions(image);
    List<ModuleImage.Symbol> symbols = image.symbols();
    resolve(module, image, symbols);
    Relocator relocator =
        new Relocator(
            memory, module.name(), symbols, new Relocator.GotTable(memory, image.gotAddress()));
    for (ModuleImage.Section section : image.sections()) {
      if (section.info >= image.sections().size()
          || section.info < 0
          || !image.sections().get(section.info).has(ModuleImage.SHF_ALLOC)) {
        continue;
      }
      if (section.type == ModuleImage.SHT_REL) {
        // apply_relocate of an architecture that uses RELA only.
        throw LoadError.err(
            ModuleLoader.ENOEXEC, "module %s: REL relocation unsupported".formatted(module.name()));
      }
      if (section.type == ModuleImage.SHT_RELA) {
        relocator.apply(image.sections().get(section.info), image.relocations(section));
      }
    }
    publishSymbols(module, image, symbols);
    publishExports(module, image);
    publishBugs(module, image);
    core.flushInstructionCache(module.textBase(), module.size());
  }

  /** Takes a module's symbols out of kallsyms. */
  void forget(LoadedModule module) {
    core.symbols().removeModule(module.name());
    core.bugs().removeModule(module.name());
  }

  private void checkExportVersions(ModuleImage image) throws LoadError {
    boolean crcs = image.find("__ksymtab").index == 0 || image.find("__kcrctab").index != 0;
    boolean gplCrcs =
        image.find("__ksymtab_gpl").index == 0 || image.find("__kcrctab_gpl").index != 0;
    if (!crcs || !gplCrcs) {
      throw LoadError.silent(ModuleLoader.ENOEXEC);
    }
  }

  private void resolve(LoadedModule module, ModuleImage image, List<ModuleImage.Symbol> symbols)
      throws LoadError {
    Map<String, Integer> versions = image.versions();
    int failure = 0;
    for (int i = 1; i < symbols.size(); i++) {
      ModuleImage.Symbol symbol = symbols.get(i);
      switch (symbol.section) {
        case ModuleImage.SHN_COMMON -> {
          core.printk().emit(Printk.WARNING, module.name() + ": please compile with -fno-common");
          failure = ModuleLoader.ENOEXEC;
        }
        case ModuleImage.SHN_ABS -> {}
        case ModuleImage.SHN_UNDEF -> {
          int error = resolve(module, image, versions, symbol);
          failure = error == 0 ? failure : error;
        }
        default -> {
          if (symbol.section >= image.sections().size()) {
            // Linux would read beyond its table.
            throw LoadError.silent(ModuleLoader.ENOEXEC);
          }
          symbol.value += image.sections().get(symbol.section).address;
        }
      }
    }
    if (failure != 0) {
      throw LoadError.silent(failure);
    }
  }

  private int resolve(
      LoadedModule module,
      ModuleImage image,
      Map<String, Integer> versions,
      ModuleImage.Symbol symbol) {
    int error = ModuleLoader.ENOENT;
    Found found = find(module, symbol.name);
    if (found != null) {
      if (found.gplOnly()) {
        module.useGplOnlySymbol();
      }
      if (inheritTaint(module, found.owner(), symbol.name)) {
        error = accept(module, image, versions, symbol, found);
      } else {
        found = null;
      }
    }
    if (error == 0 || (found == null && symbol.weak())) {
      return 0;
    }
    core.printk()
        .emit(
            Printk.WARNING,
            "%s: Unknown symbol %s (err %d)".formatted(module.name(), symbol.name, -error));
    return error;
  }

  private int accept(
      LoadedModule module,
      ModuleImage image,
      Map<String, Integer> versions,
      ModuleImage.Symbol symbol,
      Found found) {
    if (!checkVersion(image, versions, symbol.name, found.crc())) {
      return ModuleLoader.EINVAL;
    }
    LoadedModule owner = found.owner();
    if (owner != null) {
      if (owner.state() == LoadedModule.State.COMING) {
        core.printk()
            .emit(
                Printk.WARNING,
                "%s: gave up waiting for init of module %s."
                    .formatted(module.name(), owner.name()));
        return ModuleLoader.EBUSY;
      }
      module.use(owner);
    }
    symbol.value = found.address();
    return 0;
  }

  /** {@code find_symbol}: a GPL-only symbol does not exist for a proprietary module. */
  private @Nullable Found find(LoadedModule module, String name) {
    Symbol kernel = core.symbols().exported(name);
    Found found = null;
    if (kernel != null && kernel.module() == null) {
      found =
          new Found(
              kernel.address(),
              kernel.export() == Export.GPL,
              null,
              SymbolVersions.crc(name, core.version()));
    } else {
      ModuleExport export = exports.get(name);
      if (export != null && export.owner().state() != LoadedModule.State.UNFORMED) {
        found = new Found(export.address(), export.gplOnly(), export.owner(), export.crc());
      }
    }
    return found != null && found.gplOnly() && module.proprietary() ? null : found;
  }

  private boolean inheritTaint(LoadedModule module, @Nullable LoadedModule owner, String name) {
    if (owner == null || !owner.proprietary()) {
      return true;
    }
    if (module.usingGplOnlySymbols()) {
      core.printk()
          .emit(
              Printk.ERR,
              "%s: module using GPL-only symbols uses symbols %s from proprietary module %s."
                  .formatted(module.name(), name, owner.name()));
      return false;
    }
    if (!module.proprietary()) {
      core.printk()
          .emit(
              Printk.WARNING,
              "%s: module uses symbols %s from proprietary module %s, inheriting taint."
                  .formatted(module.name(), name, owner.name()));
      module.taint(Taint.Flag.PROPRIETARY_MODULE);
    }
    return true;
  }

  /** {@code check_version}. */
  private boolean checkVersion(
      ModuleImage image, Map<String, Integer> versions, String symbol, int crc) {
    if (image.versionsSection().index == 0) {
      return false; // CONFIG_MODULE_FORCE_LOAD is off
    }
    Integer built = versions.get(symbol);
    if (built == null) {
      if (!warnedOfMissingVersion) {
        warnedOfMissingVersion = true;
        core.printk()
            .emit(Printk.WARNING, "%s: no symbol version for %s".formatted(image.name(), symbol));
      }
      return true;
    }
    if (built == crc) {
      return true;
    }
    core.printk()
        .emit(
            Printk.WARNING,
            "%s: disagrees about version of symbol %s".formatted(image.name(), symbol));
    return false;
  }

  private void publishSymbols(
      LoadedModule module, ModuleImage image, List<ModuleImage.Symbol> symbols) {
    Map<Long, ModuleImage.Symbol> best = new HashMap<>();
    for (ModuleImage.Symbol symbol : symbols) {
      boolean named =
          symbol.section != ModuleImage.SHN_UNDEF
              && symbol.section < ModuleImage.SHN_LORESERVE
              && !symbol.name.isEmpty()
              && !symbol.name.startsWith(".L")
              && !symbol.name.startsWith("$")
              && (symbol.type() == STT_FUNC || symbol.type() == STT_OBJECT)
              && image.sections().get(symbol.section).has(ModuleImage.SHF_ALLOC);
      if (named) {
        // init_module is an alias: kallsyms prefers the name that the author gave.
        best.merge(symbol.value, symbol, (a, b) -> isAlias(a) ? b : a);
      }
    }
    best.values().stream()
        .sorted((a, b) -> Long.compareUnsigned(a.value, b.value))
        .forEach(symbol -> {
          char type = letter(image.sections().get(symbol.section), symbol);
          core.symbols()
              .add(
                  new KernelSymbols.Symbol(
                      symbol.name, symbol.value, symbol.size, type, module.name(), Export.NONE));
        });
  }

  private static boolean isAlias(ModuleImage.Symbol symbol) {
    return symbol.name.equals("init_module") || symbol.name.equals("cleanup_module");
  }

  private static char letter(ModuleImage.Section section, ModuleImage.Symbol symbol) {
    char letter;
    if (section.has(ModuleImage.SHF_EXECINSTR)) {
      letter = 't';
    } else if (section.type == ModuleImage.SHT_NOBITS) {
      letter = 'b';
    } else {
      letter = section.has(ModuleImage.SHF_WRITE) ? 'd' : 'r';
    }
    return symbol.global() ? Character.toUpperCase(letter) : letter;
  }

  /** {@code verify_exported_symbols}, then what {@code find_symbol} will see. */
  private void publishExports(LoadedModule module, ModuleImage image) throws LoadError {
    StructLayout layout = core.layouts().of("kernel_symbol");
    for (boolean gpl : new boolean[] {false, true}) {
      ModuleImage.Section table = image.find(gpl ? "__ksymtab_gpl" : "__ksymtab");
      ModuleImage.Section crcs = image.find(gpl ? "__kcrctab_gpl" : "__kcrctab");
      for (int i = 0; i < table.size / layout.size(); i++) {
        long entry = table.address + (long) i * layout.size();
        String name = KernelText.read(memory, memory.readLong(entry + layout.offset("name")));
        ModuleExport other = exports.get(name);
        Symbol kernel = core.symbols().exported(name);
        if (other != null || (kernel != null && kernel.module() == null)) {
          throw LoadError.err(
              ModuleLoader.ENOEXEC,
              "%s: exports duplicate symbol %s (owned by %s)"
                  .formatted(module.name(), name, other == null ? "kernel" : other.owner().name()));
        }
        int crc = i < crcs.size / 4 ? memory.readInt(crcs.address + 4L * i) : 0;
        long address = memory.readLong(entry + layout.offset("value"));
        exports.put(name, new ModuleExport(module, address, gpl, crc));
      }
    }
  }

  /** {@code module_bug_finalize}: each entry is address, file, line, flags. */
  private void publishBugs(LoadedModule module, ModuleImage image) {
    ModuleImage.Section table = image.find("__bug_table");
    for (long at = table.address; at + 24 <= table.address + table.size; at += 24) {
      core.bugs()
          .add(
              memory.readLong(at),
              new BugTable.Bug(
                  KernelText.read(memory, memory.readLong(at + 8)),
                  memory.readShort(at + 16) & 0xffff,
                  module.name()));
    }
  }
}
