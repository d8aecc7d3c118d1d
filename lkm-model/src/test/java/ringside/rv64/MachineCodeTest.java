package ringside.rv64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static ringside.rv64.TestMachine.CODE;
import static ringside.rv64.TestMachine.DATA;
import static ringside.rv64.TestMachine.KERNEL_FUNCTION;
import static ringside.rv64.isa.Encoder.encode;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import ringside.kernel.cpu.CpuTrap;
import ringside.kernel.cpu.RegisterFile;
import ringside.kernel.mm.Access;
import ringside.kernel.mm.MemoryFault;
import ringside.kernel.mm.PageTable;
import ringside.rv64.isa.Op;

class MachineCodeTest {
  private static final int RA = 1;
  private static final int SP = 2;
  private static final int T0 = 5;
  private static final int S0 = 8;
  private static final int A0 = 10;
  private static final int A1 = 11;
  private static final int RET = encode(Op.JALR, 0, RA, 0, 0);

  private static int li(int rd, int value) {
    return encode(Op.ADDI, rd, 0, 0, value);
  }

  @ParameterizedTest
  @EnumSource
  void aLeafFunctionReturnsItsResult(TestMachine.Mode mode) {
    try (TestMachine machine = mode.machine()) {
      machine.load(CODE, encode(Op.ADD, A0, A0, A1, 0), RET);
      for (int i = 0; i < 50; i++) {
        assertEquals(5 + i, machine.call(CODE, 5, i));
      }
      assertEquals(100, machine.retired);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aLoopSumsBytes(TestMachine.Mode mode) {
    try (TestMachine machine = mode.machine()) {
      for (int i = 0; i < 4096; i++) {
        machine.memory().writeByte(DATA + i, (byte) i);
      }
      machine.load(
          CODE,
          li(T0, 0),
          encode(Op.ADD, A1, A1, A0, 0),
          encode(Op.LBU, 12, A0, 0, 0),
          encode(Op.ADDI, A0, A0, 0, 1),
          encode(Op.ADD, T0, T0, 12, 0),
          encode(Op.BNE, 0, A0, A1, -12),
          encode(Op.ADDI, A0, T0, 0, 0),
          RET);
      for (int i = 0; i < 30; i++) {
        assertEquals(16 * 255 * 128, machine.call(CODE, DATA, 4096));
      }
      assertEquals(30 * (4 + 4 * 4096), machine.retired);
    }
  }

  @ParameterizedTest
  @EnumSource
  void callsNestAndReturn(TestMachine.Mode mode) {
    try (TestMachine machine = mode.machine()) {
      // long fact(long n) { return n == 0 ? 1 : n * fact(n - 1); }
      machine.load(
          CODE,
          encode(Op.BEQ, 0, A0, 0, 40),
          encode(Op.ADDI, SP, SP, 0, -16),
          encode(Op.SD, 0, SP, RA, 0),
          encode(Op.SD, 0, SP, S0, 8),
          encode(Op.ADDI, S0, A0, 0, 0),
          encode(Op.ADDI, A0, A0, 0, -1),
          encode(Op.JAL, RA, 0, 0, -24),
          encode(Op.MUL, A0, A0, S0, 0),
          encode(Op.JAL, 0, 0, 0, 12),
          0,
          encode(Op.JAL, 0, 0, 0, 20),
          encode(Op.LD, RA, SP, 0, 0),
          encode(Op.LD, S0, SP, 0, 8),
          encode(Op.ADDI, SP, SP, 0, 16),
          RET,
          li(A0, 1),
          RET);
      for (int i = 0; i < 20; i++) {
        assertEquals(3628800, machine.call(CODE, 10));
      }
      // Deeper than the host's stack is allowed to follow.
      long expected = 1;
      for (int i = 1; i <= 900; i++) {
        expected *= i;
      }
      for (int i = 0; i < 5; i++) {
        assertEquals(expected, machine.call(CODE, 900));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aKernelFunctionSeesRegistersAndStackArguments(TestMachine.Mode mode) {
    try (TestMachine machine = mode.machine()) {
      machine.define(KERNEL_FUNCTION, args -> args.get(0) * 100 + args.get(7) * 10 + args.get(8));
      long distance = KERNEL_FUNCTION - (CODE + 20);
      machine.load(
          CODE,
          encode(Op.ADDI, SP, SP, 0, -32),
          encode(Op.SD, 0, SP, RA, 24),
          encode(Op.SD, 0, SP, A1, 0),
          li(17, 4),
          li(S0, 7),
          encode(Op.AUIPC, T0, 0, 0, distance + 0x800 & ~0xfffL),
          encode(Op.JALR, RA, T0, 0, distance << 52 >> 52),
          encode(Op.ADD, A0, A0, S0, 0),
          encode(Op.LD, RA, SP, 0, 24),
          encode(Op.ADDI, SP, SP, 0, 32),
          RET);
      for (int i = 0; i < 20; i++) {
        assertEquals(352, machine.call(CODE, 3, 5));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aNestedCallBackLeavesTheInterruptedRegistersAlone(TestMachine.Mode mode) {
    try (TestMachine machine = mode.machine()) {
      long callback = CODE + 0x1000;
      machine.load(callback, li(S0, 99), encode(Op.ADDI, A0, SP, 0, 0), RET);
      machine.define(KERNEL_FUNCTION, args -> machine.cpu().call(callback) - args.get(0));
      machine.load(
          CODE,
          encode(Op.ADDI, SP, SP, 0, -16),
          encode(Op.SD, 0, SP, RA, 8),
          li(S0, 7),
          encode(Op.ADDI, T0, A0, 0, 0),
          encode(Op.ADDI, A0, SP, 0, 0),
          encode(Op.JALR, RA, T0, 0, 0),
          encode(Op.ADD, A0, A0, S0, 0),
          encode(Op.LD, RA, SP, 0, 8),
          encode(Op.ADDI, SP, SP, 0, 16),
          RET);
      for (int i = 0; i < 20; i++) {
        assertEquals(7, machine.call(CODE, KERNEL_FUNCTION));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFaultLeavesThePreciseStateOfTheInnermostFunction(TestMachine.Mode mode) {
    try (TestMachine machine = mode.machine()) {
      machine.load(
          CODE,
          li(S0, 1),
          encode(Op.JAL, RA, 0, 0, 8),
          RET,
          li(A1, 0x55),
          encode(Op.LD, A1, A0, 0, 0x10),
          li(A1, 0x66),
          RET);
      for (int i = 0; i < 20; i++) {
        MemoryFault fault =
            assertThrows(MemoryFault.class, () -> machine.call(CODE, 0xffffffc800000000L));
        assertEquals(0xffffffc800000010L, fault.address());
        assertEquals(Access.READ, fault.access());
        RegisterFile registers = machine.cpu().registers();
        assertEquals(CODE + 16, registers.pc());
        assertEquals(0x55, registers.x()[A1]);
        assertEquals(1, registers.x()[S0]);
        assertEquals(CODE + 8, registers.x()[RA]);
        assertEquals(0x200000120L, registers.status());
        // li, jal, li have retired; the load has not.
        assertEquals(3L * (i + 1), machine.retired);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void kernelCodeMayNotTouchUserPagesUnlessSumIsSet(TestMachine.Mode mode) {
    try (TestMachine machine = mode.machine()) {
      machine.memory().writeLong(TestMachine.USER, 42);
      machine.load(CODE, encode(Op.LD, A0, A0, 0, 0), RET);
      assertThrows(MemoryFault.class, () -> machine.call(CODE, TestMachine.USER));
      machine.load(
          CODE + 0x100,
          encode(Op.LUI, T0, 0, 0, 1 << 18),
          encode(Op.CSRRS, 0, T0, 0, 0x100),
          encode(Op.LD, A0, A0, 0, 0),
          encode(Op.CSRRC, 0, T0, 0, 0x100),
          RET);
      assertEquals(42, machine.call(CODE + 0x100, TestMachine.USER));
      assertThrows(MemoryFault.class, () -> machine.call(CODE, TestMachine.USER));
    }
  }

  @ParameterizedTest
  @EnumSource
  void jumpingToWhereNoCodeIsTrapsWithThatPc(TestMachine.Mode mode) {
    try (TestMachine machine = mode.machine()) {
      machine.load(CODE, encode(Op.ADDI, T0, RA, 0, 0), encode(Op.JALR, RA, A0, 0, 0), RET);
      for (long wild : new long[] {0, 0xdeadbeef, DATA, -4096, CODE + 0x1000000}) {
        CpuTrap trap = assertThrows(CpuTrap.class, () -> machine.call(CODE, wild));
        assertEquals(CpuTrap.Cause.INSTRUCTION_PAGE_FAULT, trap.cause());
        assertEquals(wild & -2, trap.pc());
        assertEquals(wild & -2, machine.cpu().registers().pc());
        assertEquals(CODE + 8, machine.cpu().registers().x()[RA]);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void trapsNameTheirCauseAndPlace(TestMachine.Mode mode) {
    try (TestMachine machine = mode.machine()) {
      machine.load(CODE, li(A0, 3), encode(Op.EBREAK, 0, 0, 0, 0), RET);
      CpuTrap bug = assertThrows(CpuTrap.class, () -> machine.call(CODE));
      assertEquals(CpuTrap.Cause.BREAKPOINT, bug.cause());
      assertEquals(CODE + 4, bug.pc());
      assertEquals(3, machine.cpu().registers().x()[A0]);
      machine.load(CODE + 0x100, 0xffffffff, RET);
      CpuTrap illegal = assertThrows(CpuTrap.class, () -> machine.call(CODE + 0x100));
      assertEquals(CpuTrap.Cause.ILLEGAL_INSTRUCTION, illegal.cause());
      assertEquals(0xffffffffL, illegal.value());
      assertEquals(CODE + 0x100, machine.cpu().registers().pc());
    }
  }

  @ParameterizedTest
  @EnumSource
  void invalidatedCodeIsReadAgain(TestMachine.Mode mode) {
    try (TestMachine machine = mode.machine()) {
      machine.load(CODE, encode(Op.ADDI, T0, RA, 0, 0), encode(Op.JAL, RA, 0, 0, 12));
      machine.load(CODE + 8, encode(Op.JALR, 0, T0, 0, 0), 0, li(A0, 1), RET);
      for (int i = 0; i < 20; i++) {
        assertEquals(1, machine.call(CODE));
      }
      machine.load(CODE + 16, li(A0, 2));
      machine.cpu().flushInstructionCache(CODE + 16, CODE + 20);
      for (int i = 0; i < 20; i++) {
        assertEquals(2, machine.call(CODE));
      }
      machine.modules().unmap(CODE);
      machine.cpu().flushInstructionCache(CODE, CODE + PageTable.PAGE_SIZE);
      CpuTrap gone = assertThrows(CpuTrap.class, () -> machine.call(CODE));
      assertEquals(CpuTrap.Cause.INSTRUCTION_PAGE_FAULT, gone.cause());
    }
  }

  @ParameterizedTest
  @EnumSource
  void anEndlessLoopGivesTheMachineControl(TestMachine.Mode mode) {
    try (TestMachine machine = mode.machine()) {
      machine.load(CODE, encode(Op.ADDI, A0, A0, 0, 1), encode(Op.JAL, 0, 0, 0, -4));
      machine.onRetire =
          _ -> {
            if (machine.retired > 10_000_000) {
              throw new IllegalStateException("hang");
            }
          };
      assertThrows(IllegalStateException.class, () -> machine.call(CODE, 0));
      RegisterFile registers = machine.cpu().registers();
      assertEquals(CODE, registers.pc());
      assertEquals(machine.retired, 2 * registers.x()[A0]);
    }
  }

  @ParameterizedTest
  @EnumSource
  void clearingSieShowsAsDisabledInterrupts(TestMachine.Mode mode) {
    try (TestMachine machine = mode.machine()) {
      machine.load(CODE, encode(Op.CSRRCI, A0, 2, 0, 0x100), RET);
      assertEquals(0x200000002L, machine.call(CODE));
      assertEquals(false, machine.cpu().interruptsEnabled());
      machine.load(CODE + 16, encode(Op.CSRRSI, A0, 2, 0, 0x100), RET);
      assertEquals(0x200000000L, machine.call(CODE + 16));
      assertEquals(true, machine.cpu().interruptsEnabled());
    }
  }
}
