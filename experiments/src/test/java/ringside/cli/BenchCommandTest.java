package ringside.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import ringside.ebpf.host.HostBpf;

class BenchCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int ringside(String... args) {
    return Ringside.execute(new PrintWriter(out, true), new PrintWriter(err, true), args);
  }

  @Test
  void measuresALaneAndItsBaselineInJvmsOfTheirOwn() {
    int code =
        ringside(
            "bench",
            "syscall-count",
            "--lanes=builtin,module",
            "--rounds=1",
            "--warmups=1",
            "--iterations=2",
            "--millis=100",
            "--json");
    assertEquals(0, code, err::toString);
    JsonArray rows =
        JsonParser.parseString(out.toString()).getAsJsonObject().getAsJsonArray("rows");
    assertEquals(2, rows.size());
    JsonObject module = rows.get(1).getAsJsonObject();
    assertEquals("module@sys_enter", module.get("lane").getAsString());
    assertEquals("builtin@sys_enter", module.get("baseline").getAsString());
    JsonObject nanos = module.getAsJsonObject("ns");
    assertEquals(2, nanos.get("n").getAsInt());
    assertTrue(nanos.get("median").getAsDouble() > 0);
    assertTrue(module.getAsJsonObject("ratio").get("median").getAsDouble() > 0);
    // The fork has the compiler: it says which flags it was started with.
    assertTrue(err.toString().contains("--upgrade-module-path"), err::toString);
  }

  @Test
  void timesThePacketProgramOnTheRealKernelWhereThatIsAllowed() {
    HostBpf probe = HostBpf.probe();
    Assumptions.assumeTrue(probe.allowed(), probe::reason);
    int code =
        ringside(
            "bench",
            "packet-filter",
            "--against-host",
            "--lanes=host",
            "--rounds=1",
            "--iterations=2",
            "--json");
    assertEquals(0, code, err::toString);
    JsonObject row =
        JsonParser.parseString(out.toString())
            .getAsJsonObject()
            .getAsJsonArray("rows")
            .get(0)
            .getAsJsonObject();
    assertEquals("host@xdp", row.get("lane").getAsString());
    double nanos = row.getAsJsonObject("ns").get("median").getAsDouble();
    assertTrue(nanos > 0, row::toString);
  }

  @Test
  void listsEveryLaneOfEveryWorkload() {
    assertEquals(0, ringside("bench", "--list"));
    assertTrue(out.toString().contains("packet-filter          ebpf@xdp"), out::toString);
    assertTrue(out.toString().contains("boot                   reused-ram"), out::toString);
  }

  @Test
  void anUnknownWorkloadOrLaneIsAUsageErrorThatNamesWhatThereIs() {
    assertEquals(2, ringside("bench", "packet-filtre"));
    assertTrue(
        err.toString().contains("unknown workload 'packet-filtre'")
            && err.toString().contains("packet-filter, syscall-count, boot"),
        err::toString);
    assertEquals(2, ringside("bench", "boot", "--lanes", "ebpf"));
    assertTrue(
        err.toString().contains("unknown lane 'ebpf'")
            && err.toString().contains("new-ram, reused-ram"),
        err::toString);
    assertEquals(2, ringside("bench", "boot", "--rounds", "0"));
    assertTrue(err.toString().contains("--rounds must be at least 1"), err::toString);
  }
}
