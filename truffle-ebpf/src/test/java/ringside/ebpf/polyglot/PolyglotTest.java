package ringside.ebpf.polyglot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.oracle.truffle.api.debug.Breakpoint;
import com.oracle.truffle.api.debug.DebugStackFrame;
import com.oracle.truffle.api.debug.DebugValue;
import com.oracle.truffle.api.debug.Debugger;
import com.oracle.truffle.api.debug.DebuggerSession;
import com.oracle.truffle.api.debug.SuspendedCallback;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.PolyglotException;
import org.graalvm.polyglot.Source;
import org.graalvm.polyglot.Value;
import org.graalvm.polyglot.io.ByteSequence;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import ringside.toolchain.Compilation;
import ringside.toolchain.Target;
import ringside.toolchain.Toolchain;

/** The language {@code ebpf} as a Java program and a debugger see it. */
class PolyglotTest {
  private static final String OBJECT = "application/x-ebpf";

  private static Context open() {
    return Context.newBuilder("ebpf").allowAllAccess(true).build();
  }

  @Test
  void assemblyTextBecomesAnExecutableValue() {
    try (Context context = open()) {
      Value program =
          context.eval("ebpf", "r0 = *(u32 *)(r1 + 4)\nr1 = *(u32 *)(r1 + 0)\nr0 -= r1\nexit");
      assertTrue(program.canExecute());
      assertEquals(20, program.execute((Object) new byte[20]).asInt());
    }
  }

  @Test
  void theTypeMayBeSaidInTheText() {
    try (Context context = open()) {
      Value program = context.eval("ebpf", "; type: raw_tracepoint\nr0 = *(u64 *)(r1 + 8)\nexit");
      byte[] arguments = new byte[16];
      arguments[8] = 42;
      assertEquals(42, program.execute((Object) arguments).asInt());
    }
  }

  @Test
  void whatIsRefusedSaysWhy() {
    try (Context context = open()) {
      PolyglotException refused =
          assertThrows(PolyglotException.class, () -> context.eval("ebpf", "exit"));
      assertTrue(refused.isGuestException());
      assertTrue(message(refused).contains("R0 !read_ok"), refused::toString);
      PolyglotException nonsense =
          assertThrows(PolyglotException.class, () -> context.eval("ebpf", "r0 = = 1"));
      assertTrue(message(nonsense).contains("line 1"), nonsense::toString);
      Value program = context.eval("ebpf", "r0 = 0\nexit");
      assertThrows(PolyglotException.class, () -> program.execute((Object) new byte[3]));
    }
  }

  @Test
  void anObjectRunsAndWritesIntoTheCallersBuffer(@TempDir Path folder) throws IOException {
    try (Context context = open()) {
      Value program = context.eval(steps(folder));
      byte[] packet = new byte[20];
      packet[0] = 1;
      packet[1] = 2;
      packet[2] = 3;
      assertEquals(12, program.execute((Object) packet).asInt());
      assertEquals(7, packet[0]);
      assertEquals(18, program.execute(ByteSequence.create(packet.clone())).asInt() - 6);
    }
  }

  @Test
  void aDebuggerStepsThroughTheCSource(@TempDir Path folder) throws IOException {
    stepThrough(folder, false);
  }

  @Test
  void aDebuggerThatWasThereFirstDoesSoToo(@TempDir Path folder) throws IOException {
    stepThrough(folder, true);
  }

  private static void stepThrough(Path folder, boolean early) throws IOException {
    List<Integer> lines = new ArrayList<>();
    List<String> functions = new ArrayList<>();
    List<Long> registers = new ArrayList<>();
    SuspendedCallback stepping =
        event -> {
          DebugStackFrame frame = event.getTopStackFrame();
          lines.add(event.getSourceSection().getStartLine());
          functions.add(frame.getName());
          DebugValue r0 = frame.getScope().getDeclaredValue("r0");
          registers.add(r0.asLong());
          event.prepareStepInto(1);
        };
    try (Context context = open()) {
      @Nullable Value loaded = early ? null : context.eval(steps(folder));
      Debugger debugger = Debugger.find(context.getEngine());
      try (DebuggerSession session = debugger.startSession(stepping)) {
        session.install(
            Breakpoint.newBuilder(folder.resolve("steps.bpf.c").toUri()).lineIs(15).build());
        Value program = loaded == null ? context.eval(steps(folder)) : loaded;
        byte[] packet = new byte[20];
        packet[1] = 5;
        assertEquals(10, program.execute((Object) packet).asInt());
      }
    }
    // clang's order of the lines; the call of twice() and back.
    assertEquals(List.of(15, 19, 22, 23, 22, 24, 5, 7, 9, 24, 25), lines);
    assertEquals(List.of("twice", "twice", "twice"), functions.subList(6, 9));
    assertEquals(10, registers.getLast());
  }

  private static String message(PolyglotException e) {
    return String.valueOf(e.getMessage());
  }

  private static Source steps(Path folder) throws IOException {
    Path source = folder.resolve("steps.bpf.c");
    try (var in = PolyglotTest.class.getResourceAsStream("/ringside/ebpf/programs/steps.bpf.c")) {
      Files.write(source, in.readAllBytes());
    }
    Path output = folder.resolve("steps.bpf.o");
    Toolchain.locate().compile(Compilation.of(Target.BPF, source, output)).orThrow(source);
    return Source.newBuilder("ebpf", ByteSequence.create(Files.readAllBytes(output)), "steps.bpf.o")
        .mimeType(OBJECT)
        .build();
  }
}
