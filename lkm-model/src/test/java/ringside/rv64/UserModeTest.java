package ringside.rv64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static ringside.rv64.TestMachine.USER;
import static ringside.rv64.isa.Encoder.encode;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import ringside.kernel.cpu.CpuTrap;
import ringside.kernel.cpu.UserContext;
import ringside.kernel.cpu.UserExit;
import ringside.kernel.mm.MemoryFault;
import ringside.kernel.vm.GuestContext;
import ringside.rv64.isa.Op;

class UserModeTest {
  private static final int ECALL = encode(Op.ECALL, 0, 0, 0, 0);
  private static final int A0 = 10;
  private static final int A7 = 17;

  private static UserExit run(TestMachine machine, UserContext context, long budget) {
    try (GuestContext.Scope _ = machine.guest().enter()) {
      return machine.cpu().runUser(context, budget);
    }
  }

  private static UserContext at(long pc) {
    UserContext context = new UserContext();
    context.pc = pc;
    return context;
  }

  @ParameterizedTest
  @EnumSource
  void ecallComesBackWithItsPcAndArguments(TestMachine.Mode mode) {
    try (TestMachine machine = mode.machine()) {
      machine.load(
          USER,
          encode(Op.ADDI, A7, 0, 0, 172),
          ECALL,
          encode(Op.ADDI, A0, A0, 0, 1),
          encode(Op.JAL, 0, 0, 0, -12));
      UserContext context = at(USER);
      for (int i = 0; i < 50; i++) {
        assertEquals(UserExit.SYSCALL, run(machine, context, 1000));
        assertEquals(USER + 4, context.pc);
        assertEquals(172, context.x[A7]);
        assertEquals(i, context.x[A0]);
        context.pc += 4;
      }
      assertEquals(2 + 49 * 4, machine.retired);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aLoopIsPreemptedWhenItsBudgetIsUsedUp(TestMachine.Mode mode) {
    try (TestMachine machine = mode.machine()) {
      machine.load(USER, encode(Op.ADDI, A0, A0, 0, 1), encode(Op.JAL, 0, 0, 0, -4));
      UserContext context = at(USER);
      for (int i = 1; i <= 20; i++) {
        assertEquals(UserExit.PREEMPTED, run(machine, context, 5000));
        assertEquals(USER, context.pc);
        assertEquals(machine.retired, 2 * context.x[A0]);
        // Late by at most what the rounds of a loop between two polls may hold.
        assertTrue(machine.retired >= 5000L * i && machine.retired <= 5048L * i);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void kernelMemoryAndPrivilegedInstructionsTrap(TestMachine.Mode mode) {
    try (TestMachine machine = mode.machine()) {
      machine.load(USER, encode(Op.LD, A0, A0, 0, 0), ECALL);
      UserContext context = at(USER);
      context.x[A0] = TestMachine.DATA;
      MemoryFault fault = assertThrows(MemoryFault.class, () -> run(machine, context, 100));
      assertEquals(TestMachine.DATA, fault.address());
      assertEquals(USER, context.pc);
      int[] privileged = {
        encode(Op.CSRRS, A0, 0, 0, 0x100),
        encode(Op.CSRRS, A0, 0, 0, 0xc00),
        encode(Op.SRET, 0, 0, 0, 0),
        encode(Op.WFI, 0, 0, 0, 0),
        encode(Op.SFENCE_VMA, 0, 0, 0, 0)
      };
      for (int i = 0; i < privileged.length; i++) {
        long pc = USER + 0x100 + 16L * i;
        machine.load(pc, privileged[i], ECALL);
        CpuTrap trap = assertThrows(CpuTrap.class, () -> run(machine, at(pc), 100));
        assertEquals(CpuTrap.Cause.ILLEGAL_INSTRUCTION, trap.cause());
        assertEquals(pc, trap.pc());
        assertEquals(Integer.toUnsignedLong(privileged[i]), trap.value());
      }
      CpuTrap jump = assertThrows(CpuTrap.class, () -> run(machine, at(TestMachine.CODE), 100));
      assertEquals(CpuTrap.Cause.INSTRUCTION_PAGE_FAULT, jump.cause());
    }
  }

  @ParameterizedTest
  @EnumSource
  void theTimeMayBeRead(TestMachine.Mode mode) {
    try (TestMachine machine = mode.machine()) {
      machine.load(USER, encode(Op.CSRRS, A0, 0, 0, 0xc01), ECALL);
      UserContext context = at(USER);
      run(machine, context, 100);
      assertEquals(100, context.x[A0]);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aCallFromTheKernelDuringUserCodeLeavesItsRegistersAlone(TestMachine.Mode mode) {
    try (TestMachine machine = mode.machine()) {
      machine.load(TestMachine.CODE, encode(Op.ADDI, A0, 0, 0, 7), encode(Op.JALR, 0, 1, 0, 0));
      machine.onRetire =
          n -> {
            if (n >= 1000) {
              assertEquals(7, machine.cpu().call(TestMachine.CODE));
            }
          };
      machine.load(USER, encode(Op.ADDI, A0, A0, 0, 1), encode(Op.JAL, 0, 0, 0, -4));
      UserContext context = at(USER);
      assertEquals(UserExit.PREEMPTED, run(machine, context, 100_000));
      assertTrue(context.x[A0] >= 50_000);
    }
  }
}
