package ringside.toolchain;

import ringside.format.elf.ElfFile;

/**
 * The stage of a module's build that writes what only the linked module knows: kbuild's {@code
 * scripts/mod/modpost}.
 *
 * <p>Found with {@link java.util.ServiceLoader}; without one a module is linked as it is.
 */
public interface Modpost {
  /**
   * Writes {@code NAME.mod.c}: {@code __this_module}, vermagic, versions of imported symbols,
   * dependencies. It is compiled with the module's own flags and linked in.
   *
   * @param module the module's name, as in {@code KBUILD_MODNAME}
   * @param object all of its sources, linked with {@code ld -r}
   * @return C source
   * @throws ringside.format.BadInputException when the module cannot be completed; becomes a
   *     diagnostic of the compilation
   */
  String source(String module, ElfFile object);
}
