package ringside.kernel.layout;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/**
 * The layouts of all kernel structs, by tag, as the BTF of the kernel's headers gives them.
 *
 * <p>Safe for any number of threads. Look a layout up once and keep the offsets in final fields.
 */
public final class StructLayouts {
  /** The resource that the build makes of the C headers in {@code ringside/include}. */
  static final String RESOURCE = "/ringside/kernel/vmlinux.btf";

  private final Btf btf;
  private final Map<String, StructLayout> structs = new ConcurrentHashMap<>();

  /** Takes the layouts from BTF. */
  public StructLayouts(Btf btf) {
    this.btf = btf;
  }

  /** The layouts of the kernel that this program simulates; one shared object. */
  public static StructLayouts ofKernel() {
    return Shared.LAYOUTS;
  }

  /** Read once for all kernels: it never changes, and parsing would be half of a boot. */
  private static final class Shared {
    static final StructLayouts LAYOUTS = new StructLayouts(Btf.parse("vmlinux.btf", bytes()));
  }

  /** The types that the layouts come from: the contents of {@code /sys/kernel/btf/vmlinux}. */
  public Btf btf() {
    return btf;
  }

  /** The bytes of {@code /sys/kernel/btf/vmlinux}; a fresh array. */
  public static byte[] bytes() {
    try (InputStream in = StructLayouts.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException(
            "resource " + RESOURCE + " is missing: build the hooks module with Maven");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The layout of {@code struct tag}.
   *
   * @throws IllegalArgumentException where the kernel headers declare no such struct
   */
  public StructLayout of(String tag) {
    return structs.computeIfAbsent(tag, this::read);
  }

  private StructLayout read(String tag) {
    BtfType.Struct struct =
        btf.struct(tag)
            .orElseThrow(
                () -> new IllegalArgumentException("the kernel headers declare no struct " + tag));
    Map<String, StructLayout.Field> fields = new LinkedHashMap<>();
    collect(struct, "", 0, fields);
    return new StructLayout(tag, Math.toIntExact(struct.size()), Map.copyOf(new HashMap<>(fields)));
  }

  private void collect(
      BtfType.Composite composite, String prefix, int base, Map<String, StructLayout.Field> into) {
    for (BtfType.Member member : composite.members()) {
      int offset = base + member.bitOffset() / 8;
      BtfType type = btf.stripped(member.type());
      String path = prefix + member.name();
      if (!member.name().isEmpty() && member.bitSize() == 0) {
        into.put(path, new StructLayout.Field(offset, sizeOf(member.type())));
      }
      if (type instanceof BtfType.Composite inner) {
        collect(inner, member.name().isEmpty() ? prefix : path + ".", offset, into);
      }
    }
  }

  private int sizeOf(int type) {
    return Math.toIntExact(btf.sizeOf(type));
  }
}
