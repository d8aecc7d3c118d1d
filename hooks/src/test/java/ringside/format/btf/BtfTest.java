package ringside.format.btf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import ringside.format.elf.ElfFile;
import ringside.toolchain.Compilation;
import ringside.toolchain.Target;
import ringside.toolchain.Toolchain;

final class BtfTest {
  /** Has every kind that clang can emit for C, 1 to 19. */
  private static final String SOURCE =
      """
      struct unknown;
      union unseen;
      enum small { A = -1, B = 7 };
      enum large { HUGE = 0x123456789abcdef0ull, ONE = 1 };
      typedef unsigned int u32;
      #define tag(t) __attribute__((btf_decl_tag(t)))
      #define ttag(t) __attribute__((btf_type_tag(t)))
      struct inner { char c; short s; };
      struct outer {
        u32 plain;
        u32 low : 3, high : 9;
        union { long whole; struct { int left, right; }; };
        struct inner nested[4];
        const volatile char *restrict text;
        struct unknown *fwd;
        union unseen *fwdu;
        int ttag("user") *user;
        enum small small;
        enum large large;
        double d;
        _Bool flag;
        int (*callback)(struct outer *self, ...);
        char tail[] tag("rest");
      } __attribute__((preserve_access_index));
      struct outer *object;
      static volatile int counter;
      __attribute__((section("tc"))) int prog(struct outer *ctx) {
        counter++;
        return ctx->low + ctx->right;
      }
      """;

  @TempDir static Path dir;
  private static ElfFile object;
  private static byte[] btfBytes;
  private static byte[] extBytes;
  private static Btf btf;

  @BeforeAll
  static void compile() throws IOException {
    Path source = Files.writeString(dir.resolve("kinds.c"), SOURCE);
    Path out = dir.resolve("kinds.o");
    Toolchain.locate().compile(Compilation.of(Target.BPF, source, out)).orThrow(source);
    object = ElfFile.read(out);
    btfBytes = object.bytes(object.section(".BTF").orElseThrow());
    extBytes = object.bytes(object.section(".BTF.ext").orElseThrow());
    btf = Btf.of(object);
  }

  @Test
  void readsAllNineteenKinds() {
    Set<Integer> kinds = new HashSet<>();
    btf.types().forEach(type -> kinds.add(type.kind()));
    for (int kind = 0; kind <= 19; kind++) {
      assertTrue(kinds.contains(kind), "kind " + kind);
    }
  }

  @Test
  void findsMembersAlsoInsideAnonymousOnes() {
    BtfType.Struct outer = btf.struct("outer").orElseThrow();
    assertEquals(0, field(outer, "plain").offset());
    assertEquals(8, field(outer, "whole").offset());
    assertEquals(12, field(outer, "right").offset());
    assertEquals(16, field(outer, "nested").offset());
    assertEquals(16, btf.sizeOf(field(outer, "nested").type()));
    assertTrue(btf.field(outer, "c").isEmpty(), "inside of a named member");
  }

  @Test
  void knowsBitFields() {
    BtfType.Struct outer = btf.struct("outer").orElseThrow();
    assertEquals(new Btf.Field(field(outer, "low").type(), 32, 3), field(outer, "low"));
    assertEquals(35, field(outer, "high").bitOffset());
    assertEquals(9, field(outer, "high").bitSize());
    assertEquals(0, field(outer, "plain").bitSize());
  }

  @Test
  void extendsEnumeratorsAsTheirTypeIsSigned() {
    int small = btf.find("small", BtfType.Enum32.class).orElseThrow();
    assertEquals(
        List.of(new BtfType.Enumerator("A", -1), new BtfType.Enumerator("B", 7)),
        assertInstanceOf(BtfType.Enum32.class, btf.type(small)).values());
    int large = btf.find("large", BtfType.Enum64.class).orElseThrow();
    assertEquals(
        0x123456789abcdef0L,
        assertInstanceOf(BtfType.Enum64.class, btf.type(large)).values().getFirst().value());
  }

  @Test
  void describesTypesAsCWritesThem() {
    BtfType.Struct outer = btf.struct("outer").orElseThrow();
    assertEquals("u32", btf.describe(field(outer, "plain").type()));
    assertEquals("struct inner[4]", btf.describe(field(outer, "nested").type()));
    assertEquals("const volatile char *restrict", btf.describe(field(outer, "text").type()));
    assertEquals("struct unknown *", btf.describe(field(outer, "fwd").type()));
    assertEquals("union unseen *", btf.describe(field(outer, "fwdu").type()));
    assertEquals("int *", btf.describe(field(outer, "user").type()));
  }

