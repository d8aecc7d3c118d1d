package ringside.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import ringside.experiments.lane.LoadRefused;
import ringside.hook.AttachException;
import ringside.reports.json.ResultsException;
import ringside.reports.json.ResultsJson;
import ringside.reports.model.Results;
import ringside.toolchain.Compilation;
import ringside.toolchain.Target;
import ringside.toolchain.Toolchain;

/** What users hand in by mistake: each ends in words, a hint and the exit code for it. */
final class BadInputTest {
  private static final int EM_X86_64 = 62;
  private static final int E_MACHINE = 18;
  private static final int FILE_HEADER = 24;
  private static final int PACKET_HEADER = 16;

  @TempDir private static Path objects;
  private static byte[] module = new byte[0];
  private static byte[] program = new byte[0];

  @TempDir private Path directory;

  private record Ran(int code, String out, String err) {
    /** Checks the exit code and what is said, and that it is neither a bug nor a stack trace. */
    void is(int expected, String... said) {
      assertEquals(expected, code, err);
      for (String words : said) {
        assertTrue(err.contains(words), () -> "no \"" + words + "\" in: " + err);
      }
      assertFalse(err.contains("internal error"), err);
      assertFalse(err.contains("\tat "), err);
    }
  }

  @BeforeAll
  static void compile() throws IOException {
    module =
        compiled(
            "m.ko",
            Target.MODULE,
            """
            #include <linux/module.h>
            int init_module(void) { return 0; }
            MODULE_LICENSE("GPL");
            """);
    program =
        compiled(
            "p.bpf.o",
            Target.BPF,
            """
            #include <vmlinux.h>
            #include <bpf/bpf_helpers.h>
            SEC("xdp") int pass(struct xdp_md *ctx) { return XDP_PASS; }
            char LICENSE[] SEC("license") = "GPL";
            """);
  }

  private static byte[] compiled(String name, Target target, String source) throws IOException {
    Path c = Files.writeString(objects.resolve(name + ".c"), source);
    Path file = objects.resolve(name);
    Toolchain.locate().compile(Compilation.of(target, c, file)).orThrow(c);
    return Files.readAllBytes(file);
  }

  @Test
  void aModuleCutInTheMiddleIsRefused() throws IOException {
    Path cut = file("cut.ko", Arrays.copyOf(module, module.length / 2));
    ringside("shell", "-c", "insmod " + cut)
        .is(3, "insmod: ERROR: could not insert", "cut.ko: truncated: ", "hint: ");
  }

  @Test
  void aModuleForAnotherMachineIsRefused() throws IOException {
    Path x86 = file("x86.ko", forX86(module));
    ringside("shell", "-c", "insmod " + x86)
        .is(3, "Invalid module format", "x86.ko: is for x86-64, not for RISC-V", "hint: ");
  }

  @Test
  void anObjectCutAnywhereIsRefused() throws IOException {
    for (int length : new int[] {0, 1, 40, 64, program.length / 2, program.length - 1}) {
      Path cut = file("cut.o", Arrays.copyOf(program, length));
      ringside("prog", "load", cut.toString()).is(3, "cut.o: ", "hint: ");
    }
    Path cut = file("cut.o", Arrays.copyOf(program, program.length / 2));
    ringside("shell", "-c", "prog load " + cut).is(3, "cut.o: truncated: ", "hint: ");
  }

  @Test
  void anObjectForAnotherMachineIsRefused() throws IOException {
    Path x86 = file("x86.o", forX86(program));
    ringside("prog", "load", x86.toString()).is(3, "is for x86-64, not for Linux BPF", "hint: ");
    Path ko = file("m.ko", module);
    ringside("prog", "run", ko.toString()).is(3, "is for RISC-V, not for Linux BPF", "hint: ");
  }

