package ringside.kernel.trap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import ringside.kernel.cpu.CpuTrap;
import ringside.kernel.cpu.RegisterFile;
import ringside.kernel.mm.Access;
import ringside.kernel.mm.KernelStack;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.MemoryFault;
import ringside.kernel.mm.PageTable;
import ringside.kernel.printk.Printk;
import ringside.kernel.text.KernelFunction.Export;
import ringside.kernel.text.KernelImage;
import ringside.kernel.text.KernelSymbols;

/** The texts are those of published logs of Linux on riscv; each test names its log. */
class TrapsTest {
  private static final long MODULE = Memory.MODULES_VADDR;
  private static final KernelStack STACK =
      new KernelStack(Memory.PAGE_OFFSET + 0x401000, Memory.PAGE_OFFSET + 0x405000);

  private final KernelImage image = new KernelImage();
  private final PageTable modules = new PageTable(MODULE, 16);
  private final Memory memory = new Memory(8 << 20, null, image.window(), modules);
  private final Printk printk = new Printk(() -> 0);
  private final KernelSymbols symbols = new KernelSymbols(image);
  private final BugTable bugs = new BugTable();
  private final long[] x = new long[32];
  private Traps traps = traps(false);

  private Traps traps(boolean panicOnOops) {
    Traps made = new Traps(printk, symbols, memory, bugs, "6.12.0", panicOnOops);
    made.setRegisters(() -> new RegisterFile(x.clone(), MODULE + 0x10, 2));
    made.setCurrent(() -> new CurrentTask(265, "reproducer", 0, STACK, true, 0));
    return made;
  }

  @BeforeEach
  void loadModule() {
    for (int page = 0; page < 2; page++) {
      modules.map(MODULE + page * 4096L, 0x600 + page, PageTable.READ | PageTable.WRITE);
    }
    for (int i = 0; i < 32; i++) {
      memory.writeShort(MODULE + 2L * i, (short) (0x1000 + i));
    }
    symbols.add(new KernelSymbols.Symbol("crash", MODULE, 0x40, 't', "bad", Export.NONE));
    symbols.add(
        new KernelSymbols.Symbol("crash_init", MODULE + 0x40, 0x20, 't', "bad", Export.NONE));
    x[1] = MODULE + 0x48;
    x[2] = STACK.top() - 64;
    x[8] = STACK.top() - 48;
    memory.writeLong(x[8] - 8, MODULE + 0x48);
    memory.writeLong(x[8] - 16, STACK.top() - 16);
    memory.writeLong(STACK.top() - 24, -2);
    memory.writeLong(STACK.top() - 32, 0);
  }

  private List<String> log() {
    return printk.lines().stream().map(Printk.Line::text).toList();
  }

  private long fault(long address, Access access) {
    throw new MemoryFault(address, 4, access, null);
  }

  @Test
  void anOopsInATaskWithUserMemoryReadsAsOnLinux() {
    // The form: lore.kernel.org, "Unable to handle kernel access to user memory ..." of
    // do_misc_fixups on 6.8 (bpf list, 22 March 2024), with the UID that 6.12 added.
    traps.taint().add(Taint.Flag.OOT_MODULE);
    traps.setModules(() -> List.of("bad(O+)", "nf_filter(O)"));
    x[10] = 0x42;
    TaskKilled killed =
        assertThrows(TaskKilled.class, () -> traps.protect(() -> fault(8, Access.READ)));
    assertEquals(11, killed.signal());
    assertEquals(KernelState.OOPSED, traps.state());
    assertEquals(
        """
        Unable to handle kernel access to user memory without uaccess routines at virtual address 0000000000000008
        Oops [#1]
        Modules linked in: bad(O+) nf_filter(O)
        CPU: 0 UID: 0 PID: 265 Comm: reproducer Tainted: G           O       6.12.0 #1
        Tainted: [O]=OOT_MODULE
        Hardware name: ringside,virt (DT)
        epc : crash+0x10/0x40 [bad]
         ra : crash_init+0x8/0x20 [bad]
        epc : ffffffff01600010 ra : ffffffff01600048 sp : ffffffd600404fc0
         gp : 0000000000000000 tp : 0000000000000000 t0 : 0000000000000000
         t1 : 0000000000000000 t2 : 0000000000000000 s0 : ffffffd600404fd0
         s1 : 0000000000000000 a0 : 0000000000000042 a1 : 0000000000000000
         a2 : 0000000000000000 a3 : 0000000000000000 a4 : 0000000000000000
         a5 : 0000000000000000 a6 : 0000000000000000 a7 : 0000000000000000
         s2 : 0000000000000000 s3 : 0000000000000000 s4 : 0000000000000000
         s5 : 0000000000000000 s6 : 0000000000000000 s7 : 0000000000000000
         s8 : 0000000000000000 s9 : 0000000000000000 s10: 0000000000000000
         s11: 0000000000000000 t3 : 0000000000000000 t4 : 0000000000000000
         t5 : 0000000000000000 t6 : 0000000000000000
        status: 0000000200000120 badaddr: 0000000000000008 cause: 000000000000000d
        [<ffffffff01600010>] crash+0x10/0x40 [bad]
        [<ffffffff01600048>] crash_init+0x8/0x20 [bad]
        Code: Unable to access instruction at 0xffffffff015ffffc.
        ---[ end trace 0000000000000000 ]---\
        """,
        String.join("\n", log()));
  }

