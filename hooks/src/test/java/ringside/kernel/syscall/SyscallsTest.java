package ringside.kernel.syscall;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.oracle.truffle.api.frame.VirtualFrame;
import com.oracle.truffle.api.nodes.RootNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.graalvm.polyglot.Engine;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import ringside.hook.Attachment;
import ringside.hook.HookPoint;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.Memory;
import ringside.kernel.task.Task;
import ringside.kernel.text.KernelFunction;
import ringside.kernel.trace.Tracepoint;
import ringside.kernel.trap.KernelState;
import ringside.kernel.trap.TaskKilled;
import ringside.kernel.vm.GuestContext;

class SyscallsTest {
  private static final int GETPID = 172;
  private static final int GETUID = 174;

  private static Engine engine;

  private Kernel kernel;
  private GuestContext.Scope scope;
  private Memory memory;

  @BeforeAll
  static void open() {
    engine = Engine.create();
  }

  @AfterAll
  static void close() {
    engine.close();
  }

  @BeforeEach
  void boot() {
    boot(KernelConfig.defaults().withEngine(engine));
  }

  private void boot(KernelConfig config) {
    kernel = Kernel.boot(config);
    scope = kernel.enter();
    memory = kernel.memory();
  }

  @AfterEach
  void powerOff() {
    scope.close();
    kernel.close();
  }

  private void attach(HookPoint hook, Consumer<Object[]> body) {
    RootNode root =
        new RootNode(kernel.language()) {
          @Override
          public Object execute(VirtualFrame frame) {
            body.accept(frame.getArguments());
            return 0L;
          }
        };
    hook.attach(new Attachment("test", 0, root.getCallTarget()));
  }

  @Test
  void aProcessHasItsOwnPidAndUser() {
    long[] seen = new long[2];
    kernel
        .tasks()
        .inProcess(
            "probe",
            1000,
            () -> {
              seen[0] = kernel.syscalls().call(GETPID);
              seen[1] = kernel.syscalls().call(GETUID);
              assertEquals(kernel.current().pid(), seen[0]);
              assertEquals("probe", kernel.current().comm());
              return 0;
            });
    assertEquals(3, seen[0]);
    assertEquals(1000, seen[1]);
    assertEquals(0, kernel.current().pid());
    assertEquals(2, kernel.tasks().all().size());
  }

  @Test
  void unknownNumbersAreNotImplemented() {
    assertEquals(-38, kernel.syscalls().call(1));
    assertEquals(-38, kernel.syscalls().call(100_000));
    assertEquals(-38, kernel.syscalls().call(-1));
  }

  @Test
  void credentialsAreReadFromMemory() {
    kernel
        .tasks()
        .inProcess(
            "rootkit",
            1000,
            () -> {
              long cred = kernel.current().cred();
              memory.writeInt(cred + kernel.layouts().of("cred").offset("uid"), 0);
              assertEquals(0, kernel.syscalls().call(GETUID));
              return 0;
            });
  }

  @Test
  void theTableIsWriteProtectedAndReadOnEveryCall() {
    scope.close();
    kernel.close();
    boot(KernelConfig.defaults().withEngine(engine).withRodata(false));
    long mine = kernel.symbols().define("my_getpid", KernelFunction.Export.NONE, args -> 4711);
    memory.writeLong(kernel.syscalls().table() + 8 * GETPID, mine);
    assertEquals(4711, kernel.syscalls().call(GETPID));
  }

  @Test
  void tracepointsSeeEntryAndExitWithTheRegisters() {
    StructLayout regs = kernel.layouts().of("pt_regs");
    List<Long> seen = new ArrayList<>();
    attach(
        kernel.trace().sysEnter(),
        a -> {
          seen.add((long) a[1]);
          seen.add(memory.readLong((long) a[0] + regs.offset("a1")));
        });
    attach(kernel.trace().sysExit(), a -> seen.add((long) a[1]));
    kernel.syscalls().call(129, 77, 9); // kill: no such process
    assertEquals(List.of(129L, 9L, -3L), seen);
  }

  @Test
  void aTracepointsRecordIsBuiltFromItsArguments() {
    Tracepoint point = Objects.requireNonNull(kernel.trace().tracepoint("raw_syscalls:sys_enter"));
    long record = kernel.slab().kmalloc(point.record().size(), Gfp.KERNEL);
    attach(
        point.hook(),
        a -> point.assign(memory, record, kernel.current().pid(), (long) a[0], (long) a[1]));
    kernel.syscalls().call(129, 77, 9);
    int args = point.record().offset("args");
    assertEquals(129, memory.readLong(record + point.record().offset("id")));
    assertEquals(77, memory.readLong(record + args));
    assertEquals(9, memory.readLong(record + args + 8));
  }

  @Test
  void kprobesSeeTheArgumentsOfAKernelFunction() {
    StructLayout regs = kernel.layouts().of("pt_regs");
    HookPoint probe = kernel.trace().kprobe("ksys_read");
    assertNotNull(probe);
    List<Long> seen = new ArrayList<>();
    attach(
        probe,
        a -> {
          long at = (long) a[0];
          seen.add(memory.readLong(at + regs.offset("a0")));
          seen.add(memory.readLong(at + regs.offset("a2")));
          seen.add(memory.readLong(at + regs.offset("epc")));
        });
    assertEquals(-9, kernel.syscalls().call(63, 5, 0x1000, 40));
    assertEquals(List.of(5L, 40L, kernel.symbols().address("ksys_read")), seen);
    assertNull(kernel.trace().kprobe("no_such_function"));
  }

  @Test
  void everySystemCallAndProbeableFunctionHasASymbol() {
    for (String name : kernel.trace().probeable()) {
      assertTrue(kernel.symbols().address(name) != 0, name);
    }
    assertTrue(kernel.trace().probeable().contains("__riscv_sys_getpid"));
    assertTrue(kernel.trace().probeable().contains("do_sys_openat2"));
  }

  @Test
  void anOopsInASystemCallKillsOnlyItsTask() {
    attach(kernel.trace().sysEnter(), a -> memory.readLong(0x10));
    assertThrows(
        TaskKilled.class,
        () -> kernel.tasks().inProcess("victim", 0, () -> kernel.syscalls().call(GETPID)));
    assertEquals(KernelState.OOPSED, kernel.state());
    assertEquals(2, kernel.tasks().all().size());
    String log = kernel.printk().dmesg();
    assertTrue(log.contains("Unable to handle kernel NULL pointer dereference"), log);
    assertTrue(log.contains("Comm: victim"), log);
  }

  @Test
  void tasksAreLinkedInMemoryAsLinuxLinksThem() {
    StructLayout task = kernel.layouts().of("task_struct");
    long head = kernel.symbols().address("init_task") + task.offset("tasks");
    List<Integer> pids = new ArrayList<>();
    for (long node = memory.readLong(head); node != head; node = memory.readLong(node)) {
      pids.add(memory.readInt(node - task.offset("tasks") + task.offset("pid")));
    }
    assertEquals(List.of(1, 2), pids);
    Task init = kernel.tasks().init();
    assertEquals("init", init.comm());
    assertEquals(
        "S (sleeping)",
        new String(kernel.fs().readFile("/proc/1/status"), StandardCharsets.UTF_8)
            .lines()
            .skip(1)
            .findFirst()
            .orElse("")
            .substring(7));
  }
}
