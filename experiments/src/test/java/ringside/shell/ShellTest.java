package ringside.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import ringside.kernel.KernelConfig;
import ringside.toolchain.Compilation;
import ringside.toolchain.Target;
import ringside.toolchain.Toolchain;

class ShellTest {
  private static final String HELLO =
      """
      #include <linux/module.h>
      static int times = 1;
      module_param(times, int, 0644);
      MODULE_PARM_DESC(times, "how often");
      static int __init hello_init(void)
      {
      	for (int i = 0; i < times; i++)
      		pr_info("hello\\n");
      	return 0;
      }
      static void __exit hello_exit(void)
      {
      	pr_info("bye\\n");
      }
      module_init(hello_init);
      module_exit(hello_exit);
      MODULE_LICENSE("GPL");
      MODULE_DESCRIPTION("Says hello");
      """;

  @TempDir Path directory;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Session session;
  private Shell shell;

  @BeforeEach
  void boot() {
    session =
        new Session(KernelConfig.defaults(), directory, new PrintWriter(out), new PrintWriter(err));
    shell = new Shell(session);
  }

  @AfterEach
  void powerOff() {
    session.close();
  }

  private void compile(String file, Target target, String source) {
    try {
      Path c = directory.resolve("source.c");
      Files.writeString(c, source);
      Toolchain.locate().compile(Compilation.of(target, c, directory.resolve(file))).orThrow(c);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private int run(String script) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return shell.run(script);
  }

  @Test
  void aStoreThroughAConstantNullPointerOopsesAsInLinuxsOwnBuilds() {
    compile(
        "null.ko",
        Target.MODULE,
        """
        #include <linux/module.h>
        static int __init null_init(void)
        {
        	int *p = NULL;
        	*p = 1;
        	return 0;
        }
        module_init(null_init);
        MODULE_LICENSE("GPL");
        """);
    assertEquals(139, run("insmod null.ko"), () -> out + "" + err);
    run("dmesg");
    assertTrue(out.toString().contains("at virtual address 0000000000000000"), out::toString);
    assertTrue(out.toString().contains("epc : null_init+0x"), out::toString);
  }

  @Test
  void aModuleIsInsertedListedAndRemoved() {
    compile("hello.ko", Target.MODULE, HELLO);
    assertEquals(0, run("insmod hello.ko; lsmod"));
    assertEquals(
        """
        Module                  Size  Used by
        hello                  12288  0
        """,
        out.toString());
    assertEquals(0, run("rmmod hello; lsmod"));
    assertEquals("Module                  Size  Used by\n", out.toString());
    run("dmesg");
    assertTrue(out.toString().contains("] hello\n["), out::toString);
    assertTrue(out.toString().endsWith("] bye\n"), out::toString);
  }

  @Test
  void modinfoTellsWhatTheFileSays() {
    compile("hello.ko", Target.MODULE, HELLO);
    assertEquals(0, run("modinfo hello.ko"));
    assertEquals(
        """
        filename:       hello.ko
        license:        GPL
        description:    Says hello
        vermagic:       6.12.0-ringside SMP preempt mod_unload modversions riscv
        name:           hello
        depends:       \s
        parm:           times:how often (int)
        """,
        out.toString());
  }

  @Test
  void kmodsWordsForWhatGoesWrong() throws IOException {
    compile("hello.ko", Target.MODULE, HELLO);
    Files.writeString(directory.resolve("text.ko"), "no module".repeat(20));
    assertEquals(1, run("insmod nowhere.ko"));
    assertEquals(
        "insmod: ERROR: could not load module nowhere.ko: No such file or directory\n",
        err.toString());
    assertEquals(3, run("insmod text.ko"));
    assertTrue(
        err.toString()
            .startsWith(
                "insmod: ERROR: could not insert module text.ko: Invalid module format\n"
                    + "text.ko: is not an ELF file\nhint: "),
        err::toString);
    run("insmod hello.ko; insmod hello.ko");
    assertTrue(
        err.toString()
            .startsWith("insmod: ERROR: could not insert module hello.ko: File exists\nhint: "),
        err::toString);
    run("rmmod hello; rmmod hello");
    assertEquals("rmmod: ERROR: Module hello is not currently loaded\n", err.toString());
    run("insmod hello.ko times=often");
    assertTrue(
        err.toString()
            .startsWith(
                "insmod: ERROR: could not insert module hello.ko: Invalid parameters\n"
                    + "hint: dmesg says: hello: `often' invalid for parameter `times'"),
        err::toString);
  }

  @Test
  void anInitThatGivesUpIsNotTheLoadersRefusal() {
    compile(
        "shy.ko",
        Target.MODULE,
        """
        #include <linux/module.h>
        int init_module(void) { return -19; }
        MODULE_LICENSE("GPL");
        """);
    assertEquals(1, run("insmod shy.ko"));
    assertEquals("insmod: ERROR: could not insert module shy.ko: No such device\n", err.toString());
  }

  @Test
  void anOopsKillsInsmodAndLeavesTheModuleStuck() {
    compile(
        "wild.ko",
        Target.MODULE,
        """
        #include <linux/module.h>
        static int *volatile nowhere;
        int init_module(void) { *nowhere = 1; return 0; }
        void cleanup_module(void) { }
        MODULE_LICENSE("GPL");
        """);
    assertEquals(139, run("insmod wild.ko"));
    assertEquals("Segmentation fault\n", err.toString());
    run("cat /proc/modules");
    assertTrue(out.toString().matches("wild \\d+ 1 - Loading 0x[0-9a-f]{16} \\(O\\+\\)\n"));
    assertEquals(1, run("rmmod wild"));
    run("dmesg");
    assertTrue(
        out.toString()
            .contains("Unable to handle kernel NULL pointer dereference at virtual address"),
        out::toString);
  }

  @Test
  void aPanicEndsTheScriptWithStatusFourAndShowsTheLog() {
    compile(
        "bug.ko",
        Target.MODULE,
        """
        #include <linux/module.h>
        int init_module(void) { panic("no way on from %d", 7); return 0; }
        MODULE_LICENSE("GPL");
        """);
    assertEquals(4, run("insmod bug.ko; echo not reached"));
    assertEquals("", out.toString());
    assertTrue(
        err.toString().contains("Kernel panic - not syncing: no way on from 7"), err::toString);
    assertTrue(shell.dead());
  }

  @Test
  void aRingThreeProgramRunsAndItsStatusIsTheShells() {
    compile(
        "count",
        Target.USER,
        """
        #include <stdio.h>
        int main(int argc, char **argv)
        {
        	printf("%s %s %05d|%lx\\n", argv[0], argv[1], -42, 0xabcdef012345UL);
        	return 3;
        }
        """);
    assertEquals(3, run("./count one"));
    assertEquals("./count one -0042|abcdef012345\n", out.toString());
  }

  @Test
  void commandsAreJoinedAsInAnyShell() {
    run("echo a; echo b && echo c || echo d # comment\n\nnosuch || echo 'e  f'");
    assertEquals("a\nb\nc\ne  f\n", out.toString());
    assertTrue(err.toString().startsWith("nosuch: command not found"), err::toString);
    assertEquals(127, run("nosuch"));
    assertEquals(5, run("exit 5; echo not reached"));
    assertEquals("", out.toString());
  }

  @Test
  void outputGoesToFilesOfTheKernel() {
    run("echo one > /tmp/x; echo two >> /tmp/x; cat /tmp/x; ls /tmp");
    assertEquals("one\ntwo\nx\n", out.toString());
  }

  @Test
  void brokenSyntaxIsToldAndNothingRuns() {
    assertEquals(2, run("echo 'a"));
    assertEquals("syntax error: unterminated quoted string\n", err.toString());
    assertEquals(2, run("echo a &&"));
    assertEquals(2, run("; echo a"));
    assertEquals("", out.toString());
  }

  @Test
  void anEbpfProgramIsLoadedAttachedAndSeesSystemCalls() {
    compile(
        "count.bpf.o",
        Target.BPF,
        """
        #include <vmlinux.h>
        #include <bpf/bpf_helpers.h>
        SEC("raw_tp/sys_enter")
        int count(void *ctx)
        {
        	bpf_printk("syscall");
        	return 0;
        }
        char LICENSE[] SEC("license") = "GPL";
        """);
    compile("idle", Target.USER, "int main(void) { return 0; }\n");
    assertEquals(0, run("prog load count.bpf.o && prog attach count; prog list"), err::toString);
    assertEquals(
        """
        count: loaded
        count: attached to raw_syscalls:sys_enter
        1: raw_tracepoint  name count  attached to raw_syscalls:sys_enter
        """,
        out.toString());
    assertEquals(1, run("prog attach count"), "attached once is enough");
    assertEquals(0, run("prog detach count"));
    assertEquals(1, run("prog attach nosuch"));
  }
}
