package ringside.ebpf.object;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.ebpf.Programs;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.map.MapBtf;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.map.MapType;
import ringside.format.BadInputException;

class ObjectMapsTest {
  private static final String START =
      """
      #include <linux/bpf.h>
      #include <bpf/bpf_helpers.h>
      """;
  private static final String PROGRAM = "SEC(\"xdp\") int prog(void *ctx) { return 0; }\n";

  private static BpfObject read(String source) {
    return ObjectReader.parse("maps.bpf.o", Programs.compileText("maps", START + source));
  }

  private static MapDescriptor shape(BpfObject object, String map) {
    return object.map(map).orElseThrow().shape();
  }

  @Test
  void everyAttributeOfABtfMapArrives() {
    BpfObject object =
        read(
            """
            struct value { int a; long b; };
            struct {
              __uint(type, BPF_MAP_TYPE_HASH);
              __type(key, int);
              __type(value, struct value);
              __uint(max_entries, 77);
              __uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE);
              __uint(numa_node, 3);
              __uint(pinning, 1);
            } full SEC(".maps");
            struct {
              __uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
              __uint(value_size, 12);
              __uint(max_entries, 5);
              __ulong(map_extra, 4);
            } bloom SEC(".maps");
            struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 5000); } ring SEC(".maps");
            struct {
              __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __type(key, int); __type(value, int);
            } events SEC(".maps");
            """
                + PROGRAM);
    MapDescriptor full = shape(object, "full");
    assertEquals(MapType.HASH, full.type());
    assertEquals(
        List.of(4, 16, 77, 5, 3),
        List.of(
            full.keySize(), full.valueSize(), full.maxEntries(), full.flags(), full.numaNode()));
    MapBtf types = full.btf();
    assertNotNull(types);
    assertEquals("int", types.btf().describe(types.keyTypeId()));
    assertEquals("struct value", types.btf().describe(types.valueTypeId()));
    assertTrue(object.map("full").orElseThrow().pinned());
    assertEquals(4, shape(object, "bloom").mapExtra());
    assertEquals(12, shape(object, "bloom").valueSize());
    assertEquals(8192, shape(object, "ring").maxEntries());
    assertEquals(1, shape(object, "events").maxEntries());
    assertNull(shape(object, "events").btf());
  }

  @Test
  void mapsOfMapsAndArraysOfProgramsHaveTheirInitialElements() {
    BpfObject object =
        read(
            """
            struct inner {
              __uint(type, BPF_MAP_TYPE_ARRAY); __type(key, int); __type(value, long);
              __uint(max_entries, 2);
            } one SEC(".maps"), two SEC(".maps");
            struct {
              __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
              __uint(key_size, 4);
              __uint(max_entries, 4);
              __array(values, struct inner);
            } outer SEC(".maps") = { .values = { [1] = &two, [3] = &one } };
            int prog(void *ctx);
            struct {
              __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
              __uint(key_size, 4);
              __uint(max_entries, 3);
              __array(values, int (void *));
            } calls SEC(".maps") = { .values = { [2] = (void *)&prog } };
            """
                + PROGRAM);
    BpfObject.MapDefinition outer = object.map("outer").orElseThrow();
    assertEquals(
        List.of(new BpfObject.Slot(1, "two"), new BpfObject.Slot(3, "one")), outer.slots());
    MapDescriptor template = outer.shape().inner();
    assertNotNull(template);
    assertEquals(
        List.of(4, 8, 2), List.of(template.keySize(), template.valueSize(), template.maxEntries()));
    assertEquals(List.of(new BpfObject.Slot(2, "prog")), object.map("calls").orElseThrow().slots());
  }

  @Test
  void dataSectionsAreMapsWithTheirContents() {
    BpfObject object =
        read(
            """
            int data = 5;
            int zero;
            static volatile int hidden_zero;
            const volatile int constant = 9;
            int own SEC(".data.own") = 6;
            static volatile int quiet SEC(".bss.quiet");
            SEC("xdp") int prog(void *ctx) {
              return data + zero + hidden_zero + constant + own + quiet;
            }
            """);
    assertArrayEquals(new byte[] {5, 0, 0, 0}, object.map(".data").orElseThrow().initial());
    assertNull(object.map(".bss").orElseThrow().initial());
    assertEquals(8, shape(object, ".bss").valueSize());
    MapDescriptor constants = shape(object, ".rodata");
    assertTrue(constants.frozen());
    assertEquals(0x480, constants.flags());
    assertEquals("maps.rodata", constants.name());
    assertEquals(".data.own", shape(object, ".data.own").name());
    assertEquals(0x400, shape(object, ".data").flags());
    assertEquals(0, shape(object, ".bss.quiet").flags());
    List<Insn> insns = object.program("prog").orElseThrow().insns();
    assertEquals(6, insns.stream().filter(i -> i.isWide() && i.src() == 2).count());
  }

