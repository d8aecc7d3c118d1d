package ringside.ebpf.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.oracle.truffle.api.CallTarget;
import java.util.ArrayList;
import java.util.List;
import org.graalvm.polyglot.Engine;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import ringside.ebpf.asm.Assembler;
import ringside.ebpf.helper.HelperFunction;
import ringside.ebpf.helper.HelperLibrary;
import ringside.ebpf.helper.ProgramThrow;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.map.BpfMap;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.map.MapTable;
import ringside.ebpf.map.MapType;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.MemoryFault;
import ringside.kernel.vm.GuestContext;

/** What needs more than one program, or a kernel that answers: each way of leaving a function. */
class LinkedProgramsTest {
  /** Interpreted, and compiled to the last tier. */
  enum Execution {
    INTERPRETED,
    COMPILED
  }

  private static final int KFUNC_THROW = 77;
  private static final long UNMAPPED = 0x1234;

  private final List<@Nullable CallTarget> slots = new ArrayList<>();
  private @Nullable Arena arena;
  private @Nullable Lab lab;

  /** A kernel on an engine, and a linker of its own. */
  private static final class Lab implements AutoCloseable {
    private final Engine engine;
    private final Kernel kernel;
    private final BpfMap array;
    private final Linker linker;

    Lab(Engine engine, List<@Nullable CallTarget> slots) throws Exception {
      this.engine = engine;
      this.kernel = Kernel.boot(KernelConfig.defaults().withEngine(engine));
      MapTable maps = new MapTable(kernel.core());
      this.array = maps.create(MapDescriptor.of(MapType.ARRAY, 4, 8, 4));
      this.linker =
          new Linker(
              Linker.Environment.of(
                  kernel.core(), kernel.guest().language(EbpfLanguage.ID, EbpfLanguage::get)),
              new HelperLibrary(List.of()),
              maps::at,
              new FunctionTable(),
              (map, index) -> index >= 0 && index < slots.size() ? slots.get(index) : null);
    }

    @Override
    public void close() {
      kernel.close();
      engine.close();
    }
  }

  private void boot(Execution execution) throws Exception {
    Engine.Builder builder = Engine.newBuilder().allowExperimentalOptions(true);
    if (execution == Execution.INTERPRETED) {
      builder.option("engine.Compilation", "false");
    } else {
      builder
          .option("engine.CompileImmediately", "true")
          .option("engine.BackgroundCompilation", "false")
          .option("engine.MultiTier", "false")
          .option("engine.CompilationFailureAction", "Throw");
    }
    lab = new Lab(builder.build(), slots);
  }

  private Lab lab() {
    Lab booted = lab;
    assertNotNull(booted);
    return booted;
  }

  private Kernel kernel() {
    return lab().kernel;
  }

  @BeforeEach
  void fresh() {
    slots.clear();
    arena = null;
  }

  @AfterEach
  void powerOff() {
    lab().close();
  }

  private CallTarget link(String text, int exceptionCallback, int... starts) throws LinkException {
    List<Executable.Function> parts = new ArrayList<>();
    parts.add(new Executable.Function(0, "main"));
    for (int start : starts) {
      parts.add(new Executable.Function(start, "f" + start));
    }
    return link(Assembler.assemble(text), parts, exceptionCallback);
  }

  private CallTarget link(List<Insn> insns, List<Executable.Function> parts, int exceptionCallback)
      throws LinkException {
    return lab()
        .linker
        .link(
            new Executable("test", insns, parts, true, exceptionCallback),
            new Linker.References() {
              @Override
              public @Nullable BpfMap map(Insn first) {
                return lab().array;
              }

              @Override
              public @Nullable HelperFunction kernelFunction(Insn call) {
                return call.imm() == KFUNC_THROW ? (HelperFunction.Plain1) this::leave : null;
              }

              private long leave(long cookie) {
                throw new ProgramThrow(cookie);
              }

              @Override
              public @Nullable Arena arena() {
                return arena;
              }
            });
  }

