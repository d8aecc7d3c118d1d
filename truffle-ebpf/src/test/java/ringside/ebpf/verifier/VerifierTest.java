package ringside.ebpf.verifier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.map.MapType;

/** The first things anyone learns about the verifier. */
class VerifierTest {
  private static final MapDescriptor HASH = MapDescriptor.of(MapType.HASH, 4, 8, 16);

  private static VerifierResult verify(String hex, MapDescriptor... maps) {
    List<Insn> insns = Insn.decodeAll(HexFormat.of().parseHex(hex.replaceAll("\\s", "")));
    return Lab.verify(ProgramType.XDP, insns, List.of(maps), 1);
  }

  @Test
  void acceptsAProgramThatOnlyReturns() {
    VerifierResult result = verify("b700000002000000 9500000000000000");
    assertTrue(result.ok(), result.log());
    assertEquals(2, result.insnsProcessed());
  }

  @Test
  void rejectsAnUninitialisedReturnValue() {
    VerifierResult result = verify("9500000000000000");
    assertEquals(13, result.errno());
    assertTrue(result.log().contains("\nR0 !read_ok\n"), result.log());
  }

  @Test
  void rejectsAPacketReadWithoutBoundsCheck() {
    // r2 = ctx->data; r0 = *(u8 *)(r2 + 0); exit
    VerifierResult result = verify("6112000000000000 7120000000000000 9500000000000000");
    assertFalse(result.ok());
    assertTrue(
        result.log().contains("invalid access to packet, off=0 size=1, R2(id=0,off=0,r=0)\n"),
        result.log());
    assertTrue(result.log().contains("R2 offset is outside of the packet\n"), result.log());
  }

  @Test
  void rejectsAMapValueThatMayBeNull() {
    // *(u32 *)(r10 - 4) = 0; r2 = r10; r2 += -4; r1 = map; call lookup; r0 = *(u64 *)(r0 + 0)
    VerifierResult result =
        verify(
            "620afcff00000000 bfa2000000000000 07020000fcffffff 1811000000000000"
                + " 0000000000000000 8500000001000000 7900000000000000 9500000000000000",
            HASH);
    assertFalse(result.ok());
    assertTrue(result.log().contains("R0 invalid mem access 'map_value_or_null'\n"), result.log());
  }

  @Test
  void rejectsAnEndlessLoop() {
    // l: goto l
    VerifierResult result = verify("b700000000000000 0500ffff00000000 9500000000000000");
    assertFalse(result.ok());
    assertTrue(result.log().contains("unreachable insn 2\n"), result.log());
  }

  @Test
  void removesBranchesThatAreNeverTaken() {
    // r0 = 2; if r0 == 2 goto +1; r0 += 1; exit
    VerifierResult result =
        verify("b700000002000000 1500010002000000 0700000001000000 9500000000000000");
    assertTrue(result.ok(), result.log());
    assertEquals(2, result.insns().size());
  }
}
