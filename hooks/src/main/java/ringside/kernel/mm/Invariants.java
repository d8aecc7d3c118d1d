package ringside.kernel.mm;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What no extension may write, whatever it was given: ranges of memory and fields of structs. */
public final class Invariants {
  private final List<Range> ranges = new ArrayList<>();
  private final Map<String, List<Range>> fields = new HashMap<>();

  private long imageSize;

  private record Range(long from, long to, String what) {
    boolean meets(long address, int size) {
      return address < to && address + size > from;
    }
  }

  /** Says how long the kernel image is, whose alias starts the linear map, in bytes. */
  public void setImageSize(long bytes) {
    imageSize = bytes;
  }

  /**
   * Forbids a range of kernel addresses.
   *
   * @param what names it in violations
   */
  public void range(long from, long to, String what) {
    ranges.add(new Range(from, to, what));
  }

  /**
   * Forbids a field in all objects of one cache.
   *
   * @param cache the cache's name
   * @param what names it in violations, e.g. {@code cred.uid}
   */
  public void field(String cache, long offset, long size, String what) {
    fields
        .computeIfAbsent(cache, _ -> new ArrayList<>())
        .add(new Range(offset, offset + size, what));
  }

  @Nullable String range(long address, int size) {
    long place = image(address);
    for (Range range : ranges) {
      if (range.meets(place, size)) {
        return range.what();
      }
    }
    return null;
  }

  @Nullable String field(String cache, long offset, int size) {
    for (Range range : fields.getOrDefault(cache, List.of())) {
      if (range.meets(offset, size)) {
        return range.what();
      }
    }
    return null;
  }

  /** An address in the linear map's alias of the kernel image as the image's own; others as is. */
  long image(long address) {
    long linear = address - Memory.PAGE_OFFSET;
    return linear >= 0 && linear < imageSize ? Memory.KERNEL_LINK_ADDR + linear : address;
  }

  boolean inImage(long address) {
    long offset = image(address) - Memory.KERNEL_LINK_ADDR;
    return offset >= 0 && offset < imageSize;
  }
}
