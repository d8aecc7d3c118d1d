package ringside.ebpf.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.graalvm.polyglot.Engine;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import ringside.ebpf.asm.Disassembler;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.syscall.LoadRequest;
import ringside.ebpf.syscall.LoadResult;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.ebpf.syscall.TestRun;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;

/**
 * One corpus of programs in every way of execution, against what a real Linux kernel computed.
 *
 * <p>{@code -Dringside.isa.corpus=FILE} takes another corpus, as JSON lines, perhaps gzipped: a
 * program ({@code insns}, hex) and its {@code cases}, each a packet and what came of it ({@code
 * data}, {@code data_out}, {@code retval}). {@code -Dringside.isa.stride=N} takes every Nth
 * program.
 */
class KernelAnswersTest {
  /** Compiling a program takes far longer than interpreting it. */
  private static final int COMPILED_BY_DEFAULT = 6;

  private static final String OWN = "/ringside/ebpf/vm/kernel-answers.jsonl";

  @ParameterizedTest
  @EnumSource
  void everyModeComputesWhatTheKernelComputed(Modes mode) throws IOException {
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    String modes = System.getProperty("ringside.isa.modes");
    assumeTrue(modes == null || List.of(modes.split(",")).contains(mode.name()), "not asked for");
    int from = Integer.getInteger("ringside.isa.from", 0);
    int most = mode == Modes.INTERPRETER || modes != null ? Integer.MAX_VALUE : COMPILED_BY_DEFAULT;
    int limit = Integer.getInteger("ringside.isa.programs", most);
    int programs = 0;
    int cases = 0;
    try (Engine engine = mode.engine(log);
        Kernel kernel = Kernel.boot(KernelConfig.defaults().withEngine(engine));
        BufferedReader corpus = open()) {
      Bpf bpf = new Bpf(kernel);
      int number = 0;
      for (String line = corpus.readLine();
          line != null && programs < limit;
          line = corpus.readLine()) {
        if (number++ < from) {
          continue;
        }
        programs++;
        cases += check(bpf, mode, JsonParser.parseString(line).getAsJsonObject());
      }
    }
    assertTrue(programs > 0, "the corpus is empty");
    if (mode == Modes.OSR) {
      long replaced =
          log.toString(StandardCharsets.UTF_8)
              .lines()
              .filter(l -> l.contains("opt done") && l.contains("OSR"))
              .count();
      assertTrue(replaced >= programs, replaced + " replacements for " + programs + " programs");
    }
    System.out.printf("%s: %d programs, %d cases%n", mode, programs, cases);
  }

  private static int check(Bpf bpf, Modes mode, JsonObject row) {
    List<Insn> insns = Insn.decodeAll(HexFormat.of().parseHex(row.get("insns").getAsString()));
    // Unverified, as the loop in front of the OSR form would take the verifier a while.
    LoadResult loaded =
        bpf.load(
            LoadRequest.of("corpus", ProgramType.XDP, mode.prepared(insns), List.of())
                .unverified());
    LoadedProgram program = loaded.program();
    assertNotNull(program, loaded.log());
    JsonArray cases = row.getAsJsonArray("cases");
    for (JsonElement element : cases) {
      JsonObject one = element.getAsJsonObject();
      TestRun.Answer answer =
          new TestRun(bpf.kernel())
              .run(
                  program,
                  new TestRun.Request(
                      HexFormat.of().parseHex(one.get("data").getAsString()), new byte[0], 1));
      assertEquals(
          one.get("data_out").getAsString() + " " + one.get("retval").getAsInt(),
          HexFormat.of().formatHex(answer.data()) + " " + answer.retval(),
          () -> "program " + row.get("id") + ":\n" + new Disassembler().listing(insns));
    }
    bpf.unload(program);
    return cases.size();
  }

  private static BufferedReader open() throws IOException {
    String file = System.getProperty("ringside.isa.corpus");
    InputStream in =
        file == null
            ? KernelAnswersTest.class.getResourceAsStream(OWN)
            : Files.newInputStream(Path.of(file));
    assertNotNull(in, OWN);
    boolean packed = file != null && file.endsWith(".gz");
    return new BufferedReader(
        new InputStreamReader(packed ? new GZIPInputStream(in) : in, StandardCharsets.UTF_8));
  }
}
