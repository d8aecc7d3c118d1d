package ringside.ebpf.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import ringside.ebpf.Programs;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.map.MapType;
import ringside.format.BadInputException;

class ObjectReaderTest {
  @Test
  void readsMapsProgramsLicenceAndBtf() {
    BpfObject object = Programs.object("filter");
    assertEquals("GPL", object.license());
    MapDescriptor hash = object.map("by_protocol").orElseThrow().shape();
    assertEquals(MapType.HASH, hash.type());
    assertEquals(List.of(4, 8, 64), List.of(hash.keySize(), hash.valueSize(), hash.maxEntries()));
    MapDescriptor constants = object.map(".rodata").orElseThrow().shape();
    assertEquals("filter.rodata", constants.name());
    assertTrue(constants.frozen());
    BpfObject.ProgramDefinition program = object.program("filter").orElseThrow();
    assertEquals(ProgramType.XDP, program.type());
    assertEquals(AttachType.XDP, program.attachType());
    assertEquals(
        List.of("filter", "count"), program.functions().stream().map(f -> f.name()).toList());
    assertTrue(program.lines().stream().anyMatch(l -> l.text().equals("seen++;")));
  }

  @Test
  void readsSectionNamesAsLibbpfDoes() {
    assertEquals("a/b", SectionName.of("tracepoint/a/b").orElseThrow().attachTo());
    assertEquals(ProgramType.KPROBE, SectionName.of("kprobe/do_exit").orElseThrow().type());
    assertEquals(AttachType.XDP_CPUMAP, SectionName.of("xdp/cpumap").orElseThrow().attachType());
    assertTrue(SectionName.of("xdpp").isEmpty());
    assertTrue(SectionName.of("kprobes/x").isEmpty());
  }

  @Test
  void noDamagedObjectGivesAnythingButAnError() {
    byte[] whole = Programs.compile("filter");
    for (int length : new int[] {0, 3, 40, 64, whole.length / 2, whole.length - 1}) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThrows(BadInputException.class, () -> ObjectReader.parse("cut.o", cut));
    }
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < 3000; i++) {
      byte[] damaged = whole.clone();
      for (int hits = random.nextInt(8); hits >= 0; hits--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      try {
        ObjectReader.parse("damaged.o", damaged);
      } catch (BadInputException expected) {
        assertTrue(expected.getMessage().startsWith("damaged.o"), expected.getMessage());
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed + ", object " + i, e);
      }
    }
  }
}
