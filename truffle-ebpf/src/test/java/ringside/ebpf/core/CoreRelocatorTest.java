package ringside.ebpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.ebpf.Programs;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.object.BpfObject;
import ringside.ebpf.object.ObjectReader;
import ringside.ebpf.object.TargetKernel;
import ringside.format.BadInputException;
import ringside.format.btf.Btf;
import ringside.format.elf.ElfFile;

/** CO-RE against kernels made up in C: what clang lays out there is what must come out here. */
class CoreRelocatorTest {
  private static final int POISON = 195896080;

  private static final String MACROS =
      """
      #include <bpf/bpf_core_read.h>
      #define CORE __attribute__((preserve_access_index))
      #define RETURN(name, value) SEC("xdp") long name(void *ctx) { return value; }
      """;

  private static Btf kernel(String source) {
    return Btf.of(ElfFile.parse("kernel.o", Programs.compileText("kernel", source)));
  }

  private static BpfObject object(String source, Btf kernel) {
    return ObjectReader.parse(
        "local.o",
        Programs.compileText("local", MACROS + source),
        TargetKernel.unbooted().withBtf(kernel));
  }

  /** The number that a program of {@code RETURN} puts into r0. */
  private static long returned(BpfObject object, String program) {
    List<Insn> insns = object.program(program).orElseThrow().insns();
    Insn first = insns.getFirst();
    return first.isWide() ? first.wideImm(insns.get(1)) : first.imm();
  }

  private static final Btf EVERY_KIND_KERNEL_BTF =
      kernel(
          """
          typedef unsigned long long u64;
          enum state { RUNNING = 7, DEAD = -9, LATE___mark = 3 };
          enum wide { BIG = 0x123456789abcdef0ULL };
          struct inner { int pad; int deep; };
          struct thing {
            u64 added[3];
            signed char sign;
            unsigned bits : 5, flag : 1, more : 9;
            int moved;
            struct { char _x; struct { int nested; }; };
            struct inner array[4];
            u64 wider;
            enum state state;
          };
          typedef struct { int x; long y; } anonymous;
          struct thing *t; enum wide w; anonymous a; int (*callback)(struct thing *, long);
          """);

  private static final BpfObject EVERY_KIND =
      object(
          """
          enum state { RUNNING, DEAD, LATE, MISSING };
          enum wide { BIG = 0x7000000000000000ULL };
          struct inner { int deep; } CORE;
          struct thing {
            int moved;
            int nested;
            struct inner array[8];
            unsigned flag : 1, more : 9;
            unsigned wider;
            signed char sign;
            int gone;
          } CORE;
          struct thing___old { short moved; } CORE;
          struct absent { int x; } CORE;
          struct inner___same { int deep; } CORE;
          struct inner___other { long deep; } CORE;
          typedef struct { int x; } anonymous;
          #define T ((struct thing *)0)
          #define INFO(field, kind) __builtin_preserve_field_info(field, kind)
          RETURN(offset_moved, INFO(T->moved, BPF_FIELD_BYTE_OFFSET))
          RETURN(offset_nested, INFO(T->nested, BPF_FIELD_BYTE_OFFSET))
          RETURN(offset_element, INFO(T->array[3].deep, BPF_FIELD_BYTE_OFFSET))
          RETURN(offset_flavour, INFO(((struct thing___old *)0)->moved, BPF_FIELD_BYTE_OFFSET))
          RETURN(size_moved, INFO(T->moved, BPF_FIELD_BYTE_SIZE))
          RETURN(size_wider, INFO(T->wider, BPF_FIELD_BYTE_SIZE))
          RETURN(exists_moved, bpf_core_field_exists(T->moved))
          RETURN(exists_gone, bpf_core_field_exists(T->gone))
          RETURN(exists_element, bpf_core_field_exists(T->array[5]))
          RETURN(signed_sign, INFO(T->sign, BPF_FIELD_SIGNED))
          RETURN(signed_more, INFO(T->more, BPF_FIELD_SIGNED))
          RETURN(offset_more, INFO(T->more, BPF_FIELD_BYTE_OFFSET))
          RETURN(left_more, INFO(T->more, BPF_FIELD_LSHIFT_U64))
          RETURN(right_more, INFO(T->more, BPF_FIELD_RSHIFT_U64))
          RETURN(left_moved, INFO(T->moved, BPF_FIELD_LSHIFT_U64))
          RETURN(type_exists, bpf_core_type_exists(struct thing))
          RETURN(type_absent, bpf_core_type_exists(struct absent))
          RETURN(type_size, bpf_core_type_size(struct thing))
          RETURN(type_size_absent, bpf_core_type_size(struct absent))
          RETURN(type_typedef, bpf_core_type_exists(anonymous))
          RETURN(matches_same, bpf_core_type_matches(struct inner___same))
          RETURN(matches_other, bpf_core_type_matches(struct inner___other))
          RETURN(value_dead, bpf_core_enum_value(enum state, DEAD))
          RETURN(value_late, bpf_core_enum_value(enum state, LATE))
          RETURN(value_big, bpf_core_enum_value(enum wide, BIG))
          RETURN(value_exists, bpf_core_enum_value_exists(enum state, RUNNING))
          RETURN(value_missing, bpf_core_enum_value_exists(enum state, MISSING))
          RETURN(id_target, bpf_core_type_id_kernel(struct thing))
          RETURN(id_local, bpf_core_type_id_local(struct thing))
          """,
          EVERY_KIND_KERNEL_BTF);

