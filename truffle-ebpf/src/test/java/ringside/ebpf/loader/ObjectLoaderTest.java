package ringside.ebpf.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import ringside.ebpf.Programs;
import ringside.ebpf.map.BpfMap;
import ringside.ebpf.map.UserMap;
import ringside.ebpf.object.BpfObject;
import ringside.ebpf.object.ObjectReader;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.syscall.LoadResult;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.ebpf.syscall.TestRun;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;

class ObjectLoaderTest {
  private static final String START =
      """
      #include <linux/bpf.h>
      #include <bpf/bpf_helpers.h>
      #include <bpf/bpf_core_read.h>
      """;

  private static BpfObject read(String source) {
    return ObjectReader.parse("loader.o", Programs.compileText("loader", START + source));
  }

  @Test
  void mapsAndProgramsAreWhereTheObjectPutsThem() {
    BpfObject object =
        read(
            """
            struct inner {
              __uint(type, BPF_MAP_TYPE_ARRAY); __type(key, int); __type(value, int);
              __uint(max_entries, 1);
            } one SEC(".maps"), two SEC(".maps");
            struct {
              __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
              __uint(key_size, 4);
              __uint(max_entries, 4);
              __array(values, struct inner);
            } outer SEC(".maps") = { .values = { [1] = &two, [3] = &one } };
            int tail(struct xdp_md *ctx);
            struct {
              __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
              __uint(key_size, 4);
              __uint(max_entries, 3);
              __array(values, int (void *));
            } calls SEC(".maps") = { .values = { [2] = (void *)&tail } };
            SEC("xdp") int tail(struct xdp_md *ctx) {
              int slot = 1, key = 0, *value;
              void *map = bpf_map_lookup_elem(&outer, &slot);
              if (!map || !(value = bpf_map_lookup_elem(map, &key))) return 1;
              *value = 5;
              value = bpf_map_lookup_elem(&two, &key);
              return value && *value == 5 ? 42 : 2;
            }
            """);
    try (Kernel kernel = Kernel.boot(KernelConfig.defaults())) {
      Bpf bpf = new Bpf(kernel);
      ObjectLoader loader = ObjectLoader.open(bpf, object);
      LoadResult tail = loader.load(object.program("tail").orElseThrow());
      assertTrue(tail.accepted(), tail.log());
      LoadedProgram program = Objects.requireNonNull(tail.program());
      byte[] key = {2, 0, 0, 0};
      UserMap calls = new UserMap(loader.map("calls"), BpfMap.Descriptors.NONE);
      assertEquals(program.id(), calls.lookup(key, null, 0).bytes()[0]);
      TestRun.Answer answer =
          new TestRun(kernel).run(program, new TestRun.Request(new byte[64], new byte[0], 1));
      assertEquals(42, answer.retval());
    }
  }

  @Test
  void theLogSaysWhatAPoisonedInstructionWasMeantFor() {
    BpfObject object =
        read(
            """
            struct task_struct { long nowhere; } __attribute__((preserve_access_index));
            extern int bpf_nowhere(void) __ksym __weak;
            SEC("raw_tp/sys_enter") int field(struct task_struct *task) { return task->nowhere; }
            SEC("xdp") int function(void *ctx) { return bpf_nowhere(); }
            SEC("xdp") int guarded(void *ctx) { return bpf_nowhere ? bpf_nowhere() : 2; }
            """);
    try (Kernel kernel = Kernel.boot(KernelConfig.defaults())) {
      ObjectLoader loader = ObjectLoader.open(new Bpf(kernel), object);
      String field = loader.load(object.program("field").orElseThrow()).log();
      assertTrue(
          field.contains(
              """
              0: <invalid CO-RE relocation>
              failed to resolve CO-RE relocation <byte_off> [\
              """),
          field);
      assertFalse(field.contains("195896080"), field);
      String function = loader.load(object.program("function").orElseThrow()).log();
      assertTrue(
          function.contains(
              """
              <invalid kfunc call>
              kfunc 'bpf_nowhere' is referenced but wasn't resolved
              """),
          function);
      LoadResult guarded = loader.load(object.program("guarded").orElseThrow());
      assertTrue(guarded.accepted(), guarded.log());
    }
  }

  @Test
  void otherLogsStayAsTheyAre() {
    String log = "0: (85) call unknown#5\ninvalid func unknown#5\n";
    assertEquals(log, LogFixup.of(log, Map.of()));
  }
}