  private long run(CallTarget program, long context) {
    try (GuestContext.Scope _ = kernel().enter()) {
      return (long) program.call(context);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aProgramTailCallsItself33Times(Execution execution) throws Exception {
    boot(execution);
    CallTarget program =
        link(
            """
            r0 = *(u64 *)(r1 + 0)
            r0 += 1
            *(u64 *)(r1 + 0) = r0
            r6 = r1
            r2 = map_fd(0)
            r3 = 0
            call bpf_tail_call
            r0 = *(u64 *)(r6 + 0)
            exit
            """,
            -1);
    slots.add(program);
    long counter = kernel().slab().kmalloc(8, Gfp.KERNEL | Gfp.ZERO);
    assertEquals(34, run(program, counter));
    kernel().memory().writeLong(counter, 0);
    assertEquals(34, run(program, counter), "each entry counts anew");
  }

  @ParameterizedTest
  @EnumSource
  void tailCallsOfAFunctionCountForItsCallerAndReturnToIt(Execution execution) throws Exception {
    boot(execution);
    CallTarget target = link("r0 = 5\nexit", -1);
    CallTarget program =
        link(
            """
              r6 = r1
              r7 = 0
              r8 = 0
            again:
              r1 = r6
              call function
              r7 += r0
              r8 += 1
              if r8 != 40 goto again
              r0 = r7
              exit
            function:
              r2 = map_fd(0)
              r3 = 0
              call bpf_tail_call
              r0 = 1
              exit
            """,
            -1,
            10);
    slots.add(target);
    // 33 calls replace the function and give 5; the 7 behind them fall through and give 1.
    assertEquals(33 * 5 + 7, run(program, 0));
  }

  @ParameterizedTest
  @EnumSource
  void anEmptySlotAndOneBehindTheEndFallThrough(Execution execution) throws Exception {
    boot(execution);
    slots.add(null);
    CallTarget program =
        link(
            """
            r6 = r1
            r2 = map_fd(0)
            r3 = 0
            call bpf_tail_call
            r1 = r6
            r2 = map_fd(0)
            r3 = -1
            call bpf_tail_call
            r0 = 9
            exit
            """,
            -1);
    assertEquals(9, run(program, 0));
  }

  @ParameterizedTest
  @EnumSource
  void anExceptionLeavesAllFunctionsAndEndsInTheCallback(Execution execution) throws Exception {
    boot(execution);
    String text =
        """
          call function
          r0 = 1
          exit
        function:
          r1 = 41
          call kfunc bpf_throw#77
          r0 = 2
          exit
        callback:
          r0 = r1
          r0 += 1
          exit
        """;
    assertEquals(42, run(link(text, 2, 3, 7), 0));
    assertEquals(41, run(link(text, -1, 3, 7), 0), "without a callback the cookie is the result");
  }

  @ParameterizedTest
  @EnumSource
  void anIndirectCallGoesToTheFunctionBehindTheAddress(Execution execution) throws Exception {
    boot(execution);
    CallTarget program =
        link(
            """
              r2 = func(function)
              r1 = 40
              callx r2
              exit
            function:
              r0 = r1
              r0 += 2
              exit
            """,
            -1,
            5);
    assertEquals(42, run(program, 0));
    CallTarget wild = link("r2 = 4096\ncallx r2\nexit", -1);
    assertThrows(MemoryFault.class, () -> run(wild, 0));
  }

  @ParameterizedTest
  @EnumSource
  void mayGotoFallsThroughAsOftenAsLinuxLetsIt(Execution execution) throws Exception {
    boot(execution);
    CallTarget program =
        link(
            """
              r0 = 0
            again:
              may_goto out
              r0 += 1
              goto again
            out:
              may_goto end
              r0 += 1
            end:
              exit
            """,
            -1);
    assertEquals(8 * 1024 * 1024, run(program, 0));
  }

  @ParameterizedTest
  @EnumSource
  void aForgivenLoadGivesZeroAndAForgivenStoreIsLost(Execution execution) throws Exception {
    boot(execution);
    long cell = kernel().slab().kmalloc(8, Gfp.KERNEL | Gfp.ZERO);
    kernel().memory().writeLong(cell, 0x8877665544332211L);
    arena = new Arena(cell, 0x7f0000001000L);
    List<Insn> insns = new ArrayList<>(Assembler.assemble("r6 = r1\nr7 = 0x1234\nr8 = 0"));
    insns.add(new Insn((0x79 & ~0xe0) | 0x20, 0, 6, 0, 0)); // r0 = probe *(u64 *)(r6 + 0)
    insns.add(new Insn((0x79 & ~0xe0) | 0x20, 1, 7, 0, 0)); // r1 = probe *(u64 *)(r7 + 0)
    insns.add(new Insn((0x71 & ~0xe0) | 0xa0, 2, 8, 1, 0)); // r2 = arena *(u8 *)(r8 + 1)
    insns.add(new Insn((0x7a & ~0xe0) | 0xa0, 7, 0, 0x7000, 5)); // far behind: lost or in RAM
    insns.add(new Insn((0xdb & ~0xe0) | 0xe0, 8, 2, 0, 0)); // arena: lock *(u64 *)(r8 + 0) += r2
    insns.addAll(Assembler.assemble("r0 += r1\nr0 += r2\nexit"));
    insns.remove(6);
    long r0 = run(link(insns, List.of(new Executable.Function(0, "main")), -1), cell);
    assertEquals(0x8877665544332211L + 0x22, r0);
    assertEquals(0x8877665544332211L + 0x22, kernel().memory().readLong(cell));
  }

  @ParameterizedTest
  @EnumSource
  void castsGoBetweenTheTwoViewsOfAnArena(Execution execution) throws Exception {
    boot(execution);
    arena = new Arena(0xffffffe000000000L, 0x7f0000001000L);
    assertEquals(
        0xffffffe000000000L + UNMAPPED,
        run(link("r0 = addr_space_cast(r1, 0, 1)\nexit", -1), 0x7f0000000000L + UNMAPPED));
    assertEquals(
        0x7f0000000000L + UNMAPPED,
        run(link("r0 = addr_space_cast(r1, 1, 0)\nexit", -1), UNMAPPED));
    assertEquals(0, run(link("r0 = addr_space_cast(r1, 1, 0)\nexit", -1), 0x7f0000000000L));
  }

  @ParameterizedTest
  @EnumSource
  void endlessRecursionFaultsInTheStacksGuardPage(Execution execution) throws Exception {
    boot(execution);
    CallTarget program = link("call f\nexit\nf: call f\nexit", -1, 2);
    assertThrows(MemoryFault.class, () -> run(program, 0));
  }
}
