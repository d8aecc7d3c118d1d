package ringside.rv64.isa;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DecoderTest {
  @ParameterizedTest
  @EnumSource
  void everyRowDecodesToItselfWithItsOperands(Op op) {
    Random random = new Random(op.match());
    for (int i = 0; i < 200; i++) {
      int word = (random.nextInt() & ~op.mask()) | op.match();
      Instruction decoded = assertNotNull(op, word);
      assertEquals(op, decoded.op());
      assertEquals(4, decoded.length());
      // Ordering bits and reserved fields are read over, so they cannot come back.
      if (op.format() != Format.ATOMIC
          && op.format() != Format.LOAD_RESERVED
          && op.format() != Format.FENCE
          && op != Op.FENCE_I) {
        assertEquals(
            word,
            Encoder.encode(op, decoded.rd(), decoded.rs1(), decoded.rs2(), decoded.immediate()),
            () -> op + " 0x" + Integer.toHexString(word));
      }
    }
  }

  private static Instruction assertNotNull(Op op, int word) {
    Instruction decoded = Decoder.decode(word);
    org.junit.jupiter.api.Assertions.assertNotNull(
        decoded, () -> op + " 0x" + Integer.toHexString(word));
    return decoded;
  }

  @Test
  void noWordIsTwoInstructions() {
    for (Op a : Op.values()) {
      for (Op b : Op.values()) {
        if (a != b) {
          int common = a.mask() & b.mask();
          assertEquals(
              false, (a.match() & common) == (b.match() & common), () -> a + " overlaps " + b);
        }
      }
    }
  }

  @Test
  void aMatchHasNoBitsOutsideItsMask() {
    for (Op op : Op.values()) {
      assertEquals(0, op.match() & ~op.mask(), op::toString);
    }
    for (CompressedOp op : CompressedOp.values()) {
      assertEquals(0, op.match() & ~op.mask(), op::toString);
    }
  }

  @Test
  void everyCompressedRowIsReached() {
    for (CompressedOp op : CompressedOp.values()) {
      boolean reached = false;
      for (int half = 0; half < 1 << 16 && !reached; half++) {
        Instruction decoded = Decoder.isCompressed(half) ? Decoder.decode(half) : null;
        reached = decoded != null && op.matches(half) && decoded.equals(op.expand(half));
      }
      assertEquals(true, reached, op::toString);
    }
  }

  @Test
  void anExpandedInstructionIsOneThatCouldBeWrittenInFull() {
    for (int half = 0; half < 1 << 16; half++) {
      Instruction decoded = Decoder.isCompressed(half) ? Decoder.decode(half) : null;
      if (decoded != null) {
        int word =
            Encoder.encode(
                decoded.op(), decoded.rd(), decoded.rs1(), decoded.rs2(), decoded.immediate());
        Instruction full = Decoder.decode(word);
        assertEquals(
            new Instruction(
                decoded.op(),
                decoded.rd(),
                decoded.rs1(),
                decoded.rs2(),
                decoded.immediate(),
                4,
                word),
            full);
      }
    }
  }

  @Test
  void zeroAndAllOnesAreIllegal() {
    assertNull(Decoder.decode(0));
    assertNull(Decoder.decode(-1));
  }

  @Test
  void disassemblesAsObjdumpDoes() {
    // Encodings and texts of the unprivileged specification's assembly handbook.
    assertEquals("ret", Disassembler.disassemble(0x8082, 0));
    assertEquals("addi sp, sp, -0x10", Disassembler.disassemble(0x1141, 0));
    assertEquals("sd ra, 0x8(sp)", Disassembler.disassemble(0xe406, 0));
    assertEquals("slli a1, a0, 0x1", Disassembler.disassemble(0x00151593, 0));
    assertEquals("blez a1, 0x1a", Disassembler.disassemble(0x00b05863, 0xa));
    assertEquals("unimp", Disassembler.disassemble(0, 0));
    assertEquals("<unknown>", Disassembler.disassemble(-1, 0));
  }
}
