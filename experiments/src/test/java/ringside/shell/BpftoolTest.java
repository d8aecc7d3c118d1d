package ringside.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;
import ringside.format.elf.ElfFile;
import ringside.kernel.KernelConfig;
import ringside.kernel.layout.StructLayouts;
import ringside.toolchain.Compilation;
import ringside.toolchain.Target;
import ringside.toolchain.Toolchain;

/** bpf(2) from Ring 3, and sessions with bpftool. */
class BpftoolTest {
  private static final String FILTER =
      """
      #include <linux/bpf.h>
      #include <bpf/bpf_helpers.h>
      struct key { __u32 proto; char name[8]; };
      struct val { __u64 packets; __s32 last; _Bool seen; };
      struct {
      	__uint(type, BPF_MAP_TYPE_HASH);
      	__uint(max_entries, 16);
      	__type(key, struct key);
      	__type(value, struct val);
      } stats SEC(".maps");
      SEC("xdp") int filter(struct xdp_md *ctx)
      {
      	struct key k = { 17, "udp" };
      	struct val v = { 1, -5, 1 };
      	bpf_map_update_elem(&stats, &k, &v, BPF_ANY);
      	return XDP_DROP;
      }
      char LICENSE[] SEC("license") = "GPL";
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

  private Path compile(String file, Target target, String source) {
    try {
      Path c = directory.resolve("source.c");
      Files.writeString(c, source);
      Path output = directory.resolve(file);
      Toolchain.locate().compile(Compilation.of(target, c, output)).orThrow(c);
      return output;
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
  void aRing3ProgramMakesMapsLoadsAttachesPinsAndReadsBack() {
    compile(
        "user",
        Target.USER,
        """
        #include <linux/bpf.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <stdio.h>
        #include <string.h>
        #include <unistd.h>
        static long bpf(int cmd, union bpf_attr *attr)
        {
        	return syscall(__NR_bpf, cmd, attr, sizeof(*attr));
        }
        #define CHECK(what) do { if (!(what)) { printf("%s: errno %d\\n", #what, errno); return 1; } } while (0)
        int main(void)
        {
        	union bpf_attr attr;
        	memset(&attr, 0, sizeof(attr));
        	attr.map_type = BPF_MAP_TYPE_ARRAY;
        	attr.key_size = 4;
        	attr.value_size = 8;
        	attr.max_entries = 2;
        	memcpy(attr.map_name, "calls", 6);
        	int map = bpf(BPF_MAP_CREATE, &attr);
        	CHECK(map >= 0);
        	struct bpf_insn code[] = {
        		{ 0x62, 10, 0, -4, 0 },		/* key 0 on the stack */
        		{ 0xbf, 2, 10, 0, 0 },
        		{ 0x07, 2, 0, 0, -4 },
        		{ 0x18, 1, 1, 0, map },
        		{ 0 },
        		{ 0x85, 0, 0, 0, BPF_FUNC_map_lookup_elem },
        		{ 0x15, 0, 0, 2, 0 },
        		{ 0xb7, 1, 0, 0, 1 },
        		{ 0xdb, 0, 1, 0, 0 },		/* lock += 1 */
        		{ 0xb7, 0, 0, 0, 0 },
        		{ 0x95 },
        	};
        	static char log[4096];
        	memset(&attr, 0, sizeof(attr));
        	attr.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
        	attr.insns = (unsigned long)code;
        	attr.insn_cnt = sizeof(code) / sizeof(code[0]);
        	attr.license = (unsigned long)"GPL";
        	attr.log_buf = (unsigned long)log;
        	attr.log_size = sizeof(log);
        	attr.log_level = 1;
        	int prog = bpf(BPF_PROG_LOAD, &attr);
        	if (prog < 0)
        		printf("%s", log);
        	CHECK(prog >= 0);
        	memset(&attr, 0, sizeof(attr));
        	attr.raw_tracepoint.name = (unsigned long)"sys_enter";
        	attr.raw_tracepoint.prog_fd = prog;
        	int link = bpf(BPF_RAW_TRACEPOINT_OPEN, &attr);
        	CHECK(link >= 0);
        	for (int i = 0; i < 10; i++)
        		getpid();
        	close(link);
        	getpid();
        	unsigned key = 0;
        	unsigned long calls = 0;
        	memset(&attr, 0, sizeof(attr));
        	attr.map_fd = map;
        	attr.key = (unsigned long)&key;
        	attr.value = (unsigned long)&calls;
        	CHECK(bpf(BPF_MAP_LOOKUP_ELEM, &attr) == 0);
        	printf("calls %d\\n", (int)calls);	/* ten, and the close that ends it */
        	key = 7;
        	CHECK(bpf(BPF_MAP_LOOKUP_ELEM, &attr) == -1 && errno == ENOENT);
        	attr.map_fd = 99;
        	CHECK(bpf(BPF_MAP_LOOKUP_ELEM, &attr) == -1 && errno == EBADF);
        	attr.map_fd = prog;
        	CHECK(bpf(BPF_MAP_LOOKUP_ELEM, &attr) == -1 && errno == EINVAL);
        	memset(&attr, 0xff, sizeof(attr));
        	CHECK(bpf(BPF_MAP_LOOKUP_ELEM, &attr) == -1 && errno == EINVAL);
        	CHECK(syscall(__NR_bpf, BPF_MAP_LOOKUP_ELEM, &attr, 5000) == -1 && errno == E2BIG);
        	CHECK(syscall(__NR_bpf, BPF_MAP_LOOKUP_ELEM, 8, 16) == -1 && errno == EFAULT);
        	CHECK(syscall(__NR_bpf, 99, &attr, 0) == -1 && errno == EINVAL);
        	struct bpf_map_info info;
        	memset(&info, 0, sizeof(info));
        	memset(&attr, 0, sizeof(attr));
        	attr.info.bpf_fd = map;
        	attr.info.info_len = sizeof(info);
        	attr.info.info = (unsigned long)&info;
        	CHECK(bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) == 0);
        	printf("%s %d\\n", info.name, info.max_entries);
        	memset(&attr, 0, sizeof(attr));
        	attr.pathname = (unsigned long)"/sys/fs/bpf/calls";
        	attr.bpf_fd = map;
        	CHECK(bpf(BPF_OBJ_PIN, &attr) == 0);
        	CHECK(bpf(BPF_OBJ_PIN, &attr) == -1 && errno == EEXIST);
        	attr.pathname = (unsigned long)"/tmp/calls";
        	CHECK(bpf(BPF_OBJ_PIN, &attr) == -1 && errno == EPERM);
        	return 0;
        }
        """);
    assertEquals(0, run("./user"), () -> out + "" + err);
    assertEquals("calls 11\ncalls 2\n", out.toString());
    assertEquals(0, run("bpftool map dump pinned /sys/fs/bpf/calls; bpftool prog"));
    assertEquals(
        """
        key: 00 00 00 00  value: 0b 00 00 00 00 00 00 00
        key: 01 00 00 00  value: 00 00 00 00 00 00 00 00
        Found 2 elements
        """,
        out.toString());
    assertEquals(0, run("rm /sys/fs/bpf/calls; bpftool map"));
    assertEquals("", out.toString());
  }

  @Test
  void badInputFailsAsOnLinux() throws IOException {
    compile("errors", Target.USER, resource("bpf-errors.c"));
    assertEquals(0, run("./errors"), err::toString);
    assertEquals(resource("bpf-errors.txt"), out.toString());
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = BpftoolTest.class.getResourceAsStream(name)) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void aProgramIsLoadedPinnedRunAndItsTypedMapRead() {
    compile("filter.bpf.o", Target.BPF, FILTER);
    assertEquals(
        0,
        run("bpftool prog load filter.bpf.o /sys/fs/bpf/filter && bpftool prog show name filter"),
        err::toString);
    String shown = out.toString().replaceAll("tag [0-9a-f]{16}", "tag T");
    assertTrue(
        shown.startsWith(
            """
            1: xdp  name filter  tag T  gpl
            \tloaded_at 1970-01-01T00:00:00+0000  uid 0
            \txlated 144B  not jited  memlock 4096B  map_ids 1
            \tbtf_id 2
            """),
        shown);
    assertEquals(0, run("bpftool prog dump xlated name filter"));
    assertTrue(
        out.toString().startsWith("int filter(struct xdp_md * ctx):\n; SEC(\"xdp\") int filter("),
        out::toString);
    assertTrue(out.toString().contains("(18) r1 = map[id:1]\n"), out::toString);
    assertTrue(out.toString().contains("call bpf_map_update_elem#2\n"), out::toString);
    assertEquals(
        0, run("bpftool prog run pinned /sys/fs/bpf/filter data_in filter.bpf.o repeat 1"));
    assertTrue(out.toString().startsWith("Return value: 1, duration: "), out::toString);
    assertEquals(0, run("bpftool map dump name stats"));
    assertEquals(
        """
        [
            {
                "key": {
                    "proto": 17,
                    "name": "udp"
                },
                "value": {
                    "packets": 1,
                    "last": -5,
                    "seen": true
                }
            }
        ]
        """,
        out.toString());
    assertEquals(255, run("bpftool map lookup name stats key 1 2 3"));
    assertEquals("Error: key expected 12 bytes got 3\n", err.toString());
    assertEquals(0, run("bpftool -j map delete id 1 key hex 11 0 0 0 75 64 70 0 0 0 0 0"));
    assertEquals("null\n", out.toString());
    assertEquals(0, run("rm /sys/fs/bpf/filter; bpftool prog; bpftool map; bpftool btf"));
    assertTrue(out.toString().startsWith("1: name [vmlinux]  size "), out::toString);
  }

  @Test
  void linksAndDevicesShowWhatIsAttached() {
    compile("filter.bpf.o", Target.BPF, FILTER);
    assertEquals(0, run("bpftool prog load filter.bpf.o /sys/fs/bpf/l autoattach"), err::toString);
    assertEquals(0, run("bpftool -f link; bpftool net"));
    assertEquals(
        """
        1: xdp  prog 1 \s
        \tifindex eth0(2) \s
        \tpinned /sys/fs/bpf/l
        xdp:
        eth0(2) driver id 1

        tc:

        flow_dissector:

        netfilter:

        """,
        out.toString());
    assertEquals(255, run("bpftool net attach xdp id 1 dev eth0"));
    assertEquals("Error: interface xdp attach failed: Device or resource busy\n", err.toString());
    assertEquals(0, run("bpftool link detach id 1; bpftool net attach xdp id 1 dev eth0"));
    assertEquals(0, run("rm /sys/fs/bpf/l; bpftool link; bpftool prog show id 1"));
    assertTrue(out.toString().startsWith("1: xdp  name filter"), "the device holds it");
    assertEquals(0, run("bpftool net detach xdp dev eth0; bpftool prog"));
    assertEquals("", out.toString());
  }

  @Test
  void refusalsNameWhatIsNotThere() {
    assertEquals(255, run("bpftool cgroup show /"));
    assertEquals("Error: bpftool cgroup: there are no cgroups in this kernel\n", err.toString());
    assertEquals(255, run("bpftool -j prog show id 77"));
    assertEquals(
        "{\"error\":\"get prog by id (77): No such file or directory\"}\n", out.toString());
    assertEquals(
        255,
        run("bpftool map create /sys/fs/bpf/s type sockmap key 4 value 4 entries 1" + " name s"));
    assertEquals("Error: map create failed: Invalid argument\n", err.toString());
  }

  @Test
  void typesDumpedAsCLayOutAsTheKernelsOwn() throws IOException {
    assertEquals(0, run("bpftool btf dump file /sys/kernel/btf/vmlinux format c"), err::toString);
    Btf kernel = Btf.parse("vmlinux", StructLayouts.bytes());
    StringBuilder source = new StringBuilder(out.toString());
    int wanted = 0;
    for (BtfType type : kernel.types()) {
      if (type instanceof BtfType.Composite struct && !struct.name().isEmpty()) {
        String tag = (struct instanceof BtfType.Union ? "union " : "struct ") + struct.name();
        source.append("%s *w%d;\n".formatted(tag, wanted++));
      }
    }
    Btf compiled = Btf.of(ElfFile.read(compile("types.bpf.o", Target.BPF, source.toString())));
    int compared = 0;
    for (BtfType type : kernel.types()) {
      if (type instanceof BtfType.Composite struct && !struct.name().isEmpty()) {
        BtfType.Composite same =
            compiled.find(struct.name()).stream()
                .map(compiled::type)
                .filter(BtfType.Composite.class::isInstance)
                .map(BtfType.Composite.class::cast)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + struct.name()));
        assertEquals(struct.size(), same.size(), struct.name());
        for (BtfType.Member member : struct.members()) {
          if (!member.name().isEmpty()) {
            Btf.Field field = compiled.field(same, member.name()).orElseThrow();
            assertEquals(
                member.bitOffset(), field.bitOffset(), struct.name() + "." + member.name());
          }
        }
        compared++;
      }
    }
    assertTrue(compared > 60, "structs compared: " + compared);
    assertFalse(out.toString().contains("(anon)"));
  }

  @Test
  void aBatchRunsItsLines() throws IOException {
    Files.writeString(
        directory.resolve("batch"),
        """
        # two commands, one of them on two lines
        map create /sys/fs/bpf/m type array key 4 \\
            value 4 entries 1 name m
        map update name m key 0 0 0 0 value 1 2 3 4
        """,
        StandardCharsets.UTF_8);
    assertEquals(0, run("bpftool batch file batch; bpftool map dump name m"), err::toString);
    assertEquals(
        """
        processed 2 commands
        key: 00 00 00 00  value: 01 02 03 04
        Found 1 element
        """,
        out.toString());
  }
}
