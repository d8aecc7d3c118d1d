package ringside.ebpf.context;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;
import ringside.ebpf.isa.ProgramType;
import ringside.kernel.layout.StructLayouts;

/** Direct context accesses are allowed exactly where Linux allows them. */
class ContextAccessTest {
  private static final StructLayouts LAYOUTS = StructLayouts.ofKernel();
  private static final int OFFSETS = 256;

  /** One program type under one attach type, with what the kernel said of it. */
  private static final class Subject {
    final Set<String> allowed = new TreeSet<>();
    final Map<Integer, String> gives = new HashMap<>();
  }

  @Test
  void allowsWhatLinuxAllowsAndNothingElse() throws IOException {
    Map<String, Subject> subjects = golden();
    assertEquals(52, subjects.size(), "types and attach types asked of the kernel");
    List<String> differences = new ArrayList<>();
    subjects.forEach((name, subject) -> {
      ContextRules rules = rules(name);
      int offsets = name.startsWith("xdp") ? 32 : OFFSETS;
      Set<String> ours = new TreeSet<>();
      for (int off = 0; off < offsets; off++) {
        for (int size = 1; size <= 8; size *= 2) {
          for (boolean write : new boolean[] {false, true}) {
            if (rules.access(off, size, write) != null) {
              ours.add((write ? "write " : "read ") + size + " at " + off);
            }
          }
        }
      }
      compare(name, subject.allowed, ours, differences);
    });
    assertEquals(List.of(), differences);
  }

  @Test
  void loadsGiveTheRegisterTypesThatLinuxGives() throws IOException {
    golden()
        .forEach((name, subject) ->
            subject.gives.forEach((off, type) -> {
              ContextRules rules = rules(name);
              ContextRules.Field field = rules.access(off, 8, false);
              field = field == null ? rules.access(off, 4, false) : field;
              assertNotNull(field, name + " " + off);
              assertEquals(type, name(field), name + " " + off);
            }));
  }

  @Test
  void everyAllowedAccessIsConverted() throws IOException {
    golden()
        .forEach((name, subject) -> {
          for (String access : subject.allowed) {
            String[] words = access.split(" ", -1);
            boolean write = words[0].equals("write");
            int size = Integer.parseInt(words[1]);
            int code = new int[] {0, 0x10, 0x08, 0, 0, 0, 0, 0, 0x18}[size];
            ContextRules rules = rules(name);
            for (int register : new int[] {1, 2}) {
              Insn insn =
                  write
                      ? new Insn(
                          Opcodes.BPF_STX | Opcodes.BPF_MEM | code,
                          1,
                          2,
                          Integer.parseInt(words[3]),
                          0)
                      : new Insn(
                          Opcodes.BPF_LDX | Opcodes.BPF_MEM | code,
                          register,
                          1,
                          Integer.parseInt(words[3]),
                          0);
              List<Insn> piece = rules.convert(insn);
              assertTrue(!piece.isEmpty() && piece.size() < 32, name + " " + access);
              // Jumps stay inside: the verifier moves pieces as wholes.
              for (int i = 0; i < piece.size(); i++) {
                int klass = piece.get(i).insnClass();
                if (klass == Opcodes.BPF_JMP || klass == Opcodes.BPF_JMP32) {
                  int target = i + 1 + piece.get(i).off();
                  assertTrue(target <= piece.size(), name + " " + access + ": " + piece);
                }
              }
            }
          }
        });
  }

  @Test
  void registersOfAProbeAreReadInPiecesAndThoseOfASampleWhole() {
    int size = LAYOUTS.of("pt_regs").size();
    ContextRules probe = rules(ProgramType.KPROBE, true);
    ContextRules sample = rules(ProgramType.PERF_EVENT, true);
    assertTrue(probe.access(size - 1, 1, false) != null && probe.access(size, 1, false) == null);
    assertTrue(sample.access(8, 8, false) != null && sample.access(8, 4, false) == null);
    assertTrue(sample.access(size, 2, false) != null && sample.access(size + 16, 1, false) == null);
  }

  @Test
  void packetsOfCgroupsNeedTheCapability() {
    ContextRules rules = rules(ProgramType.CGROUP_SKB, false);
    assertEquals(null, rules.access(76, 4, false));
    assertEquals(null, rules.access(152, 8, true));
    assertNotNull(rules.access(152, 8, false));
  }

  private static ContextRules rules(String name) {
    String[] words = name.split(" ", -1);
    int attach = Integer.parseInt(words[1]);
    ProgramType type = Objects.requireNonNull(ProgramType.byLabel(words[0]), name);
    return Objects.requireNonNull(
        Contexts.of(type, attach == 0 ? null : AttachType.byId(attach), LAYOUTS, true), name);
  }

  private static ContextRules rules(ProgramType type, boolean capable) {
    return Objects.requireNonNull(Contexts.of(type, null, LAYOUTS, capable));
  }

  private static void compare(
      String name, Set<String> theirs, Set<String> ours, List<String> differences) {
    for (String access : theirs) {
      if (!ours.contains(access)) {
        differences.add(name + ": only Linux allows " + access);
      }
    }
    for (String access : ours) {
      if (!theirs.contains(access)) {
        differences.add(name + ": only we allow " + access);
      }
    }
  }

  private static String name(ContextRules.Field field) {
    return switch (field.kind()) {
      case SCALAR_VALUE -> "scalar";
      case PTR_TO_PACKET -> "pkt";
      case PTR_TO_PACKET_META -> "pkt_meta";
      case PTR_TO_PACKET_END -> "pkt_end";
      case PTR_TO_FLOW_KEYS -> "flow_keys";
      case PTR_TO_SOCK_COMMON_OR_NULL -> "sock_common_or_null";
      case PTR_TO_SOCKET -> "sock";
      case PTR_TO_SOCKET_OR_NULL -> "sock_or_null";
      case PTR_TO_TP_BUFFER -> "tp_buffer";
      case PTR_TO_BTF_ID -> "ptr_" + field.btf();
      case PTR_TO_BTF_ID_TRUSTED -> "trusted_ptr_" + field.btf();
    };
  }

  private static Map<String, Subject> golden() throws IOException {
    Map<String, Subject> subjects = new HashMap<>();
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(ContextAccessTest.class.getResourceAsStream("access.txt")),
                StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.startsWith("#")) {
          continue;
        }
        String[] words = line.split(" ", 4);
        Subject subject = subjects.computeIfAbsent(words[0] + " " + words[1], _ -> new Subject());
        if (words[2].equals("gives")) {
          for (String pair : words[3].split(", ", -1)) {
            String[] sides = pair.split("=", -1);
            subject.gives.put(Integer.parseInt(sides[0]), sides[1]);
          }
        } else {
          String[] sides = words[3].split(": ", -1);
          int size = Integer.parseInt(sides[0]);
          for (String range : sides[1].split(",", -1)) {
            String[] ends = range.split("-", -1);
            int last = Integer.parseInt(ends[ends.length - 1]);
            for (int off = Integer.parseInt(ends[0]); off <= last; off += size) {
              subject.allowed.add(words[2] + " " + size + " at " + off);
            }
          }
        }
      }
    }
    return subjects;
  }
}
