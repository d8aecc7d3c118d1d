package ringside.format.elf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import ringside.format.BadInputException;
import ringside.toolchain.Compilation;
import ringside.toolchain.Target;
import ringside.toolchain.Toolchain;

final class ElfFileTest {
  private static final int R_RISCV_64 = 2;
  private static final int R_RISCV_CALL_PLT = 19;

  @TempDir static Path dir;
  private static byte[] module;
  private static byte[] ebpf;
  private static byte[] program;

  @BeforeAll
  static void compile() throws IOException {
    Path source =
        Files.writeString(
            dir.resolve("m.c"),
            """
            static const char license[]
                __attribute__((section(".modinfo"), used)) = "license=GPL";
            int callee(int);
            int zeroes[5];
            int counter = 7;
            int *pointer = &counter;
            __attribute__((section(".init.text"))) int start(int x) { return callee(x); }
            """);
    Path xdp =
        Files.writeString(
            dir.resolve("x.c"),
            """
            int counter;
            __attribute__((section("xdp"))) int f(void *c) { return counter++; }
            """);
    Path user =
        Files.writeString(dir.resolve("u.c"), "int g = 3; int _start(void) { return g; }\n");
    Toolchain toolchain = Toolchain.locate();
    module = compile(toolchain, Target.MODULE, source);
    ebpf = compile(toolchain, Target.BPF, xdp);
    program = compile(toolchain, Target.USER, user);
  }

  private static byte[] compile(Toolchain toolchain, Target target, Path source)
      throws IOException {
    Path out = dir.resolve(source.getFileName() + ".out");
    return Files.readAllBytes(
        toolchain.compile(Compilation.of(target, source, out)).orThrow(source));
  }

  @Test
  void readsSectionsSymbolsAndRelocationsOfAModule() {
    ElfFile elf = ElfFile.parse("m.ko", module);
    elf.require(ElfFile.ET_REL, Machine.RISCV, null);

    Section data = elf.section(".data").orElseThrow();
    assertTrue(data.has(Section.SHF_ALLOC | Section.SHF_WRITE));
    assertEquals(7, elf.bytes(data)[(int) elf.symbol("counter").orElseThrow().value()]);

    Section bss = elf.section(".bss").orElseThrow();
    assertEquals(Section.SHT_NOBITS, bss.type());
    assertEquals(20, bss.size());
    assertEquals(0, elf.bytes(bss).length);

    Symbol start = elf.symbol("start").orElseThrow();
    assertEquals(Symbol.STT_FUNC, start.type());
    assertEquals(Symbol.STB_GLOBAL, start.binding());
    Section init = elf.section(".init.text").orElseThrow();
    assertEquals(init.index(), start.section());

    Relocation call =
        elf.relocations(init).stream()
            .filter(relocation -> relocation.type() == R_RISCV_CALL_PLT)
            .findFirst()
            .orElseThrow();
    assertEquals("callee", call.symbol().name());
    assertEquals(Symbol.SHN_UNDEF, call.symbol().section());
    assertTrue(elf.symbol("callee").isEmpty(), "undefined symbols are not found by name");
  }

  @Test
  void readsTheAddendOfAPointerToASymbol() {
    ElfFile elf = ElfFile.parse("m.ko", module);
    Section section = elf.sections().get(elf.symbol("pointer").orElseThrow().section());
    Relocation relocation = elf.relocations(section).getFirst();
    assertEquals(R_RISCV_64, relocation.type());
    assertEquals("counter", relocation.symbol().name());
    assertEquals(0, relocation.addend());
  }

  @Test
  void readsRelocationsWithoutAddendsOfAnEbpfObject() {
    ElfFile elf = ElfFile.parse("x.o", ebpf);
    elf.require(ElfFile.ET_REL, Machine.BPF, null);
    List<Relocation> relocations = elf.relocations(elf.section("xdp").orElseThrow());
    assertEquals(List.of("counter"), relocations.stream().map(r -> r.symbol().name()).toList());
  }

  @Test
  void readsTheSegmentsOfAProgram() {
    ElfFile elf = ElfFile.parse("u", program);
    elf.require(ElfFile.ET_EXEC, Machine.RISCV, null);
    ProgramHeader text =
        elf.programHeaders().stream()
            .filter(header -> header.type() == ProgramHeader.PT_LOAD)
            .filter(header -> (header.flags() & ProgramHeader.PF_X) != 0)
            .findFirst()
            .orElseThrow();
    assertEquals(0, text.flags() & ProgramHeader.PF_W);
    assertTrue(elf.entry() >= text.address());
    assertTrue(elf.entry() < text.address() + text.memorySize());
    assertEquals(text.fileSize(), elf.bytes(text).length);
  }

