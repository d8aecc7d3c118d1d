package ringside.lkm.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;
import ringside.kernel.net.RxResult;
import ringside.kernel.printk.Printk;
import ringside.kernel.trap.KernelPanic;
import ringside.kernel.trap.KernelState;
import ringside.kernel.trap.TaskKilled;
import ringside.kernel.vm.GuestContext;
import ringside.lkm.Modules;
import ringside.lkm.TestModules;
import ringside.rv64.Rv64Cpu;

class ModuleLoaderTest {
  private static final int ENOENT = 2;
  private static final int ENOEXEC = 8;
  private static final int EAGAIN = 11;
  private static final int EBUSY = 16;
  private static final int EEXIST = 17;
  private static final int ENODEV = 19;
  private static final int EINVAL = 22;

  @TempDir Path directory;
  private Kernel kernel;
  private GuestContext.Scope scope;
  private ModuleLoader loader;

  @BeforeEach
  void boot() {
    kernel = Kernel.boot(KernelConfig.defaults().withCpu(Rv64Cpu::of));
    scope = kernel.enter();
    loader = Modules.install(kernel);
    kernel.printk().clear();
  }

  @AfterEach
  void powerOff() {
    scope.close();
    kernel.close();
  }

  private byte[] built(String name) {
    return new TestModules(directory).bytes(name);
  }

  private int load(String name, String args) {
    return loader.initModule(built(name), args);
  }

  private List<String> log() {
    return kernel.printk().lines().stream().map(Printk.Line::text).toList();
  }

  private static byte[] replace(byte[] file, String from, String to) {
    String text = new String(file, StandardCharsets.ISO_8859_1);
    assertEquals(from.length(), to.length());
    assertTrue(text.contains(from));
    return text.replace(from, to).getBytes(StandardCharsets.ISO_8859_1);
  }

  @Test
  void helloComesAndGoes() {
    assertEquals(0, load("hello", ""));
    assertEquals(LoadedModule.State.LIVE, loader.find("hello").orElseThrow().state());
    assertEquals(0, loader.deleteModule("hello"));
    assertEquals(
        List.of(
            "hello: loading out-of-tree module taints kernel.", "hello: loaded", "hello: unloaded"),
        log());
    assertTrue(loader.modules().isEmpty());
    assertEquals("hello(O)", loader.lastUnloaded());
  }

  @Test
  void procModulesShowsWhatIsLoaded() {
    load("hello", "");
    String line = loader.procModules();
    assertTrue(line.matches("hello \\d+ 0 - Live 0xffffffff[0-9a-f]{8} \\(O\\)\n"), line);
  }

  @Test
  void memoryOfInitIsGivenBackAndAllOfItAfterRemoval() {
    load("hello", ""); // the first call makes the boot stack
    loader.deleteModule("hello");
    int before = kernel.core().frames().freePages();
    load("hello", "");
    LoadedModule module = loader.find("hello").orElseThrow();
    assertTrue(module.segments().stream().noneMatch(s -> s.kind().init()));
    loader.deleteModule("hello");
    assertEquals(before, kernel.core().frames().freePages());
  }

  @Test
  void parametersReachTheModule() {
    assertEquals(
        0,
        load(
            "params",
            "number=-12 count=0x10 loud who=\"a friend\" mask=0xffffffffffffffff list=9,8"
                + " label=seven"));
    assertEquals(
        List.of(
            "params: number=-12 count=16 loud=1 who=a friend mask=ffffffffffffffff label=seven",
            "params: list=9,8,3,4 listed=2"),
        log().subList(1, 3));
  }

  @Test
  void anUnknownParameterIsIgnoredAndSaidSo() {
    assertEquals(0, load("hello", "colour=red"));
    assertTrue(log().contains("hello: unknown parameter 'colour' ignored"));
  }

  @Test
  void anInvalidParameterRefusesTheModule() {
    assertEquals(-EINVAL, load("params", "number=abc"));
    assertTrue(log().contains("params: `abc' invalid for parameter `number'"));
    assertTrue(loader.find("params").isEmpty());
  }

  @Test
  void anErrorOfInitUnloadsTheModule() {
    assertEquals(-ENODEV, load("failing", ""));
    assertTrue(loader.modules().isEmpty());
  }

  @Test
  void aModuleIsLoadedOnceOnly() {
    load("hello", "");
    assertEquals(-EEXIST, load("hello", ""));
  }

  @Test
  void anUnknownSymbolRefusesTheModule() {
    assertEquals(-ENOENT, load("unknown_symbol", ""));
    assertTrue(log().contains("unknown_symbol: Unknown symbol no_such_function (err -2)"));
  }

