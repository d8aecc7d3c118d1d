package ringside.ebpf.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
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
  void aFileThatIsCutOffIsRefused() {
    byte[] whole = Programs.compile("filter");
    for (int length : new int[] {0, 3, 40, 64, whole.length / 2, whole.length - 1}) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThrows(BadInputException.class, () -> ObjectReader.parse("cut.o", cut));
    }
  }
}