  @ParameterizedTest
  @CsvSource({
    "offset_moved, 28",
    "offset_nested, 36",
    "offset_element, 68",
    "offset_flavour, 28",
    "size_moved, 4",
    "size_wider, 8",
    "exists_moved, 1",
    "exists_gone, 0",
    "exists_element, 0",
    "signed_sign, 1",
    "signed_more, 0",
    "offset_more, 24",
    "left_more, 41",
    "right_more, 55",
    "left_moved, 32",
    "type_exists, 1",
    "type_absent, 0",
    "type_size, 88",
    "type_size_absent, 0",
    "type_typedef, 1",
    "matches_same, 1",
    "matches_other, 0",
    "value_dead, -9",
    "value_late, 3",
    "value_big, 0x123456789abcdef0",
    "value_exists, 1",
    "value_missing, 0"
  })
  void everyKindYieldsWhatTheKernelHas(String program, String expected) {
    assertEquals(Long.decode(expected), returned(EVERY_KIND, program));
  }

  @Test
  void typeIdsAreThoseOfEachSide() {
    assertEquals(
        EVERY_KIND_KERNEL_BTF.find("thing").getFirst().longValue(),
        returned(EVERY_KIND, "id_target"));
    Btf mine = Objects.requireNonNull(EVERY_KIND.btf());
    assertEquals(mine.find("thing").getFirst().longValue(), returned(EVERY_KIND, "id_local"));
  }

  @Test
  void whatTheKernelLacksBecomesAnInvalidCallThatSaysWhat() {
    BpfObject object =
        object(
            """
            struct thing { int pad; int gone; } CORE;
            SEC("xdp") int f(struct thing *t) { return t->gone; }
            """,
            kernel("struct thing { int other; } t;"));
    BpfObject.ProgramDefinition program = object.program("f").orElseThrow();
    assertEquals(new Insn(0x85, 0, 0, 0, POISON), program.insns().getFirst());
    String poisoned = program.poisoned().getOrDefault(0, "");
    assertTrue(
        poisoned.matches(
            "failed to resolve CO-RE relocation <byte_off> \\[\\d+] struct thing\\.gone \\(0:1 @"
                + " offset 4\\)"),
        poisoned);
  }

  @ParameterizedTest
  @CsvSource({
    "unsigned int, unsigned long long, 0x79",
    "unsigned int, unsigned short, 0x69",
    "unsigned long long, unsigned char, 0x71",
    "void *, int *, 0x79",
    "int, int, 0x81",
    "int, long long, 0x85",
    "unsigned int, long long, 0x85",
    "unsigned int, struct s, 0x85"
  })
  void loadsFollowTheFieldsSizeWhereZeroExtensionIsRight(String mine, String theirs, String code) {
    BpfObject object =
        object(
            """
            struct thing { char pad; %s x; } CORE;
            SEC("xdp") long f(struct thing *t) { return (long)t->x; }
            """
                .formatted(mine),
            kernel(
                "struct s { int a; }; struct thing { long pad[2]; %s x; } t;".formatted(theirs)));
    Insn first = object.program("f").orElseThrow().insns().getFirst();
    // A struct is no candidate for an integer at all; a signed integer is, but its load is wrong.
    assertEquals(Integer.decode(code), first.code());
    assertEquals(
        first.code() == 0x85 ? POISON : 16, first.code() == 0x85 ? first.imm() : first.off());
  }

  @Test
  void candidatesThatDisagreeAreAnError() {
    BadInputException e =
        assertThrows(
            BadInputException.class,
            () ->
                object(
                    """
                    struct thing { int x; } CORE;
                    SEC("xdp") long f(struct thing *t) { return t->x; }
                    """,
                    kernel("struct thing { int x; } a; struct thing___2 { long p; int x; } b;")));
    assertEquals("prog 'f': relo #0: field offset ambiguity: 64 != 0", e.what());
  }

  @Test
  void aProgramBehindAQuestionMarkSpoilsNothing() {
    BpfObject object =
        object(
            """
            struct thing { int x; } CORE;
            struct fine { int x; } CORE;
            SEC("?xdp") long f(struct thing *t) { return t->x; }
            SEC("?tc") long g(struct fine *t) { return t->x; }
            SEC("xdp") long h(void *ctx) { return 0; }
            """,
            kernel(
                """
                struct thing { int x; } a; struct thing___2 { long p; int x; } b;
                struct fine { long p; int x; } c;
                """));
    assertEquals(POISON, object.program("f").orElseThrow().insns().getFirst().imm());
    assertEquals(8, object.program("g").orElseThrow().insns().getFirst().off());
  }

  @Test
  void flavoursThatAgreeAreNone() {
    BpfObject object =
        object(
            """
            struct thing { int x; } CORE;
            SEC("xdp") long f(struct thing *t) { return t->x; }
            """,
            kernel("struct thing { int p, x; } a; struct thing___2 { int q, x; } b;"));
    assertEquals(4, object.program("f").orElseThrow().insns().getFirst().off());
  }

  @Test
  void offsetsOfRandomStructsAreThoseThatClangGives() {
    long seed = Long.getLong("ringside.fuzz.seed", System.nanoTime());
    Random random = new Random(seed);
    RandomStructs structs = new RandomStructs(random, 60);
    Btf kernel = kernel(structs.kernel());
    BpfObject expected =
        ObjectReader.parse("e.o", Programs.compileText("e", MACROS + structs.expectations()));
    BpfObject object = object(structs.program(), kernel);
    List<String> wrong = new ArrayList<>();
    for (BpfObject.ProgramDefinition program : expected.programs()) {
      long want = returned(expected, program.name());
      long got = returned(object, program.name());
      if (want != got) {
        wrong.add(program.name() + ": " + got + ", not " + want);
      }
    }
    assertEquals(List.of(), wrong, "-Dringside.fuzz.seed=" + seed);
    assertTrue(expected.programs().size() > 100);
  }
}
