package ringside.ebpf.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.File;
import java.io.IOException;
import org.junit.jupiter.api.Test;

final class HostBpfTest {
  @Test
  void saysWhyWhenItIsNotAllowed() {
    HostBpf host = HostBpf.probe();
    assertEquals(host.allowed(), host.reason().isEmpty(), host.reason());
  }

  @Test
  void leavesNoFileDescriptorOpen() throws IOException {
    HostBpf.probe();
    File[] open = new File("/proc/self/fd").listFiles();
    if (open != null) {
      for (File fd : open) {
        assertFalse(fd.getCanonicalPath().contains("bpf-prog"), fd.getCanonicalPath());
      }
    }
  }
}