  /** What stripping leaves: no section of that name. */
  private static byte[] withoutBtf(byte[] object) {
    String stripped = new String(object, StandardCharsets.ISO_8859_1).replace(".BTF\0", ".XTF\0");
    return stripped.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Test
  void anObjectWithoutTheBtfThatItsMapsNeedIsRefused() throws IOException {
    byte[] mapped =
        compiled(
            "mapped.bpf.o",
            Target.BPF,
            """
            #include <vmlinux.h>
            #include <bpf/bpf_helpers.h>
            struct {
              __uint(type, BPF_MAP_TYPE_ARRAY);
              __uint(max_entries, 1);
              __type(key, __u32);
              __type(value, __u64);
            } counts SEC(".maps");
            SEC("xdp") int count(struct xdp_md *ctx) {
              __u32 zero = 0;
              return bpf_map_lookup_elem(&counts, &zero) ? XDP_PASS : XDP_DROP;
            }
            char LICENSE[] SEC("license") = "GPL";
            """);
    ringside("prog", "load", file("mapped.o", mapped).toString()).is(0);
    Path bare = file("bare.o", withoutBtf(mapped));
    String words = "BTF is required, but is missing or corrupted";
    ringside("prog", "load", bare.toString()).is(3, "bare.o: " + words, "hint: ", "-g");
    ringside("shell", "-c", "prog load " + bare).is(3, "bare.o: " + words, "hint: ");
  }

  @Test
  void anObjectThatNeedsNoBtfLoadsWithoutAsThroughLibbpf() throws IOException {
    ringside("prog", "load", file("bare.o", withoutBtf(program)).toString()).is(0);
  }

  @Test
  void anObjectWithoutProgramsIsRefused() throws IOException {
    Path none = objects.resolve("none.o");
    Files.write(none, compiled("none.o", Target.BPF, "int x = 1;\n"));
    ringside("prog", "load", none.toString()).is(3, "none.o: has no programs", "hint: ");
  }

  @Test
  void aFunctionWithoutASectionNameIsRefusedInLibbpfsWords() throws IOException {
    Path text = objects.resolve("text.o");
    Files.write(text, compiled("text.o", Target.BPF, "int f(int x) { return x; }\n"));
    ringside("prog", "load", text.toString())
        .is(3, "prog 'f': missing BPF prog type, check ELF section name '.text'", "hint: ");
  }

  @Test
  void aFileThatIsNotThereIsUsage() {
    String none = directory.resolve("none").toString();
    ringside("prog", "load", none).is(2, "none: no such file", "hint: ");
    ringside("prog", "load", directory.toString()).is(2, "is a directory", "hint: ");
    ringside("shell", none).is(2, "none: no such file", "hint: ");
    ringside("cc", none, "-t", "bpf").is(2, "none: no such file", "hint: ");
    ringside("run", "packet-filter", "--pcap", none, "--out", directory.toString())
        .is(2, "none: no such file", "hint: ");
    ringside("shell", "-c", "insmod " + none).is(1, "none: No such file or directory");
    ringside("shell", "-c", "prog load " + none).is(1, "none: No such file or directory");
  }

  @Test
  void whatIsNoCommandAndNoOptionIsSaidSo() {
    ringside("shel").is(2, "unknown command 'shel'", "hint: did you mean shell");
    ringside("prog", "lode", "x.o").is(2, "unknown command 'lode'", "did you mean load");
    ringside("run", "--qick").is(2, "Unknown option: '--qick'", "hint: ");
  }

  @Test
  void anOutBelowAFileIsUsage() throws IOException {
    Path below = file("file", new byte[0]).resolve("out");
    ringside("run", "null-dereference", "--out", below.toString())
        .is(2, below + ": cannot be written: ", "hint: name another place");
  }

  @Test
  void replayOfWhatCannotBeReplayed() throws IOException {
    byte[] whole = capture();
    Path cut = file("cut.pcap", Arrays.copyOf(whole, whole.length / 2));
    ringside("shell", "-c", "replay " + cut)
        .is(2, "cut.pcap, packet ", "the file ends inside", "hint: ");
    Path good = file("good.pcap", whole);
    Ran ran = ringside("shell", "-c", "replay " + good + " eth7; echo on");
    ran.is(0, "Cannot find device \"eth7\"");
    assertEquals("on\n", ran.out());
  }

  @Test
  void capturesOfEveryFormatGiveTheSameVerdicts() throws Exception {
    Results plain = replayed(file("us.pcap", capture()));
    var lanes = plain.workloads().getFirst().lanes();
    assertTrue(lanes.size() > 2, "a lane of each kind");
    for (Path other : List.of(file("ns.pcap", nanoseconds()), file("ng.pcapng", pcapng()))) {
      assertEquals(lanes, replayed(other).workloads().getFirst().lanes(), other.toString());
    }
  }

  @Test
  void refusalsHaveTheirExitCode() {
    assertEquals(3, Failure.of(new LoadRefused("no", "log")).exitCode().code());
    assertEquals(3, Failure.of(new AttachException(16, "busy")).exitCode().code());
  }

  private Results replayed(Path capture) throws ResultsException {
    Path out = directory.resolve("out");
    ringside(
            "run",
            "packet-filter",
            "--no-timing",
            "--pcap",
            capture.toString(),
            "--out",
            out.toString())
        .is(0);
    return new ResultsJson().read(out.resolve("results.json"));
  }

  private static byte[] capture() throws IOException {
    try (var in = BadInputTest.class.getResourceAsStream("/ringside/experiments/loopback.pcap")) {
      return in == null ? new byte[0] : in.readAllBytes();
    }
  }

  /** The bundled capture with the magic number and times of nanoseconds. */
  private static byte[] nanoseconds() throws IOException {
    ByteBuffer file = ByteBuffer.wrap(capture()).order(ByteOrder.LITTLE_ENDIAN);
    file.putInt(0, 0xa1b23c4d);
    int at = FILE_HEADER;
    while (at < file.capacity()) {
      file.putInt(at + 4, file.getInt(at + 4) * 1000);
      at += PACKET_HEADER + file.getInt(at + 8);
    }
    return file.array();
  }

  /** The bundled capture as a section, an interface and enhanced packet blocks. */
  private static byte[] pcapng() throws IOException {
    ByteBuffer file = ByteBuffer.wrap(capture()).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer made = ByteBuffer.allocate(4 * file.capacity()).order(ByteOrder.LITTLE_ENDIAN);
    made.putInt(0x0a0d0d0a).putInt(28).putInt(0x1a2b3c4d).putShort((short) 1).putShort((short) 0);
    made.putLong(-1).putInt(28);
    made.putInt(1).putInt(20).putInt(file.getInt(20)).putInt(0).putInt(20);
    int at = FILE_HEADER;
    while (at < file.capacity()) {
      int captured = file.getInt(at + 8);
      int padded = (captured + 3) & -4;
      long micros = file.getInt(at) * 1_000_000L + file.getInt(at + 4);
      made.putInt(6).putInt(32 + padded).putInt(0);
      made.putInt((int) (micros >>> 32)).putInt((int) micros);
      made.putInt(captured).putInt(file.getInt(at + 12));
      made.put(file.array(), at + PACKET_HEADER, captured).put(new byte[padded - captured]);
      made.putInt(32 + padded);
      at += PACKET_HEADER + captured;
    }
    return Arrays.copyOf(made.array(), made.position());
  }

  private static byte[] forX86(byte[] elf) {
    byte[] other = elf.clone();
    other[E_MACHINE] = EM_X86_64;
    other[E_MACHINE + 1] = 0;
    return other;
  }

  private Path file(String name, byte[] content) throws IOException {
    return Files.write(directory.resolve(name), content);
  }

  private static Ran ringside(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Ringside.execute(new PrintWriter(out), new PrintWriter(err), args);
    return new Ran(code, out.toString(), err.toString());
  }
}