  @Test
  void theCodeLineShowsTenParcelsBeforeTheInstructionAndOneAfter() {
    // The form: the same log, "Code: b345 9783 0024 4685 8b63 16d7 3783 008d 7f9c 7fdc (5b9c)
    // 83c9".
    traps.setRegisters(() -> new RegisterFile(x.clone(), MODULE + 0x20, 2));
    assertThrows(TaskKilled.class, () -> traps.protect(() -> fault(8, Access.READ)));
    assertTrue(
        log().contains("Code: 1006 1007 1008 1009 100a 100b 100c 100d 100e 100f (1010) 1011 "),
        () -> String.join("\n", log()));
  }

  @Test
  void kernelCodeInJavaIsNamedWhereItFaults() {
    long function = symbols.define("built_in", Export.NONE, args -> 0);
    assertThrows(
        TaskKilled.class,
        () -> traps.protect(() -> traps.runBuiltin(function, () -> fault(0, Access.READ))));
    assertTrue(log().contains("epc : built_in+0x0/0x80"), () -> String.join("\n", log()));
    assertTrue(
        log().contains("epc : ffffffff80002000 ra : 0000000000000000 sp : ffffffd600404ee0"),
        () -> String.join("\n", log()));
    assertTrue(log().contains("[<ffffffff80002000>] built_in+0x0/0x80"));
    // The next fault is somebody else's again.
    assertThrows(TaskKilled.class, () -> traps.protect(() -> fault(0, Access.READ)));
    assertTrue(log().contains("epc : crash+0x10/0x40 [bad]"));
  }

  @Test
  void aKernelThreadDereferencesNull() {
    // The form: sysprog21/rv32emu pull request 508, "Unable to handle kernel NULL pointer
    // dereference at virtual address 00000008", PID 1 without user memory.
    traps.setCurrent(() -> new CurrentTask(30, "kworker/0:1", 0, STACK, false, 0));
    assertThrows(TaskKilled.class, () -> traps.protect(() -> fault(8, Access.WRITE)));
    assertEquals(
        "Unable to handle kernel NULL pointer dereference at virtual address 0000000000000008",
        log().getFirst());
    assertTrue(log().stream().anyMatch(line -> line.endsWith("cause: 000000000000000f")));
  }

  @Test
  void aWildKernelPointerIsAPagingRequest() {
    assertThrows(
        TaskKilled.class, () -> traps.protect(() -> fault(0xdead4ead00000000L, Access.READ)));
    assertEquals(
        "Unable to handle kernel paging request at virtual address dead4ead00000000",
        log().getFirst());
  }

  @Test
  void theSecondOopsShowsThatTheFirstTaintedTheKernel() {
    assertThrows(TaskKilled.class, () -> traps.protect(() -> fault(8, Access.READ)));
    assertThrows(TaskKilled.class, () -> traps.protect(() -> fault(8, Access.READ)));
    assertTrue(log().contains("Oops [#2]"));
    assertTrue(
        log()
            .contains(
                "CPU: 0 UID: 0 PID: 265 Comm: reproducer Tainted: G      D            6.12.0 #1"));
    assertTrue(log().contains("Tainted: [D]=DIE"));
  }

  @Test
  void aTaskThatDiesWithInterruptsOffAndPreemptionDisabledIsNoted() {
    // The form: "note: kunit_try_catch[128] exited with irqs disabled", "... exited with
    // preempt_count 1" (linux-mm, August 2025).
    traps.setRegisters(() -> new RegisterFile(x.clone(), MODULE + 0x20, 0));
    traps.setCurrent(() -> new CurrentTask(123, "insmod", 0, STACK, true, 1));
    assertThrows(TaskKilled.class, () -> traps.protect(() -> fault(8, Access.READ)));
    assertEquals(
        List.of(
            "---[ end trace 0000000000000000 ]---",
            "note: insmod[123] exited with irqs disabled",
            "note: insmod[123] exited with preempt_count 1"),
        log().subList(log().size() - 3, log().size()));
  }