  @Test
  void hasNoSizeForWhatOnlyHasAName() {
    int unknown = btf.find("unknown", BtfType.Fwd.class).orElseThrow();
    BtfException e = assertThrows(BtfException.class, () -> btf.sizeOf(unknown));
    assertTrue(e.getMessage().contains("struct unknown"), e.getMessage());
  }

  @Test
  void readsFunctionsLinesAndCoreRelocations() {
    BtfExt ext = BtfExt.of(object, btf).orElseThrow();
    assertEquals(1, ext.functions().size());
    assertEquals("tc", ext.functions().getFirst().section());
    assertEquals("prog", btf.type(ext.functions().getFirst().type()).name());
    assertTrue(
        ext.lines().stream().anyMatch(line -> line.text().contains("return ctx->low")), "lines");
    assertTrue(ext.lines().stream().allMatch(line -> line.file().endsWith("kinds.c")));
    int outer = btf.find("outer", BtfType.Struct.class).orElseThrow();
    assertTrue(
        ext.relocations().stream().anyMatch(r -> r.type() == outer && r.access().equals("0:3:1:1")),
        () -> ext.relocations().toString());
  }

  @Test
  void anObjectWithoutBtfIsExplained() throws IOException {
    Path source = Files.writeString(dir.resolve("none.c"), "int f(void) { return 0; }\n");
    Path out = dir.resolve("none.o");
    Compilation job = Compilation.of(Target.BPF, source, out).withFlag("-g0");
    ElfFile none = ElfFile.read(Toolchain.locate().compile(job).orThrow(source));
    BtfException e = assertThrows(BtfException.class, () -> Btf.of(none));
    assertEquals(out + ": has no BTF (no .BTF section)", e.getMessage());
    assertTrue(String.valueOf(e.hint()).contains("-g"));
  }

  @Test
  void everyTruncationIsRefused() {
    for (int length = 0; length < btfBytes.length; length++) {
      byte[] cut = Arrays.copyOf(btfBytes, length);
      assertThrows(BtfException.class, () -> Btf.parse("cut", cut), "length " + length);
    }
    for (int length = 0; length < extBytes.length; length++) {
      byte[] cut = Arrays.copyOf(extBytes, length);
      assertThrows(BtfException.class, () -> BtfExt.parse("cut", cut, btf), "length " + length);
    }
  }

  @Test
  void typedefsInACircleAreNoticed() {
    byte[] bytes = btfBytes.clone();
    int typedef = btf.find("u32", BtfType.Typedef.class).orElseThrow();
    // The typedef's record is found by its name offset and kind; its reference is made to point to
    // itself.
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int at = 24;
    while (buffer.getInt(at + 4) >>> 24 != 8 || !btf.string(buffer.getInt(at)).equals("u32")) {
      at += 4;
    }
    buffer.putInt(at + 8, typedef);
    Btf circular = Btf.parse("circle", bytes);
    assertThrows(BtfException.class, () -> circular.sizeOf(typedef));
    assertThrows(BtfException.class, () -> circular.strip(typedef));
  }

  @Test
  void flippedBytesEndInABtfExceptionOrAReading() {
    long seed = Long.getLong("ringside.fuzz.seed", System.nanoTime());
    Random random = new Random(seed);
    int readable = 0;
    for (int round = 0; round < 20_000; round++) {
      byte[] types = btfBytes.clone();
      byte[] ext = extBytes.clone();
      byte[] target = round % 2 == 0 ? types : ext;
      for (int flips = random.nextInt(1, 4); flips > 0; flips--) {
        int at = random.nextInt(random.nextBoolean() ? 48 : target.length);
        target[at] = random.nextBoolean() ? (byte) random.nextInt() : (byte) -random.nextInt(2);
      }
      try {
        readEverything(types, ext);
        readable++;
      } catch (BtfException e) {
        assertFalse(e.what().isBlank());
      } catch (RuntimeException e) {
        fail("round " + round + " of -Dringside.fuzz.seed=" + seed, e);
      }
    }
    assertTrue(readable > 0, "some mutations are harmless");
  }

  private static void readEverything(byte[] types, byte[] ext) {
    Btf read = Btf.parse("any", types);
    for (int id = 0; id < read.types().size(); id++) {
      read.describe(id);
      if (read.type(id) instanceof BtfType.Composite composite) {
        read.field(composite, "no such member");
        read.sizeOf(id);
      }
    }
    BtfExt.parse("any", ext, read);
  }

  private static Btf.Field field(BtfType.Composite composite, String name) {
    return btf.field(composite, name).orElseThrow();
  }
}
