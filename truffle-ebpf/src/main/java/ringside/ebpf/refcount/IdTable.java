package ringside.ebpf.refcount;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Objects by number, given out in a circle as {@code idr_alloc_cyclic} does: a number is not used
 * again soon.
 */
public final class IdTable<T> {
  private final TreeMap<Integer, T> objects = new TreeMap<>();
  private int last;

  /** Makes an empty table; the first number is 1. */
  public IdTable() {}

  /** The number that the next object gets. */
  public int reserve() {
    do {
      last = last == Integer.MAX_VALUE ? 1 : last + 1;
    } while (objects.containsKey(last));
    return last;
  }

  /** Publishes an object under a reserved number. */
  public void put(int id, T object) {
    objects.put(id, object);
  }

  /** Removes an object; its number is free again. */
  public void remove(int id) {
    objects.remove(id);
  }

  /** The object of that number, or null. */
  public @Nullable T find(int id) {
    return objects.get(id);
  }

  /** The smallest number from {@code id} on that has an object, or 0 ({@code idr_get_next}). */
  public int next(int id) {
    Map.Entry<Integer, T> entry = objects.ceilingEntry(id);
    return entry == null ? 0 : entry.getKey();
  }

  /** All objects, by number. */
  public List<T> all() {
    return List.copyOf(objects.values());
  }
}
