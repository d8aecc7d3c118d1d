package ringside.lkm.loader;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The {@code tag=value} strings of a {@code .modinfo} section, in file order.
 *
 * @param entries every string that has a tag
 */
public record ModuleInfo(List<Entry> entries) {
  /** Copies the list. */
  public ModuleInfo {
    entries = List.copyOf(entries);
  }

  /** One string of the section, split at its first {@code =}. */
  public record Entry(String tag, String value) {}

  /** Splits a section's bytes at their NULs; strings without {@code =} are left out. */
  public static ModuleInfo parse(byte[] section) {
    List<Entry> entries = new ArrayList<>();
    for (String text : new String(section, StandardCharsets.UTF_8).split("\0", -1)) {
      int equals = text.indexOf('=');
      if (equals > 0) {
        entries.add(new Entry(text.substring(0, equals), text.substring(equals + 1)));
      }
    }
    return new ModuleInfo(entries);
  }

  /** The value of the first string with a tag. */
  public Optional<String> first(String tag) {
    return entries.stream().filter(e -> e.tag().equals(tag)).map(Entry::value).findFirst();
  }
}