  @Test
  void anotherVermagicRefusesTheModule() {
    byte[] file = replace(built("hello"), "SMP preempt mod_unload", "SMP PREEMPT mod_unload");
    assertEquals(-ENOEXEC, loader.initModule(file, ""));
    assertEquals(
        List.of(
            "hello: version magic '6.12.0-ringside SMP PREEMPT mod_unload modversions riscv'"
                + " should be '6.12.0-ringside SMP preempt mod_unload modversions riscv'"),
        log());
  }

  @Test
  void anotherVersionOfASymbolRefusesTheModule() {
    String text = new String(built("hello"), StandardCharsets.ISO_8859_1);
    int at = text.indexOf("_printk\0", text.indexOf("module_layout\0") - 128) - 8;
    byte[] file = text.getBytes(StandardCharsets.ISO_8859_1);
    file[at] ^= 1;
    assertEquals(-EINVAL, loader.initModule(file, ""));
    assertTrue(log().contains("hello: disagrees about version of symbol _printk"), log()::toString);
    assertTrue(log().contains("hello: Unknown symbol _printk (err -22)"), log()::toString);
  }

  @Test
  void modulesUseEachOther() {
    load("provider", "");
    assertEquals(0, load("consumer", ""));
    assertTrue(log().contains("consumer: twice 21 is 42"));
    assertEquals(-EAGAIN, loader.deleteModule("provider"));
    assertTrue(loader.procModules().contains(" 1 consumer, Live "), loader.procModules());
    assertEquals(0, loader.deleteModule("consumer"));
    assertEquals(0, loader.deleteModule("provider"));
  }

  @Test
  void aGplOnlySymbolDoesNotExistForAProprietaryModule() {
    load("provider", "");
    assertEquals(-ENOENT, load("proprietary", ""));
    assertTrue(log().contains("proprietary: module license 'Proprietary' taints kernel."));
    assertTrue(log().contains("proprietary: Unknown symbol provider_secret (err -2)"));
  }

  @Test
  void textIsNotWritableAndDataIsNotExecutable() {
    load("hello", "");
    LoadedModule module = loader.find("hello").orElseThrow();
    for (Segment segment : module.segments()) {
      boolean writable = kernel.memory().allows(segment.base(), 1, 2);
      boolean executable = kernel.memory().allows(segment.base(), 1, 4);
      assertFalse(writable && executable, segment.kind().toString());
    }
  }

  @Test
  void whatIsNoModuleIsRefusedWithLinuxsWords() {
    assertEquals(-ENOEXEC, loader.initModule(new byte[10], ""));
    assertEquals(-ENOEXEC, loader.initModule(new byte[4096], ""));
    byte[] x86 = built("hello");
    x86[18] = 62;
    x86[19] = 0;
    assertEquals(-ENOEXEC, loader.initModule(x86, ""));
    assertEquals(
        List.of(
            "Invalid ELF header len 10",
            "Invalid ELF header magic: != \u007fELF",
            "Invalid architecture in ELF header: 62"),
        log());
  }

  @Test
  void aTruncatedFileIsRefusedWhereverItIsCut() {
    byte[] file = built("params");
    for (int length = 0; length < file.length; length += 97) {
      int cut = length;
      assertEquals(-ENOEXEC, loader.initModule(Arrays.copyOf(file, cut), ""), () -> "at " + cut);
    }
  }

  @Test
  void aDamagedFileNeverBreaksTheLoader() {
    byte[] file = built("params");
    Random random = new Random(7);
    for (int round = 0; round < 400; round++) {
      byte[] damaged = file.clone();
      int headers = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong(40);
      int at =
          round % 2 == 0 ? random.nextInt(64) : headers + random.nextInt(file.length - headers);
      damaged[at] ^= (byte) (1 << random.nextInt(8));
      ModuleImage image;
      try {
        image = ModuleImage.parse(damaged, kernel.layouts().of("module").size());
      } catch (LoadError e) {
        assertTrue(e.errno() > 0);
        continue;
      }
      assertFalse(image.sections().isEmpty());
      image.symbols();
      image.versions();
    }
  }

  /** Loads as {@code insmod} does: in a process of its own. */
  private int insmod(String name, String args) {
    byte[] file = built(name);
    return kernel.tasks().inProcess("insmod", 0, () -> loader.initModule(file, args));
  }

  @Test
  void theKernelsLibraryAnswersAsLinuxDoes() {
    assertEquals(0, insmod("libc_calls", ""), () -> String.join("\n", log()));
    assertTrue(log().contains("libc_calls: 0 failures"));
  }