  @Test
  void namesTheMachineOfAnObjectForAnotherOne() {
    byte[] other = module.clone();
    other[18] = 62;
    other[19] = 0;
    ElfFile elf = ElfFile.parse("nf.ko", other);
    ElfException e =
        assertThrows(
            ElfException.class, () -> elf.require(ElfFile.ET_REL, Machine.RISCV, "recompile"));
    assertEquals("nf.ko: is for x86-64, not for RISC-V", e.getMessage());
    assertEquals("recompile", e.hint());
  }

  @Test
  void saysWhatIsMissingWhenTheTableOfSectionsIsCutOff() {
    byte[] cut = Arrays.copyOf(module, module.length - 1);
    ElfException e = assertThrows(ElfException.class, () -> ElfFile.parse("m.ko", cut));
    assertTrue(
        e.getMessage().matches("m\\.ko: truncated: section header table at 0x\\w+ .*bytes.*"),
        e.getMessage());
  }

  @Test
  void refusesWhatIsNotElf() {
    ElfException e =
        assertThrows(
            ElfException.class, () -> ElfFile.parse("t.txt", new byte[] {104, 101, 108, 108, 111}));
    assertEquals("t.txt: is not an ELF file", e.getMessage());
  }

  @Test
  void refusesAFileThatDoesNotExist() {
    Path none = dir.resolve("none.ko");
    BadInputException e = assertThrows(BadInputException.class, () -> ElfFile.read(none));
    assertFalse(e instanceof ElfException, "nothing that a loader has looked at");
    assertEquals(none + ": no such file", e.getMessage());
  }

  @Test
  void refusesTwoBrokenCountsWithoutAllocatingForThem() {
    byte[] many = module.clone();
    // e_shnum 0 sends the reader to section 0's sh_size, which claims 2^60 sections.
    many[60] = 0;
    many[61] = 0;
    int table = (int) ByteBuffer.wrap(many).order(ByteOrder.LITTLE_ENDIAN).getLong(40);
    many[table + 32 + 7] = 0x10;
    ElfException e = assertThrows(ElfException.class, () -> ElfFile.parse("m.ko", many));
    assertTrue(e.getMessage().contains("section header table"), e.getMessage());
  }

  @Test
  void everyTruncationIsRefused() {
    for (byte[] whole : List.of(module, ebpf, program)) {
      for (int length = 0; length < whole.length; length++) {
        byte[] cut = Arrays.copyOf(whole, length);
        assertThrows(ElfException.class, () -> ElfFile.parse("cut", cut), "length " + length);
      }
      readEverything(whole);
    }
  }

  @Test
  void flippedBytesEndInAnElfExceptionOrAReading() {
    long seed = Long.getLong("ringside.fuzz.seed", System.nanoTime());
    Random random = new Random(seed);
    for (int round = 0; round < 20_000; round++) {
      byte[] bytes = List.of(module, ebpf, program).get(round % 3).clone();
      for (int flips = random.nextInt(1, 4); flips > 0; flips--) {
        int at = random.nextBoolean() ? random.nextInt(64) : random.nextInt(bytes.length);
        bytes[at] = random.nextBoolean() ? (byte) random.nextInt() : (byte) -random.nextInt(2);
      }
      try {
        readEverything(bytes);
      } catch (ElfException e) {
        assertTrue(e.what().length() > 10, "says what: " + e.what());
      } catch (RuntimeException e) {
        fail("round " + round + " of -Dringside.fuzz.seed=" + seed, e);
      }
    }
  }

  @Test
  void doesNotHandOutItsOwnBytes() {
    ElfFile elf = ElfFile.parse("m.ko", module);
    Section data = elf.section(".data").orElseThrow();
    byte[] before = elf.bytes(data);
    elf.bytes(data)[0] ^= 1;
    assertArrayEquals(before, elf.bytes(data));
  }

  private static void readEverything(byte[] bytes) {
    ElfFile elf = ElfFile.parse("any", bytes);
    for (Section section : elf.sections()) {
      elf.bytes(section);
      elf.relocations(section);
    }
    elf.programHeaders().forEach(elf::bytes);
  }
}
