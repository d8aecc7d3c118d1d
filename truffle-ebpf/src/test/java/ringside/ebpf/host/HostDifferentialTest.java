package ringside.ebpf.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import ringside.ebpf.asm.Assembler;
import ringside.ebpf.batch.BatchAnswers;
import ringside.ebpf.batch.BatchSession;
import ringside.ebpf.batch.HostBatch;
import ringside.ebpf.isa.Insn;

/**
 * The same programs in the simulated kernel and in the real one: equal verdicts, errnos,
 * complaints, results and maps.
 *
 * <p>Skipped where this machine allows no bpf(2).
 */
class HostDifferentialTest {
  private static final String ARRAY = "[{\"type\":\"array\",\"key\":4,\"value\":8,\"entries\":2}]";
  private static final String HASH =
      "[{\"type\":\"hash\",\"key\":4,\"value\":8,\"entries\":2,"
          + "\"init\":[[\"01000000\",\"0700000000000000\"]]}]";
  private static final String PACKET =
      "r2 = *(u32 *)(r1 + 0)\nr3 = *(u32 *)(r1 + 4)\nr4 = r2\nr4 += 14\nif r4 > r3 goto out\n";

  private static HostBatch host;
  private static BatchSession ours;

  /** One program. */
  record Case(String name, String type, String maps, String text) {
    static Case of(String name, String type, String maps, String... lines) {
      return new Case(name, type, maps, String.join("\n", lines));
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static Case xdp(String name, String text) {
    return new Case(name, "xdp", "[]", text);
  }

  static List<Case> cases() {
    return List.of(
        xdp("returns a constant", "r0 = 2\nexit"),
        xdp("returns the low half", "r0 = 0x1122334455667788 ll\nexit"),
        xdp("divides by zero", "r0 = 7\nr1 = 0\nr0 /= r1\nexit"),
        xdp("signed division", "r0 = -7\nr1 = 2\nr0 s/= r1\nexit"),
        xdp("signed remainder", "w0 = -7\nw0 s%= 3\nexit"),
        xdp("overflowing division", "r0 = 1\nr0 <<= 63\nr1 = -1\nr0 s/= r1\nr0 >>= 32\nexit"),
        xdp("sign extension", "r1 = 0x80\nr0 = (s8)r1\nexit"),
        xdp("byte swap", "r0 = 0x11223344\nr0 = bswap32 r0\nexit"),
        xdp("shifts by registers", "r0 = -1\nr1 = 33\nw0 >>= w1\nexit"),
        xdp("stack and narrow load", "*(u64 *)(r10 - 8) = -2\nr0 = *(u16 *)(r10 - 6)\nexit"),
        xdp("sign-extending load", "*(u64 *)(r10 - 8) = 0x80\nr0 = *(s8 *)(r10 - 8)\nexit"),
        Case.of(
            "atomic add",
            "xdp",
            "[]",
            "*(u64 *)(r10 - 8) = 5",
            "r1 = 3",
            "lock *(u64 *)(r10 - 8) += r1",
            "r0 = *(u64 *)(r10 - 8)",
            "exit"),
        xdp("packet length", "r0 = *(u32 *)(r1 + 4)\nr1 = *(u32 *)(r1 + 0)\nr0 -= r1\nexit"),
        xdp(
            "packet read and written",
            PACKET
                + "r5 = *(u8 *)(r2 + 12)\n*(u8 *)(r2 + 0) = r5\n"
                + "r0 = r5\nexit\nout:\nr0 = 0\nexit"),
        xdp(
            "bounded loop",
            "r0 = 0\nr1 = 0\nagain:\nr0 += r1\nr1 += 1\nif r1 < 20 goto again\nexit"),
        xdp("local call", "r1 = 4\ncall twice\nr0 += 1\nexit\ntwice:\nr0 = r1\nr0 += r1\nexit"),
        xdp("no exit", "r0 = 0"),
        xdp("r0 unset", "exit"),
        xdp("packet without a check", "r2 = *(u32 *)(r1 + 0)\nr0 = *(u8 *)(r2 + 0)\nexit"),
        xdp("packet beyond the check", PACKET + "r0 = *(u8 *)(r2 + 14)\nexit\nout:\nr0 = 0\nexit"),
        xdp("context out of bounds", "r0 = *(u32 *)(r1 + 100)\nexit"),
        xdp("context written", "*(u32 *)(r1 + 0) = 1\nr0 = 0\nexit"),
        xdp("stack unset", "r0 = *(u64 *)(r10 - 8)\nr0 = 5\nexit"),
        xdp("stack too deep", "*(u64 *)(r10 - 520) = 0\nr0 = 0\nexit"),
        xdp("unreachable code", "r0 = 0\nexit\nr0 = 1\nexit"),
        xdp("endless loop", "again:\ngoto again"),
        xdp("pointer multiplied", "r0 = r1\nr0 *= 2\nexit"),
        xdp("unknown helper", "call 9999\nexit"),
        xdp("shift too far", "r0 = 1\nr0 <<= 64\nexit"),
        xdp("division by constant zero", "r0 = 1\nr0 /= 0\nexit"),
        Case.of(
            "array value",
            "xdp",
            ARRAY,
            "*(u32 *)(r10 - 4) = 1",
            "r2 = r10",
            "r2 += -4",
            "r1 = map_fd(0)",
            "call bpf_map_lookup_elem",
            "if r0 == 0 goto out",
            "*(u64 *)(r0 + 0) = 99",
            "r0 = 1",
            "exit",
            "out:",
            "r0 = 0",
            "exit"),
        Case.of(
            "array value unchecked",
            "xdp",
            ARRAY,
            "*(u32 *)(r10 - 4) = 1",
            "r2 = r10",
            "r2 += -4",
            "r1 = map_fd(0)",
            "call bpf_map_lookup_elem",
            "r0 = *(u64 *)(r0 + 0)",
            "exit"),
        Case.of(
            "array value too long",
            "xdp",
            ARRAY,
            "*(u32 *)(r10 - 4) = 1",
            "r2 = r10",
            "r2 += -4",
            "r1 = map_fd(0)",
            "call bpf_map_lookup_elem",
            "if r0 == 0 goto out",
            "r0 = *(u64 *)(r0 + 4)",
            "out:",
            "exit"),
        Case.of(
            "hash full",
            "xdp",
            HASH,
            "*(u64 *)(r10 - 16) = 5",
            "*(u32 *)(r10 - 4) = 2",
            "r1 = map_fd(0)",
            "r2 = r10",
            "r2 += -4",
            "r3 = r10",
            "r3 += -16",
            "r4 = 0",
            "call bpf_map_update_elem",
            "*(u32 *)(r10 - 4) = 3",
            "r1 = map_fd(0)",
            "r2 = r10",
            "r2 += -4",
            "r3 = r10",
            "r3 += -16",
            "r4 = 0",
            "call bpf_map_update_elem",
            "exit"),
        Case.of(
            "hash delete",
            "xdp",
            HASH,
            "*(u32 *)(r10 - 4) = 1",
            "r1 = map_fd(0)",
            "r2 = r10",
            "r2 += -4",
            "call bpf_map_delete_elem",
            "r6 = r0",
            "*(u32 *)(r10 - 4) = 1",
            "r1 = map_fd(0)",
            "r2 = r10",
            "r2 += -4",
            "call bpf_map_delete_elem",
            "r0 -= r6",
            "exit"));
  }

  @BeforeAll
  static void open() {
    HostBpf probe = HostBpf.probe();
    assumeTrue(probe.allowed(), () -> "the real kernel cannot be asked: " + probe.reason());
    try {
      host = new HostBatch();
    } catch (HostUnavailable e) {
      throw new AssertionError(e);
    }
    ours = new BatchSession(Map.of());
  }

  @AfterAll
  static void close() {
    if (host != null) {
      host.close();
      ours.close();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void bothKernelsSayTheSame(Case each) {
    String hex = HexFormat.of().formatHex(Insn.encodeAll(Assembler.assemble(each.text)));
    String request =
        "{\"cmd\":\"run\",\"type\":\"%s\",\"hex\":\"%s\",\"data\":\"%s\",\"dump_maps\":1,\"maps\":%s}"
            .formatted(each.type, hex, "0102030405060708090a0b0c0d0e0f10".repeat(4), each.maps);
    assertEquals(facts(host, request), facts(ours, request));
  }

  /** What must be equal: all but times, and what the verifier counted. */
  private static String facts(BatchAnswers batch, String request) {
    JsonObject answer = JsonParser.parseString(batch.answer(request)).getAsJsonObject();
    answer.remove("verify_ns");
    answer.remove("ns_per_run");
    return answer.toString();
  }
}
