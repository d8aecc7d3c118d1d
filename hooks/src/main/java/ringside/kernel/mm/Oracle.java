package ringside.kernel.mm;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Watches memory beside the run and records what really went wrong; never influences the run.
 *
 * <p>Kernel code in Java and extensions see the same memory through two observers, so their
 * accesses are told apart at no cost to the run without an oracle. The kernel's are trusted and
 * only tell what is initialised.
 *
 * <p>An extension's access is a violation when it touches a free page or a freed object, the slack
 * behind what an object was asked for, bytes nobody has written, or a field that only the kernel
 * may write. Between {@link #enter} and {@link #leave} it is one, too, when it touches an object
 * that the extension cannot have a pointer to: none was passed to it, returned by a kernel
 * function, or loaded from memory since it was entered, for code that is entered anew has no
 * pointers but those. A pointer just past an object's end that comes back from the extension's own
 * stack does not count, for loops keep such ends there. So a wild access that happens to hit an
 * object the extension has just used is missed, and no access by a pointer that it really has is
 * reported.
 */
public final class Oracle implements SlabObserver {
  private static final String ANONYMOUS = "extension";
  private static final String KERNEL = "kernel";

  private final LongSupplier nanos;
  private final LongFunction<String> symbol;
  private final ShadowBytes uninitialised = new ShadowBytes();
  private final ShadowObjects objects = new ShadowObjects();
  private final Invariants invariants = new Invariants();
  private final Map<Key, Entry> violations = new LinkedHashMap<>();
  private @Nullable Memory memory;
  private @Nullable Slab slab;
  private @Nullable PageAllocator frames;
  private @Nullable Extension current;
  private long total;
  private boolean copying;

  /**
   * Makes an oracle that has nothing to watch yet.
   *
   * @param nanos virtual time
   * @param symbol names an address of the kernel image or a module
   */
  public Oracle(LongSupplier nanos, LongFunction<String> symbol) {
    this.nanos = nanos;
    this.symbol = symbol;
  }

  /** What kind of rule an access broke. */
  public enum Kind {
    /** A load outside of every object that the extension was given. */
    OUT_OF_BOUNDS_READ,
    /** A store outside of every object that the extension was given. */
    OUT_OF_BOUNDS_WRITE,
    /** A load from a freed object. */
    USE_AFTER_FREE_READ,
    /** A store into a freed object. */
    USE_AFTER_FREE_WRITE,
    /** A load of bytes that nobody has written since their allocation. */
    UNINITIALISED_READ,
    /** A store where only the kernel may: credentials, the syscall table, text. */
    INVARIANT_WRITE
  }

  /**
   * Accesses of one extension that broke one rule at one object.
   *
   * @param address the first byte of the first such access
   * @param size its width in bytes
   * @param extension who made it
   * @param object what was hit, e.g. {@code kmalloc-64 object of kernel}
   * @param owner who allocated it, or an empty string where nobody did
   * @param nanos virtual time of the first such access
   * @param count how many there were
   */
  public record Violation(
      Kind kind,
      long address,
      int size,
      String extension,
      String object,
      String owner,
      long nanos,
      long count) {}

  /** An extension while it runs. */
  private static final class Extension {
    final String name;
    final boolean provenance;
    final long stackLow;
    final long stackHigh;
    final @Nullable Extension outer;

    /** The objects that it has, or had, a pointer to. */
    final Set<ShadowObjects.Entry> known = new HashSet<>();

    /** The lowest stack address written since the stack below was last declared uninitialised. */
    long lowest;

    Extension(
        String name, boolean provenance, long stackLow, long stackHigh, @Nullable Extension outer) {
      this.name = name;
      this.provenance = provenance;
      this.stackLow = stackLow;
      this.stackHigh = stackHigh;
      this.outer = outer;
      this.lowest = stackHigh;
    }

    boolean onStack(long address) {
      return address >= stackLow && address < stackHigh;
    }
  }

  private record Key(Kind kind, String extension, long place) {}

  private static final class Entry {
    final Violation first;
    long count = 1;

    Entry(Violation first) {
      this.first = first;
    }
  }

  /** Says what to watch, once, before anything runs. */
  public void watch(Memory watched, Slab heap, PageAllocator pages) {
    memory = watched;
    slab = heap;
    frames = pages;
  }

  /** What only the kernel may write. */
  public Invariants invariants() {
    return invariants;
  }

  // --- what the engines tell ---

  /**
   * An extension begins to run.
   *
   * @param name who it is; the same name at every entry
   * @param provenance whether to hold it to the objects that it was given
   * @param stackLow the lowest address of the stack it runs on
   * @param stackPointer what its stack pointer is; everything below is uninitialised
   * @param arguments what it is called with; those that are pointers give it what they point to
   */
  @TruffleBoundary
  public void enter(
      String name, boolean provenance, long stackLow, long stackPointer, long... arguments) {
    current = new Extension(name, provenance, stackLow, stackPointer, current);
    if (stackPointer > stackLow) {
      uninitialised.set(stackLow, stackPointer - stackLow);
    }
    for (long argument : arguments) {
      given(argument);
    }
  }

  /** The extension that was entered last has returned, or was unwound. */
  @TruffleBoundary
  public void leave() {
    copying = false;
    Extension left = current;
    current = left == null ? null : left.outer;
  }

  /** The running extension was given a value; where it points into an object, it may use that. */
  @TruffleBoundary
  public void given(long value) {
    Extension extension = current;
    if (extension != null && extension.provenance && value < 0) {
      ShadowObjects.Entry object = find(value);
      if (object != null) {
        extension.known.add(object);
      }
    }
  }

  /** A function of the running extension has returned: what stands below is not its caller's. */
  @TruffleBoundary
  public void returned(long stackPointer) {
    Extension extension = current;
    if (extension != null && extension.onStack(stackPointer) && extension.lowest < stackPointer) {
      uninitialised.set(extension.lowest, stackPointer - extension.lowest);
      extension.lowest = stackPointer;
    }
  }

  /** A copy begins, which may take along what nobody has written; {@link #endCopy} ends it. */
  public void beginCopy() {
    copying = true;
  }

  /** A copy has ended: the target is as initialised as the source is. */
  @TruffleBoundary
  public void endCopy(long to, long from, long count) {
    copying = false;
    uninitialised.copy(to, from, count);
  }

  // --- what memory and heap tell ---

  /** The observer for memory as extensions see it. */
  public AccessObserver extensionAccesses() {
    return this::extensionAccess;
  }

  /** The observer for memory as the kernel's own code sees it. */
  public AccessObserver kernelAccesses() {
    return (address, size, write) -> {
      if (write && address < 0) {
        uninitialised.clear(address, size);
      }
    };
  }

  @Override
  public void onAllocate(long address, long requested, long size, String cache, boolean zeroed) {
    Extension extension = current;
    ShadowObjects.Entry object =
        objects.allocate(
            address, requested, size, cache, extension == null ? KERNEL : extension.name);
    if (extension != null) {
      extension.known.add(object);
    }
    if (zeroed) {
      uninitialised.clear(address, size);
    } else {
      uninitialised.set(address, size);
    }
  }

  @Override
  public void onFree(long address) {
    objects.free(slot(address), address);
  }

  /** What was recorded, in the order in which it first happened. */
  public List<Violation> violations() {
    List<Violation> list = new ArrayList<>();
    for (Entry entry : violations.values()) {
      Violation v = entry.first;
      list.add(
          new Violation(
              v.kind(),
              v.address(),
              v.size(),
              v.extension(),
              v.object(),
              v.owner(),
              v.nanos(),
              entry.count));
    }
    return list;
  }

  /** How many accesses broke a rule. */
  public long total() {
    return total;
  }

  // --- judgement ---

  private void extensionAccess(long address, int size, boolean write) {
    if (address >= 0) {
      return;
    }
    Extension extension = current;
    if (write) {
      checkInvariants(extension, address, size);
    }
    if (isRam(address)) {
      if (checkObject(extension, address, size, write) && !write && !copying) {
        checkInitialised(extension, address, size);
      }
    }
    if (write) {
      uninitialised.clear(address, size);
      if (extension != null && extension.onStack(address)) {
        extension.lowest = Math.min(extension.lowest, address);
      }
    } else if (size == 8 && extension != null && extension.provenance) {
      found(extension, address);
    }
  }

  /** A pointer that the extension finds in memory it may read gives it what it points to. */
  private void found(Extension extension, long address) {
    Memory watched = memory;
    if (watched == null || !watched.allows(address, 8, PageTable.READ)) {
      return;
    }
    long value = watched.readLong(address);
    ShadowObjects.Entry object = value < 0 ? find(value) : null;
    if (object == null) {
      return;
    }
    if (extension.onStack(address) && value == object.start()) {
      ShadowObjects.Entry before = find(value - 1);
      if (before != null && extension.known.contains(before)) {
        return;
      }
    }
    extension.known.add(object);
  }

  private void checkInvariants(@Nullable Extension extension, long address, int size) {
    String range = invariants.range(address, size);
    if (range != null) {
      record(
          Kind.INVARIANT_WRITE,
          extension,
          address,
          size,
          invariants.inImage(address)
              ? range + " " + symbol.apply(invariants.image(address))
              : range,
          KERNEL,
          invariants.image(address) & -8);
      return;
    }
    ShadowObjects.Entry object = find(address);
    if (object == null || object.freed() || object.owner().equals(name(extension))) {
      return;
    }
    String field = invariants.field(object.cache(), address - object.start(), size);
    if (field != null) {
      record(Kind.INVARIANT_WRITE, extension, address, size, field, object.owner(), address & -8);
    }
  }

  /** Whether the access is to memory that the extension may use. */
  private boolean checkObject(
      @Nullable Extension extension, long address, int size, boolean write) {
    Kind outside = write ? Kind.OUT_OF_BOUNDS_WRITE : Kind.OUT_OF_BOUNDS_READ;
    ShadowObjects.Entry object = find(address);
    if (object == null) {
      String hole = hole(address);
      if (hole != null) {
        record(outside, extension, address, size, hole, "", address & -64);
        return false;
      }
      return true;
    }
    if (object.freed()) {
      record(
          write ? Kind.USE_AFTER_FREE_WRITE : Kind.USE_AFTER_FREE_READ,
          extension,
          address,
          size,
          object.describe(),
          object.owner(),
          object.start());
      return false;
    }
    boolean foreign =
        extension != null && extension.provenance && !extension.known.contains(object);
    if (foreign || address - object.start() + size > object.requested()) {
      record(outside, extension, address, size, object.describe(), object.owner(), object.start());
      return false;
    }
    return true;
  }

  private void checkInitialised(@Nullable Extension extension, long address, int size) {
    // All bytes, not some: copies of structs carry their padding along.
    if (uninitialised.all(address, size)) {
      ShadowObjects.Entry object = find(address);
      record(
          Kind.UNINITIALISED_READ,
          extension,
          address,
          size,
          object == null ? "kernel stack" : object.describe(),
          object == null ? "" : object.owner(),
          object == null ? 0 : object.start());
    }
  }

  private @Nullable String hole(long address) {
    Slab heap = slab;
    PageAllocator pages = frames;
    if (heap != null && heap.slotOf(address) != 0) {
      return "unallocated " + heap.cacheOf(address) + " slot";
    }
    return pages != null && !pages.isAllocated(Memory.frame(address)) ? "free page" : null;
  }

  private void record(
      Kind kind,
      @Nullable Extension extension,
      long address,
      int size,
      String object,
      String owner,
      long place) {
    total++;
    String name = name(extension);
    violations.merge(
        new Key(kind, name, place),
        new Entry(new Violation(kind, address, size, name, object, owner, nanos.getAsLong(), 1)),
        (old, _) -> {
          old.count++;
          return old;
        });
  }

  private static String name(@Nullable Extension extension) {
    return extension == null ? ANONYMOUS : extension.name;
  }

  private ShadowObjects.@Nullable Entry find(long address) {
    if (!isRam(address)) {
      return null;
    }
    long slot = slot(address);
    ShadowObjects.Entry object = objects.find(slot, address);
    PageAllocator pages = frames;
    if (slot == 0
        && object != null
        && object.freed()
        && pages != null
        && pages.isAllocated(Memory.frame(address))) {
      // Its pages have a new life as something that is no object.
      return null;
    }
    return object;
  }

  private long slot(long address) {
    Slab heap = slab;
    return heap == null ? 0 : heap.slotOf(address);
  }

  private boolean isRam(long address) {
    Memory watched = memory;
    return watched != null
        && Long.compareUnsigned(address - Memory.PAGE_OFFSET, watched.size()) < 0;
  }
}
