package ringside.lkm.build;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import ringside.format.BadInputException;
import ringside.format.elf.ElfFile;
import ringside.format.elf.Section;
import ringside.format.elf.Symbol;
import ringside.kernel.core.KernelVersion;
import ringside.lkm.loader.ModuleInfo;
import ringside.lkm.loader.SymbolVersions;
import ringside.lkm.loader.Vermagic;
import ringside.toolchain.Modpost;

/**
 * Writes {@code NAME.mod.c} as {@code scripts/mod/modpost} does.
 *
 * <p>Undefined symbols pass, as with {@code KBUILD_MODPOST_WARN=1}: which kernel a module will meet
 * is known only when it is loaded.
 */
public final class KbuildModpost implements Modpost {
  /** Longest symbol name that a {@code struct modversion_info} holds. */
  private static final int MODVERSION_NAME = 56;

  private final KernelVersion version;

  /** Builds for the default kernel version. */
  public KbuildModpost() {
    this(KernelVersion.DEFAULT);
  }

  /** Builds for a kernel version. */
  public KbuildModpost(KernelVersion version) {
    this.version = version;
  }

  @Override
  public String source(String module, ElfFile object) {
    ModuleInfo info =
        ModuleInfo.parse(object.section(".modinfo").map(object::bytes).orElse(new byte[0]));
    if (info.first("license").isEmpty()) {
      throw new BadInputException(
          null,
          "modpost: missing MODULE_LICENSE() in " + module + ".o",
          "add MODULE_LICENSE(\"GPL\"); to the module");
    }
    StringBuilder out = new StringBuilder();
    out.append("#include <linux/module.h>\n#include <linux/export.h>\n\n");
    out.append("MODULE_INFO(vermagic, \"").append(Vermagic.of(version)).append("\");\n");
    out.append("MODULE_INFO(name, KBUILD_MODNAME);\n");
    out.append("MODULE_INFO(depends, \"\");\n\n");
    out.append("struct module __this_module\n");
    out.append("__section(\".gnu.linkonce.this_module\") = {\n");
    out.append("\t.name = KBUILD_MODNAME,\n");
    if (defines(object, "init_module")) {
      out.append("\t.init = init_module,\n");
    }
    if (defines(object, "cleanup_module")) {
      out.append("\t.exit = cleanup_module,\n");
    }
    out.append("};\n\n");
    versions(out, object);
    checksums(out, object, "");
    checksums(out, object, "_gpl");
    return prototypes(object) + out;
  }

  /** Declarations of what is defined in the other objects. */
  private static String prototypes(ElfFile object) {
    return (defines(object, "init_module") ? "int init_module(void);\n" : "")
        + (defines(object, "cleanup_module") ? "void cleanup_module(void);\n" : "");
  }

  private void versions(StringBuilder out, ElfFile object) {
    TreeSet<String> imports = new TreeSet<>();
    imports.add("module_layout");
    for (Symbol symbol : object.symbols()) {
      if (!symbol.isDefined() && !symbol.name().isEmpty()) {
        imports.add(symbol.name());
      }
    }
    imports.remove("__this_module");
    out.append("static const struct modversion_info ____versions[]\n");
    out.append("__used __section(\"__versions\") = {\n");
    for (String name : imports) {
      if (name.length() >= MODVERSION_NAME) {
        throw new BadInputException(
            null, "modpost: symbol name too long: " + name, "use a name below 56 characters");
      }
      out.append("\t{ 0x%08xUL, \"%s\" },\n".formatted(SymbolVersions.crc(name, version), name));
    }
    out.append("};\n");
  }

  /** The checksums of exported symbols, in the order of their {@code __ksymtab} entries. */
  private void checksums(StringBuilder out, ElfFile object, String kind) {
    Optional<Section> table = object.section("__ksymtab" + kind);
    if (table.isEmpty()) {
      return;
    }
    List<Symbol> entries =
        object.symbols().stream()
            .filter(s -> s.isInSection() && s.section() == table.get().index())
            .filter(s -> s.type() == Symbol.STT_OBJECT && s.name().startsWith("__ksymtab_"))
            .sorted(Comparator.comparingLong(Symbol::value))
            .toList();
    out.append("\nstatic const u32 ____kcrctab%s[]\n".formatted(kind));
    out.append("__used __section(\"__kcrctab%s\") = {\n".formatted(kind));
    for (Symbol entry : entries) {
      String name = entry.name().substring("__ksymtab_".length());
      out.append("\t0x%08xU, /* %s */\n".formatted(SymbolVersions.crc(name, version), name));
    }
    out.append("};\n");
  }

  private static boolean defines(ElfFile object, String name) {
    return object.symbol(name).map(Symbol::isDefined).orElse(false);
  }
}
