package ringside.ebpf.uapi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.graalvm.polyglot.Engine;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import ringside.ebpf.asm.Assembler;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.syscall.Bpf;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;
import ringside.kernel.fs.Credentials;
import ringside.kernel.fs.Directory;
import ringside.kernel.layout.StructLayouts;
import ringside.kernel.trap.KernelState;
import ringside.kernel.vm.GuestContext;

/** Random attributes never harm the host or the simulated kernel, and leave nothing behind. */
class BpfAttrFuzzTest {
  private static final int PROCESSES = 14;

  /**
   * Processes after which as many commands must have succeeded as should, however the lot falls.
   */
  private static final int MOST_PROCESSES = 140;

  private static final int SUCCEEDING = 22;
  private static final int CALLS = 120;
  private static final int ATTR = 168;
  private static final int REPEAT = 32;

  @Test
  void anyAttributeGivesAResultAndExitCleansUp() {
    long seed = Long.getLong("ringside.fuzz.seed", System.nanoTime());
    System.out.println("seed " + seed + " (-Dringside.fuzz.seed=" + seed + " repeats it)");
    Random random = new Random(seed);
    Map<String, Integer> successes = new TreeMap<>();
    try (Engine engine = Engine.create();
        Kernel kernel = Kernel.boot(KernelConfig.defaults().withEngine(engine))) {
      Bpf bpf = new Bpf(kernel);
      BpfCalls.install(bpf);
      try (GuestContext.Scope _ = kernel.enter()) {
        long settled = 0;
        for (int process = 0;
            process < PROCESSES || (process < MOST_PROCESSES && successes.size() < SUCCEEDING);
            process++) {
          int uid = process % 4 == 3 ? 1000 : 0;
          kernel.tasks().inProcess("fuzz", uid, () -> calls(kernel, bpf, random, successes));
          unpin(kernel);
          assertEquals(List.of(), bpf.links().all());
          assertEquals(List.of(), bpf.programs());
          assertEquals(List.of(), bpf.maps().all());
          assertEquals(1, bpf.btfs().all().size());
          settled = process == 5 ? kernel.core().frames().freePages() : settled;
        }
        long left = kernel.core().frames().freePages();
        assertTrue(left >= settled - 16, () -> "pages are lost: " + left);
      }
      // What never succeeds is hardly tested.
      assertTrue(successes.size() >= SUCCEEDING, () -> "only these succeeded: " + successes);
      assertEquals(KernelState.RUNNING, kernel.state());
    }
  }

  private static void unpin(Kernel kernel) {
    if (kernel.fs().lookup("/sys/fs/bpf", Credentials.ROOT) instanceof Directory pins) {
      for (String name : pins.names()) {
        kernel.fs().unlink("/sys/fs/bpf/" + name, false, Credentials.ROOT);
      }
    }
  }

  /** One process: makes some objects, and then calls what it likes with what it likes. */
  private static int calls(Kernel kernel, Bpf bpf, Random random, Map<String, Integer> successes) {
    return new Caller(kernel, bpf, random, successes).run();
  }

  private static final class Caller {
    private final Kernel kernel;
    private final Bpf bpf;
    private final Random random;
    private final BpfClient client;
    private final long[] places;
    private final Map<String, Integer> successes;

    Caller(Kernel kernel, Bpf bpf, Random random, Map<String, Integer> successes) {
      this.successes = successes;
      this.kernel = kernel;
      this.bpf = bpf;
      this.random = random;
      this.client = new BpfClient(kernel);
      byte[] noise = new byte[256];
      random.nextBytes(noise);
      this.places =
          new long[] {
            client.allocate(4096),
            client.allocate(noise),
            client.text("/sys/fs/bpf/pin" + random.nextInt(3)),
            client.text("sys_enter"),
            client.text("GPL"),
            client.allocate(Insn.encodeAll(Assembler.assemble("r0 = 2\nexit"))),
            0,
            -1,
            1L << 40,
            client.allocate(Insn.encodeAll(Assembler.assemble("r0 = 1\nexit")))
          };
    }