  @Test
  void aFaultInAnInterruptPanics() {
    traps.enterInterrupt();
    assertThrows(KernelPanic.class, () -> traps.protect(() -> fault(8, Access.READ)));
    assertEquals(
        List.of(
            "---[ end trace 0000000000000000 ]---",
            "Kernel panic - not syncing: Fatal exception in interrupt",
            "---[ end Kernel panic - not syncing: Fatal exception in interrupt ]---"),
        log().subList(log().size() - 3, log().size()));
    assertEquals(KernelState.PANICKED, traps.state());
    assertThrows(KernelPanic.class, () -> traps.protect(() -> 0));
  }

  @Test
  void panicOnOopsPanicsInProcessContext() {
    traps = traps(true);
    assertThrows(KernelPanic.class, () -> traps.protect(() -> fault(8, Access.READ)));
    assertTrue(log().contains("Kernel panic - not syncing: Fatal exception"));
  }

  @Test
  void killingInitPanics() {
    // The form: "Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b".
    traps.setCurrent(() -> new CurrentTask(1, "init", 0, STACK, true, 0));
    assertThrows(KernelPanic.class, () -> traps.protect(() -> fault(8, Access.READ)));
    assertTrue(
        log().contains("Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b"));
  }

  @Test
  void anIllegalInstructionAtRing0IsAlwaysFatal() {
    // The form: "Oops - illegal instruction [#1]" (6.12-rc7, preempt_count 110001: as in an NMI).
    CpuTrap trap = new CpuTrap(CpuTrap.Cause.ILLEGAL_INSTRUCTION, MODULE + 0x20, 0x10a79073, null);
    assertThrows(
        KernelPanic.class,
        () ->
            traps.protect(() -> {
              throw trap;
            }));
    assertEquals("Oops - illegal instruction [#1]", log().getFirst());
    assertTrue(
        log()
            .contains(
                "status: 0000000200000120 badaddr: 0000000010a79073 cause: 0000000000000002"));
    assertTrue(log().contains("Kernel panic - not syncing: Fatal exception in interrupt"));
  }

  @Test
  void aStackOverflowIsToldFromOtherFaults() {
    // arch/riscv/kernel/traps.c, handle_bad_stack().
    symbols.defineData("overflow_stack", 4096, Export.NONE);
    assertThrows(
        KernelPanic.class, () -> traps.protect(() -> fault(STACK.bottom() - 8, Access.WRITE)));
    assertEquals("Insufficient stack space to handle exception!", log().getFirst());
    assertEquals("Task stack:     [0xffffffd600401000..0xffffffd600405000]", log().get(1));
    assertTrue(log().contains("Kernel panic - not syncing: Kernel stack overflow"));
  }

  @Test
  void bugAndWarnNameTheirPlace() {
    traps.warn("bad.c", 41, "frame 3 is odd");
    assertEquals(
        List.of(
            "------------[ cut here ]------------",
            "frame 3 is odd",
            "WARNING: CPU: 0 PID: 265 at bad.c:41 crash_init+0x4/0x20 [bad]"),
        log().subList(0, 3));
    assertTrue(traps.taint().has(Taint.Flag.WARN));
    printk.clear();
    bugs.add(MODULE + 0x24, new BugTable.Bug("bad.c", 42, "bad"));
    CpuTrap trap = new CpuTrap(CpuTrap.Cause.BREAKPOINT, MODULE + 0x24, 0, null);
    assertThrows(
        KernelPanic.class,
        () ->
            traps.protect(() -> {
              throw trap;
            }));
    assertEquals(
        List.of(
            "------------[ cut here ]------------", "kernel BUG at bad.c:42!", "Kernel BUG [#1]"),
        log().subList(0, 3));
  }

  @Test
  void aSoftLockupShowsTheRegistersOfTheTimerInterrupt() {
    // The form: 6.6.36 on a Kendryte K230, "watchdog: BUG: soft lockup - CPU#0 stuck for 26s!
    // [kworker/0:5:44]" ... "cause: 8000000000000005".
    traps.softLockup(22, false);
    assertEquals(
        "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [reproducer:265]", log().getFirst());
    assertEquals("Modules linked in:", log().get(1));
    assertTrue(
        log().stream().anyMatch(line -> line.endsWith("cause: 8000000000000005")),
        () -> log().stream().collect(Collectors.joining("\n")));
    assertTrue(traps.taint().has(Taint.Flag.SOFTLOCKUP));
    assertThrows(KernelPanic.class, () -> traps.softLockup(44, true));
    assertTrue(log().contains("Kernel panic - not syncing: softlockup: hung tasks"));
  }
}
