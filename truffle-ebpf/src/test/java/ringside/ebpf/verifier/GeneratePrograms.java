package ringside.ebpf.verifier;

import java.io.BufferedOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.ProgramType;

/**
 * Prints random programs as JSON lines for the referee and for {@link VerifierBatch}; arguments are
 * first seed, count and program types.
 */
final class GeneratePrograms {
  private GeneratePrograms() {}

  public static void main(String[] args) {
    long first = Long.parseLong(args[0]);
    int count = Integer.parseInt(args[1]);
    String caps = args.length > 2 ? args[2] : "root";
    int level = args.length > 3 ? Integer.parseInt(args[3]) : 0;
    PrintStream out =
        new PrintStream(new BufferedOutputStream(System.out), false, StandardCharsets.UTF_8);
    for (long seed = first; seed < first + count; seed++) {
      ProgramType type =
          // Who may not see kernel memory loads socket filters only.
          switch (caps.equals("root") ? (int) (seed % 8) : 0) {
            case 0 -> ProgramType.SOCKET_FILTER;
            case 1 -> ProgramType.KPROBE;
            case 2 -> ProgramType.TRACEPOINT;
            case 3 -> ProgramType.SCHED_CLS;
            case 4 -> ProgramType.CGROUP_SKB;
            default -> ProgramType.XDP;
          };
      String hex =
          HexFormat.of().formatHex(Insn.encodeAll(new ProgramGenerator(seed, type).generate()));
      out.println(
          "{\"id\":\""
              + seed
              + "\",\"cmd\":\"load\",\"type\":\""
              + type.label()
              + "\",\"caps\":\""
              + caps
              + "\",\"log_level\":"
              + level
              + ",\"maps\":"
              + ProgramGenerator.MAPS
              + ",\"hex\":\""
              + hex
              + "\"}");
    }
    out.flush();
  }
}
