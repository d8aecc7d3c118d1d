package ringside.ebpf.uapi;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import org.graalvm.polyglot.Engine;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import ringside.ebpf.asm.Assembler;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.syscall.Bpf;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;
import ringside.kernel.core.Errno;
import ringside.kernel.fs.Credentials;
import ringside.kernel.vm.GuestContext;

/** bpf(2) as a process sees it: results, errors, and how long things live. */
class BpfSyscallTest {
  private static Engine engine;

  private Kernel kernel;
  private Bpf bpf;
  private GuestContext.Scope scope;

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
    kernel = Kernel.boot(KernelConfig.defaults().withEngine(engine));
    bpf = new Bpf(kernel);
    BpfCalls.install(bpf);
    scope = kernel.enter();
  }

  @AfterEach
  void powerOff() {
    scope.close();
    kernel.close();
  }

  /** Runs something as a process of a user. */
  private void as(int uid, Consumer<BpfClient> body) {
    kernel
        .tasks()
        .inProcess(
            "test",
            uid,
            () -> {
              body.accept(new BpfClient(kernel));
              return 0;
            });
  }

  private static BpfClient.Attr map(BpfClient client, int type, int key, int value, int entries) {
    return client
        .attr("map_type")
        .u32("map_type", type)
        .u32("key_size", key)
        .u32("value_size", value)
        .u32("max_entries", entries)
        .text("map_name", "counts");
  }

  private static BpfClient.Attr program(BpfClient client, int type, List<Insn> insns) {
    return client
        .attr("prog_type")
        .u32("prog_type", type)
        .u32("insn_cnt", insns.size())
        .u64("insns", client.allocate(Insn.encodeAll(insns)))
        .u64("license", client.text("GPL"))
        .text("prog_name", "drop");
  }

  private static List<Insn> code(String text) {
    return Assembler.assemble(text);
  }

  private static byte[] le(int value) {
    return new byte[] {
      (byte) value, (byte) (value >> 8), (byte) (value >> 16), (byte) (value >> 24)
    };
  }

  @Test
  void aMapLivesAsLongAsADescriptorAPinOrAProgramHoldsIt() {
    as(
        0,
        client -> {
          int fd = map(client, 1, 4, 8, 16).run(Command.MAP_CREATE);
          client.update(fd, le(7), new byte[] {1, 2, 3, 4, 5, 6, 7, 8}, 0);
          assertArrayEquals(new byte[] {1, 2, 3, 4, 5, 6, 7, 8}, client.lookup(fd, le(7), 8));
          assertNull(client.lookup(fd, le(8), 8));
          client.pin(fd, "/sys/fs/bpf/counts");
          client.close(fd);
          assertEquals(1, client.ids(Command.MAP_GET_NEXT_ID).size());
          int again = client.get("/sys/fs/bpf/counts");
          assertArrayEquals(new byte[] {1, 2, 3, 4, 5, 6, 7, 8}, client.lookup(again, le(7), 8));
          client.close(again);
          kernel.fs().unlink("/sys/fs/bpf/counts", false, Credentials.ROOT);
          assertEquals(List.of(), client.ids(Command.MAP_GET_NEXT_ID));
        });
  }

  @Test
  void exitDropsWhatDescriptorsHeld() {
    long settled = 0;
    for (int round = 0; round < 40; round++) {
      as(
          0,
          client -> {
            map(client, 1, 4, 8, 1024).run(Command.MAP_CREATE);
            program(client, 6, code("r0 = 2\nexit")).run(Command.PROG_LOAD);
            assertEquals(1, bpf.maps().all().size());
            assertEquals(1, bpf.programs().size());
          });
      assertEquals(0, bpf.maps().all().size());
      assertEquals(0, bpf.programs().size());
      settled = round == 4 ? kernel.core().frames().freePages() : settled;
    }
    assertEquals(settled, kernel.core().frames().freePages());
  }

  @Test
  void aLinkHoldsItsProgramAndItsDescriptorHoldsTheLink() {
    as(
        0,
        client -> {
          int prog = program(client, 6, code("r0 = 1\nexit")).run(Command.PROG_LOAD);
          int link =
              client
                  .attr("link_create")
                  .u32("prog_fd", prog)
                  .u32("target_ifindex", 2)
                  .u32("attach_type", 37)
                  .run(Command.LINK_CREATE);
          client.close(prog);
          assertTrue(kernel.net().device("eth0").xdp().armed());
          assertEquals(1, client.ids(Command.PROG_GET_NEXT_ID).size());
          BpfClient.InfoStruct info = client.info("bpf_link_info").of(link);
          assertEquals(6, info.u32("type"));
          assertEquals(2, info.u32("xdp.ifindex"));
          client.close(link);
          assertEquals(List.of(), client.ids(Command.LINK_GET_NEXT_ID));
          assertEquals(List.of(), client.ids(Command.PROG_GET_NEXT_ID));
        });
    assertTrue(!kernel.net().device("eth0").xdp().armed());
  }

  @Test
  void aRefusedProgramLeavesItsLogAndNothingElse() {
    as(
        0,
        client -> {
          long log = client.allocate(4096);
          BpfClient.Attr attr =
              program(client, 6, code("exit"))
                  .u32("log_level", 1)
                  .u32("log_size", 4096)
                  .u64("log_buf", log);
          assertEquals(-Errno.EACCES, attr.call(Command.PROG_LOAD));
          String text = client.string(log, 4096);
          assertTrue(text.contains("R0 !read_ok"), text);
          assertEquals(text.length() + 1, attr.u32("log_true_size"));
          assertEquals(List.of(), client.ids(Command.PROG_GET_NEXT_ID));
        });
  }

  @Test
  void ofALogThatDoesNotFitTheEndIsKept() {
    as(
        0,
        client -> {
          long log = client.allocate(64);
          BpfClient.Attr attr =
              program(client, 6, code("r0 = 0\nexit"))
                  .u32("log_level", 2)
                  .u32("log_size", 32)
                  .u64("log_buf", log);
          assertEquals(-Errno.ENOSPC, attr.call(Command.PROG_LOAD));
          assertEquals(31, client.string(log, 64).length());
          assertTrue(client.string(log, 64).endsWith("\n"));
          assertTrue(attr.u32("log_true_size") > 32);
          assertEquals(List.of(), client.ids(Command.PROG_GET_NEXT_ID));
        });
  }

  @Test
  void programInfoTellsCodeMapsAndTag() {
    as(
        0,
        client -> {
          int map = map(client, 2, 4, 8, 4).run(Command.MAP_CREATE);
          List<Insn> insns =
              List.of(
                  new Insn(0x18, 1, 1, 0, map),
                  new Insn(0, 0, 0, 0, 0),
                  new Insn(0xb7, 0, 0, 0, 2),
                  new Insn(0x95, 0, 0, 0, 0));
          int prog = program(client, 6, insns).run(Command.PROG_LOAD);
          long code = client.allocate(64);
          long ids = client.allocate(16);
          BpfClient.InfoStruct info =
              client
                  .info("bpf_prog_info")
                  .u32("xlated_prog_len", 64)
                  .u64("xlated_prog_insns", code)
                  .u32("nr_map_ids", 4)
                  .u64("map_ids", ids)
                  .of(prog);
          assertEquals("drop", info.text("name"));
          assertEquals(6, info.u32("type"));
          assertEquals(32, info.u32("xlated_prog_len"));
          assertEquals(1, info.u32("nr_map_ids"));
          BpfClient.InfoStruct mapInfo = client.info("bpf_map_info").of(map);
          assertArrayEquals(le(mapInfo.u32("id")), client.read(ids, 4));
          Insn first = Insn.decode(client.read(code, 8), 0);
          assertEquals(new Insn(0x18, 1, 1, 0, mapInfo.u32("id")), first);
          assertEquals(3, info.u32("verified_insns"));
        });
  }

  @Test
  void testRunGivesBackPacketAndVerdict() {
    as(
        0,
        client -> {
          int prog = program(client, 6, code("r0 = 3\nexit")).run(Command.PROG_LOAD);
          long out = client.allocate(128);
          byte[] packet = new byte[60];
          packet[59] = 42;
          BpfClient.Attr attr =
              client
                  .attr("test")
                  .u32("prog_fd", prog)
                  .u32("data_size_in", 60)
                  .u64("data_in", client.allocate(packet))
                  .u32("data_size_out", 128)
                  .u64("data_out", out);
          attr.run(Command.PROG_TEST_RUN);
          assertEquals(3, attr.u32("retval"));
          assertEquals(60, attr.u32("data_size_out"));
          assertArrayEquals(packet, client.read(out, 60));
        });
  }

  @Test
  void anOrdinaryUserCanDoNothingByDefaultAndLittleOnceAllowed() {
    as(
        1000,
        client -> {
          assertEquals(-Errno.EPERM, map(client, 1, 4, 8, 16).call(Command.MAP_CREATE));
          assertEquals(
              -Errno.EPERM, program(client, 1, code("r0 = 0\nexit")).call(Command.PROG_LOAD));
        });
    as(
        0,
        client ->
            kernel
                .fs()
                .writeFile(
                    "/proc/sys/kernel/unprivileged_bpf_disabled",
                    "0\n".getBytes(StandardCharsets.UTF_8)));
    as(
        1000,
        client -> {
          assertTrue(map(client, 1, 4, 8, 16).call(Command.MAP_CREATE) >= 0);
          assertEquals(-Errno.EPERM, map(client, 9, 4, 8, 16).call(Command.MAP_CREATE));
          assertEquals(
              -Errno.EPERM, program(client, 6, code("r0 = 0\nexit")).call(Command.PROG_LOAD));
          assertEquals(-Errno.EPERM, client.attr("start_id").call(Command.MAP_GET_NEXT_ID));
        });
  }
}
