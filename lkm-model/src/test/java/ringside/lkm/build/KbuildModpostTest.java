package ringside.lkm.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import ringside.format.BadInputException;
import ringside.format.elf.ElfFile;
import ringside.lkm.TestModules;
import ringside.lkm.loader.ModuleInfo;

class KbuildModpostTest {
  @TempDir Path directory;

  private ElfFile build(String name) {
    return ElfFile.read(new TestModules(directory).build(name));
  }

  private static ModuleInfo info(ElfFile file) {
    return ModuleInfo.parse(file.bytes(file.section(".modinfo").orElseThrow()));
  }

  @Test
  void aModuleSaysWhatItIsAndWhatItWasBuiltFor() {
    ModuleInfo info = info(build("hello"));
    assertEquals(Optional.of("hello"), info.first("name"));
    assertEquals(Optional.of("GPL"), info.first("license"));
    assertEquals(Optional.of(""), info.first("depends"));
    assertEquals(
        Optional.of("6.12.0-ringside SMP preempt mod_unload modversions riscv"),
        info.first("vermagic"));
  }

  @Test
  void importedSymbolsCarryVersions() {
    ElfFile file = build("hello");
    String versions =
        new String(
            file.bytes(file.section("__versions").orElseThrow()), StandardCharsets.ISO_8859_1);
    assertTrue(versions.contains("_printk\0"));
    assertTrue(versions.contains("module_layout\0"));
    assertEquals(0, versions.length() % 64);
  }

  @Test
  void everyExportHasAChecksum() {
    ElfFile file = build("provider");
    assertEquals(4, file.section("__kcrctab").orElseThrow().size());
    assertEquals(4, file.section("__kcrctab_gpl").orElseThrow().size());
  }

  @Test
  void aModuleWithoutLicenseIsNotBuilt() {
    BadInputException e =
        assertThrows(
            BadInputException.class,
            () ->
                new TestModules(directory)
                    .build(
                        "bare",
                        "#include <linux/module.h>\nint init_module(void) { return 0; }\n"));
    assertTrue(e.getMessage().contains("missing MODULE_LICENSE() in bare.o"), e.getMessage());
  }
}
