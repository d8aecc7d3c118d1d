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
import org.junit.jupiter.params.provider.EnumSource;
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

  @ParameterizedTest
  @EnumSource
  void everyRandomInstructionSurvivesTextAndBack(Syntax syntax) {
    long seed = seed();
    Random random = new Random(seed);
    Disassembler source = Disassembler.source(syntax);
    for (Instruction row : InstructionSet.ROWS) {
      for (int i = 0; i < 20; i++) {
        List<Insn> insns = random(row, random);
        String text = source.text(insns, 0);
        assertEquals(insns, Assembler.assemble(text, syntax), text + " seed " + seed);
        assertEquals(text, source.text(Assembler.assemble(text, syntax), 0));
        assertEquals(insns, Insn.decodeAll(Insn.encodeAll(insns)));
        Instruction found = InstructionSet.find(insns.get(0));
        assertNotNull(found);
        assertEquals(row.op(), found.op());
        assertTrue(row.reservedClear(insns.get(0)));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyRandomProgramSurvivesTextAndBack(Syntax syntax) {
    long seed = seed();
    Random random = new Random(seed);
    Disassembler source = Disassembler.source(syntax);
    for (int i = 0; i < 50; i++) {
      List<Insn> insns = new ArrayList<>();
      for (int n = random.nextInt(40); n >= 0; n--) {
        insns.addAll(
            random(InstructionSet.ROWS.get(random.nextInt(InstructionSet.ROWS.size())), random));
      }
      StringBuilder text = new StringBuilder();
      for (int at = 0; at < insns.size(); at += insns.get(at).isWide() ? 2 : 1) {
        text.append(source.text(insns, at)).append('\n');
      }
      assertEquals(insns, Assembler.assemble(text.toString(), syntax), text + "seed " + seed);
    }
  }

  private static long seed() {
    long seed = Long.getLong("ringside.fuzz.seed", new Random().nextLong());
    System.out.println("-Dringside.fuzz.seed=" + seed);
    return seed;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mov %r0, 1 | r0 = 1",
        "mov32 %r0, %r1 | w0 = w1",
        "ldxw %r0, [%r1+4] | r0 = *(u32 *)(r1 + 4)",
        "ldxsb %r0, [%r1] | r0 = *(s8 *)(r1 + 0)",
        "stxdw [%r10-8], %r1 | *(u64 *)(r10 - 8) = r1",
        "sth [%r1+2], 0x1122 | *(u16 *)(r1 + 2) = 0x1122",
        "lddw %r1, 0x1122334455667788 | r1 = 0x1122334455667788 ll",
        "jeq %r1, 7, +2 | if r1 == 7 goto +2",
        "jslt32 %r1, %r2, -3 | if w1 s< w2 goto -3",
        "ja32 +70000 | gotol +70000",
        "lock fetch add32 [%r1+0], %r2 | r2 = atomic_fetch_add((u32 *)(r1 + 0), r2)",
        "lock cmpxchg [%r10-8], %r1 # old in r0 | r0 = cmpxchg_64(r10 - 8, r0, r1)",
        "movsx832 %r0, %r1 | w0 = (s8)w1",
        "swap32 %r3 | r3 = bswap32 r3",
        "be16 %r3 | r3 = be16 r3",
        "sdiv %r3, -1 | r3 s/= -1",
        "call 5 | call 5",
        "call %r2 | callx r2",
        "ldindw %r2, 4 | r0 = *(u32 *)skb[r2 + 4]"
      })
  void bothSyntaxesMeanTheSame(String mnemonic, String c) {
    assertEquals(Assembler.assemble(c), Assembler.assemble(mnemonic, Syntax.MNEMONIC));
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
  void saysWhatIsWrongAndWhere() {
    assertRefused("r0 = 1\n  r11 = 2", "line 2, column 3: there is no register r11, only 0 to 10");
    assertRefused("goto nowhere", "line 1, column 6: no label 'nowhere'");
    assertRefused("r1 = ~5", "line 1, column 6: cannot read '~5'");
    assertRefused("a: a: exit", "line 1, column 4: label a is set twice");
    assertRefused("goto pc+40000", "line 1, column 9: 40000 does not fit in 16 bits");
    assertRefused("frob r1", "line 1, column 1: no instruction begins with 'frob'");
    assertRefused("r1 += ", "line 1, column 6: 'r1 +=' ends before the instruction does");
    assertRefused("exit 5", "line 1, column 6: '5' does not belong here in 'exit 5'");
  }

  private static void assertRefused(String source, String message) {
    AssemblyException e = assertThrows(AssemblyException.class, () -> Assembler.assemble(source));
    assertEquals(message, e.getMessage());
  }

  static List<Insn> random(Instruction row, Random random) {
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
