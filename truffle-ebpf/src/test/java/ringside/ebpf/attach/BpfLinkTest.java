package ringside.ebpf.attach;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import ringside.ebpf.Programs;
import ringside.ebpf.loader.ObjectLoader;
import ringside.ebpf.object.BpfObject;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.syscall.LoadResult;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.hook.AttachException;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;
import ringside.kernel.mm.Gfp;
import ringside.kernel.vm.GuestContext;

class BpfLinkTest {
  @Test
  void anXdpProgramDecidesAndCounts() throws Exception {
    try (Kernel kernel = Kernel.boot(KernelConfig.defaults())) {
      Bpf bpf = new Bpf(kernel);
      BpfObject object = Programs.object("filter");
      ObjectLoader loader = ObjectLoader.open(bpf, object);
      BpfLink link = BpfLink.attach(kernel, loaded(bpf, object, loader, "filter"), "");
      int received = 100;
      try (GuestContext.Scope _ = kernel.enter()) {
        for (int i = 0; i < received; i++) {
          kernel.net().receive(kernel.net().device("eth0"), udp(i % 4 == 0 ? 53 : 80));
        }
      }
      assertEquals(25, Programs.value(kernel, loader.map("verdicts"), 0));
      assertEquals(75, Programs.value(kernel, loader.map("verdicts"), 1));
      assertEquals(100, Programs.value(kernel, loader.map("by_protocol"), 17));
      assertEquals(-1, Programs.value(kernel, loader.map("by_protocol"), 6));
      long data = loader.map(".data").directValue(0);
      assertEquals(1000 + received * 42L, kernel.memory().readLong(data));
      link.detach();
      try (GuestContext.Scope _ = kernel.enter()) {
        kernel.net().receive(kernel.net().device("eth0"), udp(53));
      }
      assertEquals(25, Programs.value(kernel, loader.map("verdicts"), 0));
    }
  }

  @Test
  void aHookTakesOneXdpProgramOnly() throws Exception {
    try (Kernel kernel = Kernel.boot(KernelConfig.defaults())) {
      Bpf bpf = new Bpf(kernel);
      BpfObject object = Programs.object("filter");
      LoadedProgram program = loaded(bpf, object, ObjectLoader.open(bpf, object), "filter");
      BpfLink.attach(kernel, program, "eth0");
      assertEquals(
          16,
          assertThrows(AttachException.class, () -> BpfLink.attach(kernel, program, "")).errno());
      assertEquals(
          19,
          assertThrows(AttachException.class, () -> BpfLink.attach(kernel, program, "eth9"))
              .errno());
    }
  }

  @Test
  void tracepointProgramsSeeTheRecordAndRawOnesTheArguments() throws Exception {
    try (Kernel kernel = Kernel.boot(KernelConfig.defaults())) {
      Bpf bpf = new Bpf(kernel);
      BpfObject object = Programs.object("trace");
      ObjectLoader loader = ObjectLoader.open(bpf, object);
      for (BpfObject.ProgramDefinition program : object.programs()) {
        BpfLink.attach(kernel, loaded(bpf, object, loader, program.name()), program.attachTo());
      }
      long regs =
          kernel.slab().kmalloc(kernel.layouts().of("pt_regs").size(), Gfp.KERNEL | Gfp.ZERO);
      kernel.memory().writeLong(regs + kernel.layouts().of("pt_regs").offset("orig_a0"), 77);
      kernel.memory().writeLong(regs + kernel.layouts().of("pt_regs").offset("a7"), 172);
      try (GuestContext.Scope _ = kernel.enter()) {
        kernel.trace().sysEnter().fire(regs, 172L);
        kernel.trace().sysExit().fire(regs, 4242L);
      }
      assertEquals(List.of("call 172"), lastWords(bpf));
      byte[] bss = new byte[loader.map(".bss").descriptor().valueSize()];
      kernel.memory().read(loader.map(".bss").directValue(0), bss, 0, bss.length);
      ByteBuffer globals = ByteBuffer.wrap(bss).order(java.nio.ByteOrder.LITTLE_ENDIAN);
      List<Long> values =
          java.util.stream.IntStream.range(0, bss.length / 8)
              .mapToObj(i -> globals.getLong(i * 8))
              .toList();
      assertEquals(List.of(172L, 172L), values.stream().filter(v -> v == 172).toList());
      assertEquals(1, values.stream().filter(v -> v == 77).count());
      assertEquals(1, values.stream().filter(v -> v == 4242).count());
    }
  }

  private static List<String> lastWords(Bpf bpf) {
    return bpf.readTracePipe().stream()
        .map(l -> l.substring(l.lastIndexOf("printk: ") + 8))
        .toList();
  }

  private static LoadedProgram loaded(
      Bpf bpf, BpfObject object, ObjectLoader loader, String program) {
    LoadResult result = Programs.load(bpf, object, loader, program);
    LoadedProgram loaded = result.program();
    assertNotNull(loaded, () -> program + ": " + result.log());
    return loaded;
  }

  private static byte[] udp(int port) {
    byte[] frame = new byte[42];
    frame[12] = 8;
    frame[14] = 0x45;
    frame[17] = 28;
    frame[22] = 64;
    frame[23] = 17;
    frame[36] = (byte) (port >>> 8);
    frame[37] = (byte) port;
    return frame;
  }
}
