package ringside.ebpf.asm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Instruction;
import ringside.ebpf.isa.Instruction.Field;
import ringside.ebpf.isa.InstructionSet;

class AssemblerTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "b7 00 00 00 01 00 00 00 | (b7) r0 = 1",
        "07 01 00 00 f8 ff ff ff | (07) r1 += -8",
        "61 10 04 00 00 00 00 00 | (61) r0 = *(u32 *)(r1 +4)",
        "c6 01 03 00 07 00 00 00 | (c6) if w1 s< 0x7 goto pc+3",
        "db 21 00 00 00 00 00 00 | (db) lock *(u64 *)(r1 +0) += r2",
        "db 21 f8 ff 01 00 00 00 | (db) r2 = atomic64_fetch_add((u64 *)(r1 -8), r2)",
        "c3 21 f8 ff f1 00 00 00 | (c3) r0 = atomic_cmpxchg((u32 *)(r1 -8), r0, r2)",
        "85 00 00 00 01 00 00 00 | (85) call bpf_map_lookup_elem#1",
        "85 10 00 00 02 00 00 00 | (85) call pc+2",
        "bf 21 08 00 00 00 00 00 | (bf) r1 = (s8)r2",
        "3f 21 01 00 00 00 00 00 | (3f) r1 s/= r2",
        "dc 01 00 00 10 00 00 00 | (dc) r1 = be16 r1",
        "d7 01 00 00 40 00 00 00 | (d7) r1 = bswap64 r1",
        "87 03 00 00 00 00 00 00 | (87) r3 = -r3",
        "06 00 00 00 fe ff ff ff | (06) gotol pc-2",
        "e5 00 05 00 00 00 00 00 | (e5) may_goto pc+5",
        "91 12 ff ff 00 00 00 00 | (91) r2 = *(s8 *)(r1 -1)",
        "30 00 00 00 0c 00 00 00 | (30) r0 = *(u8 *)skb[12]",
        "48 60 00 00 0e 00 00 00 | (48) r0 = *(u16 *)skb[r6 + 14]",
        "a6 01 03 00 ff ff ff ff | (a6) if w1 < 0xffffffff goto pc+3",
        "95 00 00 00 00 00 00 00 | (95) exit"
      })
  void printsWhatTheKernelPrints(String hex, String text) {
    List<Insn> insns = List.of(Insn.decode(bytes(hex), 0));
    assertEquals(text, new Disassembler().line(insns, 0));
    assertEquals(insns, Assembler.assemble(text.substring(5)));
  }

  @Test
  void everyRandomInstructionSurvivesTextAndBack() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (Instruction row : InstructionSet.ROWS) {
      for (int i = 0; i < 20; i++) {
        List<Insn> insns = random(row, random);
        String text = new Disassembler().text(insns, 0);
        if (row.wide()) {
          if (insns.get(0).src() != 0) {
            continue; // the kernel's listing shows the address and not the form
          }
          text += " ll";
        }
        if (insns.get(0).code() == 0x85 && insns.get(0).src() == 2) {
          text = text.replace("call ", "call kfunc ");
        }
        assertEquals(insns, Assembler.assemble(text), text + " seed " + seed);
        assertEquals(insns, Insn.decodeAll(Insn.encodeAll(insns)));
        Instruction found = InstructionSet.find(insns.get(0));
        assertNotNull(found);
        assertEquals(row.op(), found.op());
        assertTrue(row.reservedClear(insns.get(0)));
      }
    }
  }

  @Test
  void everyNumberHasItsRow() {
    for (int op = 0; op < InstructionSet.ROWS.size(); op++) {
      assertEquals(op, InstructionSet.ROWS.get(op).op());
    }
  }

  @Test
  void labelsResolveForwardsAndBackwards() {
    List<Insn> insns =
        Assembler.assemble(
            """
            start:
              r1 = map_fd(2)        ; two slots
              if r0 == 0 goto out   // forwards
              goto start
            out: exit
            """);
    assertEquals(1, insns.get(2).off());
    assertEquals(-4, insns.get(3).off());
    assertEquals(1, insns.get(0).src());
  }

  @Test
  void readsWhatLlvmPrints() {
    assertEquals(
        Assembler.assemble("r2 = atomic64_xchg((u64 *)(r1 +8), r2)"),
        Assembler.assemble("r2 = xchg_64(r1 + 0x8, r2)"));
    assertEquals(
        Assembler.assemble("r1 = *(u32 *)(r2 +0)"), Assembler.assemble("w1 = *(u32 *)(r2 + 0x0)"));
    assertEquals(
        Assembler.assemble("if w1 s< 7 goto pc+3"),
        Assembler.assemble("if w1 s< 0x7 goto +0x3 <LBB0_2>"));
  }

  @Test
  void saysWhatIsWrong() {
    assertRefused("r0 = 1\nr11 = 2", "line 2: no instruction 'r11 = 2'");
    assertRefused("goto nowhere", "line 1: no label 'nowhere'");
    assertRefused("r1 = ~5", "line 1: cannot read '~5'");
    assertRefused("a: a: exit", "line 1: label a is set twice");
    assertRefused("goto pc+40000", "line 1: no instruction 'goto pc + 40000'");
  }

  private static void assertRefused(String source, String message) {
    AssemblyException e = assertThrows(AssemblyException.class, () -> Assembler.assemble(source));
    assertEquals(message, e.getMessage());
  }

  private static List<Insn> random(Instruction row, Random random) {
    int[] f = new int[4];
    for (Field field : row.operands()) {
      f[List.of(Field.values()).indexOf(field)] =
          switch (field) {
            case DST, SRC -> random.nextInt(11);
            case OFF -> (short) random.nextInt();
            case IMM -> random.nextInt();
          };
    }
    row.fixed().forEach((field, value) -> f[List.of(Field.values()).indexOf(field)] = value);
    List<Insn> insns = new ArrayList<>();
    insns.add(new Insn(row.code(), f[0], f[1], f[2], f[3]));
    if (row.wide()) {
      insns.add(Insn.wideSecond(random.nextLong()));
    }
    return insns;
  }

  private static byte[] bytes(String hex) {
    String[] parts = hex.strip().split(" ", -1);
    byte[] bytes = new byte[parts.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) Integer.parseInt(parts[i], 16);
    }
    return bytes;
  }
}
