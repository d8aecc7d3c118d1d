package ringside.ebpf.cbpf;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.kernel.layout.StructLayouts;

/** What {@code bpf_check_classic} refuses, and that the message says where. */
class FilterCheckTest {
  private static final SockFilter RET = SockFilter.stmt(0x06, -1);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "6 0 0 1 | ",
        "22 0 0 0 | ",
        "7 0 0 0, 6 0 0 0 | ",
        "0 0 0 0 | insn 0: the last instruction must be ret",
        "6 0 0 1, 5 0 0 0 | insn 1: jump to 2, the last instruction is 1",
        "255 0 0 0, 6 0 0 0 | insn 0: unknown opcode 0xff",
        "24 0 0 0, 6 0 0 0 | insn 0: unknown opcode 0x18",
        "33 0 0 0, 6 0 0 0 | insn 0: unknown opcode 0x21",
        "65535 0 0 0, 6 0 0 0 | insn 0: unknown opcode 0xffff",
        "52 0 0 0, 6 0 0 0 | insn 0: division by zero",
        "148 0 0 0, 6 0 0 0 | insn 0: division by zero",
        "60 0 0 0, 6 0 0 0 | ",
        "100 0 0 31, 6 0 0 0 | ",
        "100 0 0 32, 6 0 0 0 | 'insn 0: shift by 32, the largest is 31'",
        "116 0 0 4294967295, 6 0 0 0 | 'insn 0: shift by 4294967295, the largest is 31'",
        "2 0 0 15, 6 0 0 0 | ",
        "2 0 0 16, 6 0 0 0 | 'insn 0: scratch memory M[16], the last is M[15]'",
        "96 0 0 0, 6 0 0 0 | insn 0: M[0] is loaded but not stored on each way here",
        "2 0 0 3, 97 0 0 3, 6 0 0 0 | ",
        "21 0 1 5, 2 0 0 1, 96 0 0 1, 6 0 0 0 | insn 2: M[1] is loaded but not stored on each way"
            + " here",
        "21 0 2 5, 2 0 0 1, 5 0 0 1, 2 0 0 1, 96 0 0 1, 6 0 0 0 | ",
        "21 0 0 5, 6 0 0 0 | ",
        "21 1 0 5, 6 0 0 0 | 'insn 0: jump to 2, the last instruction is 1'",
        "21 0 255 5, 6 0 0 0 | 'insn 0: jump to 256, the last instruction is 1'",
        "5 0 0 4294967295, 6 0 0 0 | 'insn 0: jump back to 0, a filter goes forward only'",
        "32 0 0 4294963200, 6 0 0 0 | ",
        "48 0 0 4294963260, 6 0 0 0 | ",
        "32 0 0 4294963201, 6 0 0 0 | insn 0: unknown ancillary load SKF_AD_OFF + 1",
        "32 0 0 4294963264, 6 0 0 0 | insn 0: unknown ancillary load SKF_AD_OFF + 64",
        "64 0 0 4294963201, 6 0 0 0 | ",
        "32 0 0 4294963199, 6 0 0 0 | ",
      })
  void refusesWhatTheKernelRefuses(String rows, String complaint) {
    List<SockFilter> filter = FilterText.parse("test", rows.split(",", -1).length + "," + rows);
    if (complaint == null) {
      assertDoesNotThrow(() -> FilterCheck.check(filter));
    } else {
      FilterException e = assertThrows(FilterException.class, () -> FilterCheck.check(filter));
      assertEquals(22, e.errno());
      assertEquals(complaint.replace("'", ""), e.getMessage());
    }
  }

  @Test
  void takesUpTo4096Instructions() {
    List<SockFilter> longest = new ArrayList<>(Collections.nCopies(4096, RET));
    assertDoesNotThrow(() -> FilterCheck.check(longest));
    longest.add(RET);
    assertThrows(FilterException.class, () -> FilterCheck.check(longest));
    assertThrows(FilterException.class, () -> FilterCheck.check(List.of()));
  }

  @Test
  void aJumpThatIsTooLongAfterTranslationIsRefused() throws FilterException {
    List<SockFilter> filter = new ArrayList<>();
    filter.add(SockFilter.stmt(0x05, 4000));
    filter.addAll(Collections.nCopies(4000, SockFilter.stmt(0x20, 4)));
    filter.add(RET);
    FilterCheck.check(filter);
    SkbLayout layout = SkbLayout.of(StructLayouts.ofKernel());
    FilterException e =
        assertThrows(FilterException.class, () -> FilterConverter.convert(filter, layout));
    assertEquals(22, e.errno());
  }
}
