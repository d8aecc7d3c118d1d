package ringside.ebpf.helper;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.Map;
import java.util.Properties;
import ringside.ebpf.isa.ProgramType;

/** Every helper that Linux has: its id, its name, and which program types may call it. */
public final class HelperCatalog {
  private static final String[] NAMES = names();
  private static final Map<ProgramType, BitSet> ALLOWED = allowed();

  private HelperCatalog() {}

  /** One more than the highest id, {@code __BPF_FUNC_MAX_ID}. */
  public static int count() {
    return NAMES.length;
  }

  /** Whether Linux has a helper of this id; 0 ({@code unspec}) is none. */
  public static boolean exists(int id) {
    return id > 0 && id < NAMES.length;
  }

  /** A helper's name, e.g. {@code bpf_map_lookup_elem}, or {@code unknown}. */
  public static String name(int id) {
    return id >= 0 && id < NAMES.length ? "bpf_" + NAMES[id] : "unknown";
  }

  /** The id of a helper by its name with or without {@code bpf_}, or -1. */
  public static int id(String name) {
    String bare = name.startsWith("bpf_") ? name.substring(4) : name;
    for (int id = 0; id < NAMES.length; id++) {
      if (NAMES[id].equals(bare)) {
        return id;
      }
    }
    return -1;
  }

  /** Whether Linux lets programs of a type call a helper. */
  public static boolean allows(ProgramType type, int id) {
    BitSet ids = ALLOWED.get(type);
    return ids != null && id >= 0 && ids.get(id);
  }

  private static String[] names() {
    Properties table = load("names.properties");
    String[] names = new String[table.size()];
    for (int id = 0; id < names.length; id++) {
      names[id] = table.getProperty(Integer.toString(id));
    }
    return names;
  }

  private static Map<ProgramType, BitSet> allowed() {
    Map<ProgramType, BitSet> allowed = new EnumMap<>(ProgramType.class);
    Properties table = load("program-types.properties");
    for (ProgramType type : ProgramType.values()) {
      String ranges = table.getProperty(type.label());
      if (ranges != null) {
        allowed.put(type, ids(ranges));
      }
    }
    return allowed;
  }

  private static BitSet ids(String ranges) {
    BitSet ids = new BitSet();
    for (String range : ranges.split(",", -1)) {
      int dash = range.indexOf('-');
      int first = Integer.parseInt(dash < 0 ? range : range.substring(0, dash));
      int last = dash < 0 ? first : Integer.parseInt(range.substring(dash + 1));
      ids.set(first, last + 1);
    }
    return ids;
  }

  static Properties load(String resource) {
    Properties table = new Properties();
    try (InputStream in =
        HelperCatalog.class.getResourceAsStream("/ringside/ebpf/helper/" + resource)) {
      if (in == null) {
        throw new IllegalStateException("resource " + resource + " is missing from the class path");
      }
      table.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return table;
  }
}