  @Test
  void aWriteBehindAnObjectReachesItsNeighbourUnnoticed() {
    assertEquals(0, insmod("out_of_bounds", ""));
    assertTrue(
        log().contains("out_of_bounds: distance 64, neighbour starts with X"), log()::toString);
    assertEquals(KernelState.RUNNING, kernel.state());
  }

  @Test
  void anOopsInInitKillsInsmodAndKeepsTheModule() {
    assertThrows(TaskKilled.class, () -> insmod("null_dereference", ""));
    assertEquals(LoadedModule.State.COMING, loader.find("null_dereference").orElseThrow().state());
    assertTrue(
        log()
            .contains(
                "Unable to handle kernel NULL pointer dereference at virtual address"
                    + " 0000000000000000"));
    assertTrue(log().contains("Modules linked in: null_dereference(O+)"));
    assertTrue(
        log().stream()
            .anyMatch(l -> l.matches("epc : null_dereference_init\\+0x[0-9a-f]+/0x[0-9a-f]+ .*")));
    assertEquals(-EBUSY, insmod("null_dereference", ""));
  }

  @Test
  void aBugPanics() {
    assertThrows(KernelPanic.class, () -> insmod("bug", ""));
    assertTrue(log().contains("kernel BUG at bug.c:9!"), log()::toString);
    assertEquals(KernelState.PANICKED, kernel.state());
  }

  @Test
  void recursionWithoutEndMeetsTheGuardPage() {
    assertThrows(KernelPanic.class, () -> insmod("stack_overflow", ""));
    assertTrue(log().contains("Insufficient stack space to handle exception!"), log()::toString);
    assertTrue(log().contains("Kernel panic - not syncing: Kernel stack overflow"));
  }

  @Test
  void aNetfilterHookSeesPacketsUntilTheModuleGoes() {
    assertEquals(0, insmod("nf_drop", "port=7777"));
    assertEquals(RxResult.NF_DROP, receive(7777));
    assertEquals(RxResult.DELIVERED, receive(7778));
    assertEquals(0, loader.deleteModule("nf_drop"));
    assertEquals(RxResult.DELIVERED, receive(7777));
    assertTrue(log().contains("nf_drop: seen 2, dropped 1"), log()::toString);
  }

  /** A UDP packet to a port arrives. */
  private RxResult receive(int port) {
    ByteBuffer frame = ByteBuffer.allocate(60);
    frame.put(new byte[] {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2}).putShort((short) 0x800);
    frame.put((byte) 0x45).put((byte) 0).putShort((short) 32).putInt(0);
    frame.put((byte) 64).put((byte) 17).putShort((short) 0);
    frame.putInt(0x7f000001).putInt(0x7f000001);
    frame.putShort((short) 1234).putShort((short) port).putShort((short) 12).putShort((short) 0);
    int sum = 0;
    for (int i = 14; i < 34; i += 2) {
      sum += frame.getShort(i) & 0xffff;
    }
    frame.putShort(24, (short) ~((sum & 0xffff) + (sum >>> 16)));
    return kernel.net().receive(kernel.net().device("eth0"), frame.array());
  }

  @Test
  void aKprobeCountsEntries() {
    assertEquals(0, insmod("kprobe_open", ""));
    kernel.fs().writeFile("/tmp/x", new byte[1]);
    kernel
        .tasks()
        .inProcess(
            "cat",
            0,
            () -> {
              long path = kernel.slab().kmalloc(16, 0xcc0);
              kernel.memory().write(path, "/tmp/x\0".getBytes(StandardCharsets.UTF_8), 0, 7);
              return kernel.syscalls().call(56, -100, path, 0, 0);
            });
    assertEquals(0, loader.deleteModule("kprobe_open"));
    assertTrue(log().contains("kprobe_open: 1 hits"), log()::toString);
  }

  @Test
  void aProbeOnAFunctionThatDoesNotExistFails() {
    assertEquals(-ENOENT, insmod("kprobe_open", "symbol=no_such_function"));
    assertTrue(log().contains("kprobe_open: register_kprobe failed, returned -2"));
  }

  @Test
  void aTracepointsProbeSeesWhoCalls() {
    assertEquals(0, insmod("trace_syscalls", ""));
    kernel.tasks().inProcess("caller", 0, () -> kernel.syscalls().call(172));
    assertEquals(0, loader.deleteModule("trace_syscalls"));
    assertTrue(log().contains("trace_syscalls: 1 calls, last by caller"), log()::toString);
  }
}
