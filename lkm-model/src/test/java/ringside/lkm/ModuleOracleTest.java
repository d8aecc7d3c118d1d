package ringside.lkm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.Oracle;
import ringside.kernel.mm.Oracle.Kind;
import ringside.kernel.mm.Oracle.Violation;
import ringside.kernel.vm.GuestContext;
import ringside.lkm.loader.ModuleLoader;
import ringside.rv64.Rv64Cpu;

/** What the oracle says of real modules that Linux would say nothing of. */
class ModuleOracleTest {
  private static final String HEAD =
      """
      #include <linux/module.h>
      #include <linux/slab.h>
      MODULE_LICENSE("GPL");
      """;

  @TempDir Path directory;
  private Kernel kernel;
  private GuestContext.Scope scope;
  private ModuleLoader loader;

  @BeforeEach
  void boot() {
    kernel = Kernel.boot(KernelConfig.defaults().withCpu(Rv64Cpu::of).withOracle(true));
    scope = kernel.enter();
    loader = Modules.install(kernel);
  }

  @AfterEach
  void powerOff() {
    scope.close();
    kernel.close();
  }

  private List<Violation> violationsOf(String body) throws IOException {
    Path module = new TestModules(directory).build("faulty", HEAD + body);
    assertEquals(0, loader.initModule(Files.readAllBytes(module), ""));
    return Objects.requireNonNull(kernel.oracle()).violations();
  }

  @Test
  void aWellBehavedModuleBreaksNoRule() throws IOException {
    assertEquals(
        List.of(),
        violationsOf(
            """
            struct item { char tag; long value; struct item *next; };
            static struct item *head;
            static noinline long sum(struct item *from)
            {
            	long total = 0;
            	long parts[8];
            	int i = 0;
            	for (; from; from = from->next)
            		parts[i++ & 7] = from->value;
            	while (i-- > 0)
            		total += parts[i];
            	return total;
            }
            static int __init faulty_init(void)
            {
            	char text[64];
            	for (int i = 0; i < 5; i++) {
            		struct item *item = kmalloc(sizeof(*item), GFP_KERNEL);
            		item->value = i;
            		item->next = head;
            		head = item;
            	}
            	snprintf(text, sizeof(text), "%ld", sum(head));
            	pr_info("sum %s\\n", text);
            	while (head) {
            		struct item *next = head->next;
            		kfree(head);
            		head = next;
            	}
            	return 0;
            }
            static void __exit faulty_exit(void) { }
            module_init(faulty_init);
            module_exit(faulty_exit);
            """));
  }

  @Test
  void aStoreBehindAnObjectHitsTheKernelsNeighbour() throws IOException {
    // The slots on both sides of the module's are the kernel's.
    long[] slots = new long[8];
    for (int i = 0; i < slots.length; i++) {
      slots[i] = kernel.slab().kmalloc(192, Gfp.KERNEL | Gfp.ZERO);
    }
    kernel.slab().kfree(slots[3]);
    List<Violation> found =
        violationsOf(
            """
            static int __init faulty_init(void)
            {
            	volatile long *mine = kmalloc(192, GFP_KERNEL);
            	for (int i = 0; i <= 24; i++)
            		mine[i] = 0x4141414141414141;
            	return 0;
            }
            module_init(faulty_init);
            """);
    assertEquals(1, found.size(), found::toString);
    assertEquals(Kind.OUT_OF_BOUNDS_WRITE, found.getFirst().kind());
    assertEquals("faulty", found.getFirst().extension());
    assertEquals("kernel", found.getFirst().owner());
    assertEquals(slots[4], found.getFirst().address());
    assertEquals(0x4141414141414141L, kernel.memory().readLong(slots[4]));
  }

  @Test
  void aReadOfStackThatNobodyWroteIsFound() throws IOException {
    List<Violation> found =
        violationsOf(
            """
            static int __init faulty_init(void)
            {
            	volatile long never[4];
            	pr_info("%ld\\n", never[2]);
            	return 0;
            }
            module_init(faulty_init);
            """);
    assertEquals(1, found.size(), found::toString);
    assertEquals(Kind.UNINITIALISED_READ, found.getFirst().kind());
    assertEquals("kernel stack", found.getFirst().object());
  }

  @Test
  void whatACalledFunctionLeftOnTheStackIsNotInitialised() throws IOException {
    List<Violation> found =
        violationsOf(
            """
            static noinline long with_key(long seed)
            {
            	volatile long key[16];
            	for (int i = 0; i < 16; i++)
            		key[i] = seed;
            	return key[3];
            }
            static noinline long without(void)
            {
            	volatile long never[16];
            	return never[5];
            }
            static int __init faulty_init(void)
            {
            	return with_key(7) + without() == 1;
            }
            module_init(faulty_init);
            """);
    assertEquals(List.of(Kind.UNINITIALISED_READ), found.stream().map(Violation::kind).toList());
  }

  @Test
  void useAfterFreeIsFound() throws IOException {
    List<Violation> found =
        violationsOf(
            """
            static int __init faulty_init(void)
            {
            	volatile long *mine = kzalloc(64, GFP_KERNEL);
            	kfree((void *)mine);
            	mine[0] = 1;
            	return 0;
            }
            module_init(faulty_init);
            """);
    assertEquals(List.of(Kind.USE_AFTER_FREE_WRITE), found.stream().map(Violation::kind).toList());
    assertEquals(Oracle.Kind.USE_AFTER_FREE_WRITE, found.getFirst().kind());
  }
}
