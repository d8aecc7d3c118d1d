package ringside.rv64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.graalvm.polyglot.Engine;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;
import ringside.kernel.task.Task;
import ringside.kernel.vm.GuestContext;
import ringside.toolchain.Compilation;
import ringside.toolchain.Target;
import ringside.toolchain.Toolchain;

/** Programs compiled by the bundled clang, run at Ring 3 with the kernel's own system calls. */
class UserProgramTest {
  private static final long SECOND = 1_000_000_000L;

  private static final String START =
      """
      typedef unsigned long size_t;
      static long sys(long n, long a, long b, long c, long d) {
        register long a0 __asm__("a0") = a;
        register long a1 __asm__("a1") = b;
        register long a2 __asm__("a2") = c;
        register long a3 __asm__("a3") = d;
        register long a7 __asm__("a7") = n;
        __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a7) : "memory");
        return a0;
      }
      static size_t length(const char *s) { size_t n = 0; while (s[n]) n++; return n; }
      static void say(const char *s) { sys(64, 1, (long)s, length(s), 0); }
      static void number(long v) {
        char b[24]; int i = 23; int negative = v < 0;
        b[i] = 0;
        if (negative) v = -v;
        do { b[--i] = '0' + v % 10; v /= 10; } while (v);
        if (negative) b[--i] = '-';
        say(b + i);
        say("\\n");
      }
      int main(int argc, char **argv);
      __attribute__((used)) void start(long *sp) {
        sys(93, main((int)sp[0], (char **)(sp + 1)), 0, 0, 0);
      }
      __asm__(".globl _start\\n_start: mv a0, sp\\n call start\\n");
      """;

  private static Engine engine;
  private static Toolchain toolchain;

  @TempDir Path folder;

  @BeforeAll
  static void open() {
    engine = Engine.create();
    toolchain = Toolchain.locate();
  }

  @AfterAll
  static void close() {
    engine.close();
  }

  private Kernel boot() {
    return Kernel.boot(KernelConfig.defaults().withEngine(engine).withCpu(Rv64Cpu::of));
  }

  private byte[] compile(String main) throws IOException {
    Path source = folder.resolve("program.c");
    Files.writeString(source, START + main);
    Path output = folder.resolve("program");
    toolchain.compile(Compilation.of(Target.USER, source, output)).orThrow(source);
    return Files.readAllBytes(output);
  }

  private static String log(Kernel kernel) {
    return kernel.printk().lines().stream().map(l -> l.text()).collect(Collectors.joining("\n"));
  }

  @Test
  void aProgramWritesReadsItsArgumentsAndExits() throws IOException {
    byte[] program =
        compile(
            """
            int main(int argc, char **argv) {
              number(argc);
              say(argv[1]);
              say("\\n");
              number(sys(172, 0, 0, 0, 0));
              number(sys(174, 0, 0, 0, 0));
              number(sys(999, 0, 0, 0, 0));
              number(sys(64, 1, 8, 5, 0));
              number(sys(57, 40, 0, 0, 0));
              return 7;
            }
            """);
    try (Kernel kernel = boot();
        GuestContext.Scope _ = kernel.enter()) {
      Task task = kernel.tasks().spawn("/bin/hello", program, List.of("hello", "ring"), 1000);
      assertTrue(kernel.tasks().run(SECOND));
      assertEquals(
          "2\\nring\\n%d\\n1000\\n-38\\n-14\\n-9\\n".replace("\\n", "\n").formatted(task.pid()),
          kernel.fs().console());
      assertEquals(7 << 8, task.exitCode());
      assertEquals("hello", task.comm());
    }
  }

  @Test
  void filesAreFoundOpenedReadAndRefusedAsPermissionsSay() throws IOException {
    byte[] program =
        compile(
            """
            #define OPEN(path, flags) sys(56, -100, (long)(path), flags, 0644)
            int main(int argc, char **argv) {
              char b[64];
              long fd = OPEN("/etc/motd", 0);
              number(fd);
              long n = sys(63, fd, (long)b, 5, 0);
              number(n);
              b[n] = 0;
              say(b);
              n = sys(63, fd, (long)b, 60, 0);
              number(n);
              number(sys(63, fd, (long)b, 60, 0));
              number(sys(57, fd, 0, 0, 0));
              number(OPEN("/etc/none", 0));
              number(OPEN("/etc/motd/x", 0));
              number(OPEN("/etc", 1));
              number(OPEN("/etc/motd", 1));
              fd = OPEN("/tmp/new", 0102);
              number(sys(64, fd, (long)"abc", 3, 0));
              number(OPEN((char *)0x123456789abc, 0));
              fd = OPEN("/proc/self/comm", 0);
              n = sys(63, fd, (long)b, 60, 0);
              b[n] = 0;
              say(b);
              return 0;
            }
            """);
    try (Kernel kernel = boot();
        GuestContext.Scope _ = kernel.enter()) {
      kernel.fs().writeFile("/etc/motd", "hello world".getBytes(StandardCharsets.UTF_8));
      kernel.tasks().spawn("reader", program, List.of("reader"), 1000);
      assertTrue(kernel.tasks().run(SECOND));
      assertEquals(
          "3\n5\nhello6\n0\n0\n-2\n-20\n-21\n-13\n3\n-14\nreader\n", kernel.fs().console());
      assertEquals("abc", new String(kernel.fs().readFile("/tmp/new"), StandardCharsets.UTF_8));
    }
  }