    /** What calls drawn by lot would hardly make in such numbers. */
    private void makeObjects() {
      for (int type : new int[] {1, 2, 2, 5, 22, 27}) {
        map(type).call(Command.MAP_CREATE);
      }
      for (int type : new int[] {6, 6, 17, 32}) {
        program(type).call(Command.PROG_LOAD);
      }
    }

    private BpfClient.Attr map(int type) {
      boolean ring = type == 27;
      return client
          .attr("map_type")
          .u32("map_type", type)
          .u32("key_size", type == 22 || ring ? 0 : 4)
          .u32("value_size", ring ? 0 : 8)
          .u32("max_entries", ring ? 4096 : 4);
    }

    private BpfClient.Attr program(int type) {
      return client
          .attr("prog_type")
          .u32("prog_type", type)
          .u32("expected_attach_type", type == 32 ? 45 : 0)
          .u32("insn_cnt", 2)
          .u64("insns", places[type == 32 ? 9 : 5])
          .u64("license", places[4])
          .u32("log_level", 1)
          .u32("log_size", 4096)
          .u64("log_buf", places[0]);
    }

    int run() {
      makeObjects();
      for (int i = 0; i < CALLS; i++) {
        Command command = Command.of(random.nextInt(Command.values().length));
        byte[] attr = command == null ? new byte[ATTR] : meant(command).bytes();
        int changes = Math.max(0, random.nextInt(6) - 3);
        for (int j = 0; j < changes; j++) {
          change(attr);
        }
        if (command == Command.PROG_TEST_RUN) {
          attr[REPEAT + 1] = 0; // a million runs are right, and no bug
          attr[REPEAT + 2] = 0;
          attr[REPEAT + 3] = 0;
        }
        int number = random.nextInt(30) == 0 ? random.nextInt() : number(command);
        int size = random.nextInt(8) == 0 ? random.nextInt(5000) : ATTR;
        long at = random.nextInt(20) == 0 ? places[8] : client.allocate(attr);
        long result = kernel.syscalls().call(280, number, at, size);
        assertTrue(result >= -4095, () -> "command " + command + " returned " + result);
        if (result >= 0) {
          successes.merge(String.valueOf(command), 1, Integer::sum);
        }
      }
      return 0;
    }

    private static int number(@Nullable Command command) {
      return command == null ? -1 : command.number();
    }

    /** Where the numbers of objects are by now. */
    private int last(Command command) {
      return switch (command) {
        case PROG_GET_FD_BY_ID -> bpf.programIds().next(1) - 1;
        case MAP_GET_FD_BY_ID -> bpf.maps().ids().next(1) - 1;
        case LINK_GET_FD_BY_ID -> bpf.links().next(1) - 1;
        default -> 0;
      };
    }

    private int fd() {
      return random.nextInt(16);
    }

