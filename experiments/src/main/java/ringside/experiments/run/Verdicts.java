package ringside.experiments.run;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Sums up what a lane said of each event. */
final class Verdicts {
  private Verdicts() {}

  /** SHA-256 over the verdicts in order, one a line, in hex. */
  static String digest(List<String> verdicts) {
    MessageDigest digest = Packets.sha256();
    for (String verdict : verdicts) {
      digest.update(verdict.getBytes(StandardCharsets.UTF_8));
      digest.update((byte) '\n');
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** How often each of the words was said. */
  static Map<String, Long> counts(List<String> verdicts, String... words) {
    Map<String, Long> counts = new LinkedHashMap<>();
    for (String word : words) {
      counts.put(word, verdicts.stream().filter(word::equals).count());
    }
    return counts;
  }
}