  @Test
  void globalsInAnArenaGoIntoItsMap() {
    BpfObject object =
        read(
            """
            #define __arena __attribute__((address_space(1)))
            struct {
              __uint(type, BPF_MAP_TYPE_ARENA);
              __uint(map_flags, BPF_F_MMAPABLE);
              __uint(max_entries, 10);
              __ulong(map_extra, 0x100000000ULL);
            } arena SEC(".maps");
            int __arena first = 3;
            int __arena second = 4;
            SEC("syscall") int prog(void *ctx) { return second; }
            """);
    BpfObject.MapDefinition arena = object.map("arena").orElseThrow();
    assertArrayEquals(new byte[] {3, 0, 0, 0, 4, 0, 0, 0}, arena.initial());
    assertEquals(0x100000000L, arena.shape().mapExtra());
    List<Insn> insns = object.program("prog").orElseThrow().insns();
    assertEquals(2, insns.get(0).src());
    assertEquals(4, insns.get(1).imm());
  }

  private static final String LEGACY = "__attribute__((section(\"maps\"), used))\n";

  @Test
  void legacyMapsOfEachLoaderAreUnderstood() {
    BpfObject plain =
        read(
            "struct d { int type, key, value, max, flags; };\n"
                + LEGACY
                + "struct d a = { 1, 4, 8, 10, 1 };\n"
                + LEGACY
                + "struct d b = { 2, 4, 16, 20, 0 };\n"
                + "SEC(\"xdp\") int prog(void *ctx) { return (long)&b; }\n");
    assertEquals(
        List.of(2, 16, 20),
        List.of(
            shape(plain, "b").type().id(),
            shape(plain, "b").valueSize(),
            shape(plain, "b").maxEntries()));
    assertEquals(1, plain.program("prog").orElseThrow().insns().getFirst().imm());
    BpfObject samples =
        read(
            "struct d { int type, key, value, max, flags, inner, numa; };\n"
                + LEGACY
                + "struct d a = { 1, 4, 8, 10 };\n"
                + LEGACY
                + "struct d b = { 12, 4, 0, 20 };\n"
                + PROGRAM);
    MapDescriptor template = shape(samples, "b").inner();
    assertNotNull(template);
    assertEquals(8, template.valueSize());
    assertEquals(4, shape(samples, "b").valueSize());
    BpfObject iproute =
        read(
            "struct d { int type, key, value, max, flags, id, pinning, inner_id, inner_idx; };\n"
                + LEGACY
                + "struct d a = { 2, 4, 8, 10, 0, 7, 0, 0, 2 };\n"
                + LEGACY
                + "struct d b = { 12, 4, 4, 20, 0, 0, 2, 7 };\n"
                + PROGRAM);
    assertEquals(List.of(new BpfObject.Slot(2, "a")), iproute.map("b").orElseThrow().slots());
    assertTrue(iproute.map("b").orElseThrow().pinned());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          __uint(type, 1); __uint(nonsense, 2); | map 'm': unknown field 'nonsense'.
          __uint(max_entries, 2); | map 'm': map type isn't specified.
          __uint(type, 999); | map 'm': has no map type that Linux knows (999)
          int type; | map 'm': attr 'type': expected PTR, got int.
          __uint(type, 1); __uint(pinning, 5); | map 'm': invalid pinning value 5.
          __uint(type, 1); __type(key, int); __uint(key_size, 8); | map 'm': conflicting key size 4 != 8.
          __uint(type, 1); __array(values, int (void *)); | map 'm': should be map-in-map or prog-array.
          __uint(type, 3); __array(values, int); | map 'm': prog-array value def is of unexpected kind int.
          """)
  void whatIsWrongWithABtfMapIsSaidInLibbpfsWords(String fields, String message) {
    BadInputException e =
        assertThrows(
            BadInputException.class,
            () -> read("struct { " + fields + " } m SEC(\".maps\");\n" + PROGRAM));
    assertEquals(message, e.what());
  }

  @Test
  void structOpsAreRefusedByName() {
    BadInputException e =
        assertThrows(
            BadInputException.class,
            () ->
                read(
                    """
                    struct tcp_congestion_ops { void *init; };
                    SEC(".struct_ops") struct tcp_congestion_ops dctcp = { .init = (void *)1 };
                    """
                        + PROGRAM));
    assertEquals(
        "struct_ops init_kern: struct bpf_struct_ops_tcp_congestion_ops is not found in kernel BTF",
        e.what());
  }
}