  @Test
  void sleepersYieldTheCpuAndIdleTimeIsSkipped() throws IOException {
    byte[] program =
        compile(
            """
            int main(int argc, char **argv) {
              long request[2] = {argv[1][0] - '0', 0};
              for (int i = 0; i < 3; i++) {
                sys(101, (long)request, 0, 0, 0);
                say(argv[1]);
              }
              return 0;
            }
            """);
    try (Kernel kernel = boot();
        GuestContext.Scope _ = kernel.enter()) {
      kernel.tasks().spawn("a", program, List.of("a", "5"));
      kernel.tasks().spawn("b", program, List.of("b", "2"));
      assertTrue(kernel.tasks().run(60 * SECOND));
      assertEquals("225255", kernel.fs().console());
      assertEquals(15, kernel.clock().nanos() / SECOND);
      assertFalse(log(kernel).contains("soft lockup"), log(kernel));
    }
  }

  @Test
  void busyProgramsShareTheCpuAndARunEndsAtItsLimit() throws IOException {
    byte[] program =
        compile(
            """
            int main(int argc, char **argv) {
              for (volatile long i = 0;; i++) { if (i % 20000 == 0) say(argv[1]); }
            }
            """);
    try (Kernel kernel = boot();
        GuestContext.Scope _ = kernel.enter()) {
      kernel.tasks().spawn("a", program, List.of("a", "a"));
      kernel.tasks().spawn("b", program, List.of("b", "b"));
      assertFalse(kernel.tasks().run(SECOND / 2));
      long as = kernel.fs().console().chars().filter(c -> c == 'a').count();
      long bs = kernel.fs().console().chars().filter(c -> c == 'b').count();
      assertTrue(as > 3 && Math.abs(as - bs) <= 1, kernel.fs().console());
    }
  }

  @Test
  void aWildStoreKillsTheProgramWithLinuxsWords() throws IOException {
    byte[] program =
        compile(
            """
            int main(int argc, char **argv) {
              say("before");
              *(volatile int *)0x10 = 1;
              say("after");
              return 0;
            }
            """);
    try (Kernel kernel = boot();
        GuestContext.Scope _ = kernel.enter()) {
      Task task = kernel.tasks().spawn("wild", program, List.of("wild"));
      assertTrue(kernel.tasks().run(SECOND));
      assertEquals("before", kernel.fs().console());
      assertEquals(11, task.exitCode());
      String start =
          "wild[" + task.pid() + "]: unhandled signal 11 code 0x1 at 0x0000000000000010 in wild[";
      assertTrue(log(kernel).contains(start), log(kernel));
      assertTrue(log(kernel).contains("cause: 000000000000000f"), log(kernel));
    }
  }

  @Test
  void kernelMemoryAndPrivilegedInstructionsAreOutOfReach() throws IOException {
    byte[] load =
        compile("int main(int c, char **v) { return *(volatile int *)0xffffffff80002000; }");
    byte[] csr =
        compile("int main(int c, char **v) { __asm__ volatile(\"csrw 0x100, x0\"); return 0; }");
    try (Kernel kernel = boot();
        GuestContext.Scope _ = kernel.enter()) {
      Task loader = kernel.tasks().spawn("load", load, List.of("load"));
      Task writer = kernel.tasks().spawn("csr", csr, List.of("csr"));
      assertTrue(kernel.tasks().run(SECOND));
      assertEquals(11, loader.exitCode());
      assertEquals(4, writer.exitCode());
      assertTrue(log(kernel).contains("unhandled signal 4 code 0x1"), log(kernel));
    }
  }

  @Test
  void aChildContinuesWithZeroAndItsParentWaits() throws IOException {
    byte[] program =
        compile(
            """
            int main(int argc, char **argv) {
              long pid = sys(220, 17, 0, 0, 0);
              if (pid == 0) {
                long request[2] = {1, 0};
                sys(101, (long)request, 0, 0, 0);
                say("child\\n");
                return 3;
              }
              int status = 0;
              number(sys(260, pid, (long)&status, 0, 0) == pid);
              number(status >> 8);
              number(sys(260, -1, 0, 0, 0));
              return 0;
            }
            """);
    try (Kernel kernel = boot();
        GuestContext.Scope _ = kernel.enter()) {
      kernel.tasks().spawn("parent", program, List.of("parent"));
      assertTrue(kernel.tasks().run(10 * SECOND));
      assertEquals("child\n1\n3\n-10\n", kernel.fs().console());
      assertEquals(2, kernel.tasks().all().size());
    }
  }

  @Test
  void theSameRunTakesTheSameVirtualTime() throws IOException {
    byte[] program =
        compile(
            "int main(int c, char **v) { for (volatile int i = 0; i < 5000; i++) ; return 0; }");
    long[] nanos = new long[2];
    for (int i = 0; i < nanos.length; i++) {
      try (Kernel kernel = boot();
          GuestContext.Scope _ = kernel.enter()) {
        kernel.tasks().spawn("loop", program, List.of("loop"));
        assertTrue(kernel.tasks().run(SECOND));
        nanos[i] = kernel.clock().instructions();
      }
    }
    assertEquals(nanos[0], nanos[1]);
    assertTrue(nanos[0] > 20000, "" + nanos[0]);
  }
}