    /** An attribute that makes sense, as far as descriptors drawn by lot do. */
    private BpfClient.Attr meant(Command command) {
      long buffer = places[0];
      return switch (command) {
        case MAP_CREATE -> map(random.nextInt(34));
        case MAP_LOOKUP_ELEM,
            MAP_UPDATE_ELEM,
            MAP_DELETE_ELEM,
            MAP_GET_NEXT_KEY,
            MAP_LOOKUP_AND_DELETE_ELEM ->
            client
                .attr("key")
                .u32("map_fd", fd())
                .u64("key", random.nextInt(4) == 0 ? 0 : places[random.nextInt(2)])
                .u64("value", command == Command.MAP_DELETE_ELEM ? 0 : places[random.nextInt(2)]);
        case MAP_FREEZE -> client.attr("key").u32("map_fd", fd());
        case MAP_LOOKUP_BATCH, MAP_LOOKUP_AND_DELETE_BATCH, MAP_UPDATE_BATCH, MAP_DELETE_BATCH ->
            client
                .attr("batch")
                .u32("map_fd", fd())
                .u32("count", random.nextInt(20))
                .u64("out_batch", buffer)
                .u64("keys", buffer + 64)
                .u64("values", buffer + 1024);
        case PROG_LOAD -> program(random.nextInt(33));
        case OBJ_PIN, OBJ_GET ->
            client
                .attr("pathname")
                .u64("pathname", places[2])
                .u32("bpf_fd", command == Command.OBJ_PIN ? fd() : 0);
        case PROG_TEST_RUN ->
            client
                .attr("test")
                .u32("prog_fd", fd())
                .u32("data_size_in", 64)
                .u64("data_in", places[1])
                .u32("data_size_out", random.nextInt(100))
                .u64("data_out", buffer);
        case PROG_GET_NEXT_ID,
            MAP_GET_NEXT_ID,
            BTF_GET_NEXT_ID,
            LINK_GET_NEXT_ID,
            PROG_GET_FD_BY_ID,
            MAP_GET_FD_BY_ID,
            BTF_GET_FD_BY_ID,
            LINK_GET_FD_BY_ID ->
            client
                .attr("start_id")
                .u32("start_id", random.nextInt(6) + (random.nextBoolean() ? 0 : last(command)));
        case OBJ_GET_INFO_BY_FD ->
            client
                .attr("info")
                .u32("bpf_fd", fd())
                .u32("info_len", random.nextInt(300))
                .u64("info", client.allocate(512));
        case RAW_TRACEPOINT_OPEN ->
            client.attr("raw_tracepoint").u64("name", places[3]).u32("prog_fd", fd());
        case BTF_LOAD -> btf();
        case LINK_CREATE ->
            client
                .attr("link_create")
                .u32("prog_fd", fd())
                .u32("target_ifindex", random.nextInt(4))
                .u32("attach_type", random.nextBoolean() ? 37 : 45)
                .u32("netfilter.pf", random.nextInt(3))
                .u32("netfilter.hooknum", random.nextInt(6));
        case LINK_UPDATE ->
            client.attr("link_update").u32("link_fd", fd()).u32("new_prog_fd", fd());
        case LINK_DETACH -> client.attr("link_detach").u32("link_fd", fd());
        case PROG_BIND_MAP -> client.attr("prog_bind_map").u32("prog_fd", fd()).u32("map_fd", fd());
        case TASK_FD_QUERY ->
            client
                .attr("task_fd_query")
                .u32("pid", kernel.current().pid())
                .u32("fd", fd())
                .u32("buf_len", random.nextInt(20))
                .u64("buf", buffer);
        case PROG_STREAM_READ_BY_FD ->
            client
                .attr("prog_stream_read")
                .u32("prog_fd", fd())
                .u32("stream_id", random.nextInt(3))
                .u64("stream_buf", buffer)
                .u32("stream_buf_len", 64);
        default -> client.attr("enable_stats");
      };
    }

    /** The kernel's own types, which are right, or with a byte that is not. */
    private BpfClient.Attr btf() {
      byte[] types = StructLayouts.bytes();
      if (random.nextBoolean()) {
        types[random.nextInt(types.length)] = (byte) random.nextInt();
      }
      return client
          .attr("btf")
          .u64("btf", client.allocate(types))
          .u32("btf_size", types.length)
          .u32("btf_log_level", 1)
          .u32("btf_log_size", 4096)
          .u64("btf_log_buf", places[0]);
    }

    private void change(byte[] attr) {
      ByteBuffer words = ByteBuffer.wrap(attr).order(ByteOrder.LITTLE_ENDIAN);
      int word = random.nextInt(random.nextBoolean() ? 8 : ATTR / 8);
      switch (random.nextInt(5)) {
        case 0 -> words.putLong(8 * word, places[random.nextInt(places.length)]);
        case 1 -> words.putLong(8 * word, random.nextLong());
        case 2 -> words.putInt(8 * word, 1 << random.nextInt(32));
        case 3 -> words.putInt(8 * word + 4, random.nextInt(12));
        default -> words.put(8 * word + random.nextInt(8), (byte) random.nextInt());
      }
    }
  }
}
