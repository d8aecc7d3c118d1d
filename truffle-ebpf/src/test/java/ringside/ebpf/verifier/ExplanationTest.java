package ringside.ebpf.verifier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class ExplanationTest {
  private static final String NULL_LOG =
      """
      0: R1=ctx() R10=fp0
      ; value = bpf_map_lookup_elem(&counts, &key); @ counter.c:12
      4: (85) call bpf_map_lookup_elem#1    ; R0=map_value_or_null(id=1,map=counts,ks=4,vs=8)
      ; *value += 1; @ counter.c:13
      5: (79) r1 = *(u64 *)(r0 +0)
      R0 invalid mem access 'map_value_or_null'
      processed 5 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
      """;

  @Test
  void namesTheSourceLineAndTheRegister() {
    Explanation e = Explanation.of(NULL_LOG);
    assertNotNull(e);
    assertEquals("counter.c:13: *value += 1; (instruction 5)", e.where());
    assertEquals("R0 was map_value_or_null(id=1,map=counts,ks=4,vs=8)", e.known());
    assertTrue(e.missing().contains("R0 is a pointer that may be NULL"), e.missing());
    assertTrue(e.fix().contains("if (!p)"), e.fix());
  }

  @Test
  void explainsAPacketThatMayBeTooShort() {
    Explanation e =
        Explanation.of(
            """
            2: (71) r0 = *(u8 *)(r2 +0)
            invalid access to packet, off=0 size=1, R2(id=0,off=0,r=0)
            R2 offset is outside of the packet
            """);
    assertNotNull(e);
    assertTrue(e.fix().contains("data_end"), e.fix());
    assertEquals("instruction 2", e.where());
  }

  @Test
  void tellsTheDecisionsThatLeadThere() {
    Explanation e =
        Explanation.of(
            """
            ; if (n > 3) @ count.c:7
            1: (25) if r2 > 0x3 goto pc+4         ; R2=scalar(umax=3)
            ; if (!p) @ count.c:8
            2: (15) if r1 == 0x0 goto pc+2 5: R1=0 R10=fp0
            5: (79) r0 = *(u64 *)(r1 +0)
            R1 invalid mem access 'scalar'
            processed 5 insns
            """);
    assertNotNull(e);
    assertEquals(
        List.of("count.c:7: if (n > 3) (not r2 > 0x3)", "count.c:8: if (!p) (r1 == 0x0)"),
        e.path());
    assertTrue(e.text().contains("path: count.c:8"), e.text());
  }

  @Test
  void saysNothingOfAnAcceptedProgram() {
    assertNull(Explanation.of("processed 2 insns (limit 1000000)\n"));
  }
}
