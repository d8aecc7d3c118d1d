package ringside.lkm.loader;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Memory;
import ringside.kernel.trap.Taint;

/**
 * One module in the kernel.
 *
 * <p>What Linux keeps in {@code struct module} is read from there, in simulated memory, each time;
 * only what no C code could see is kept in fields.
 */
public final class LoadedModule {
  private final Memory memory;
  private final StructLayout layout;
  private final long address;
  private final String loadedAs;
  private final List<Segment> segments;
  private final Set<LoadedModule> uses = new LinkedHashSet<>();
  private final Set<LoadedModule> usedBy = new LinkedHashSet<>();
  private final EnumSet<Taint.Flag> taints = EnumSet.noneOf(Taint.Flag.class);
  private boolean usingGplOnlySymbols;

  /** {@code enum module_state}. */
  public enum State {
    /** {@code MODULE_STATE_LIVE}. */
    LIVE(0, "Live"),
    /** {@code MODULE_STATE_COMING}: its init has not returned. */
    COMING(1, "Loading"),
    /** {@code MODULE_STATE_GOING}. */
    GOING(2, "Unloading"),
    /** {@code MODULE_STATE_UNFORMED}: still being set up, invisible. */
    UNFORMED(3, "");

    private final int value;
    private final String word;

    State(int value, String word) {
      this.value = value;
      this.word = word;
    }

    /** The word in {@code /proc/modules}. */
    public String word() {
      return word;
    }
  }

  LoadedModule(
      Memory memory, StructLayout layout, long address, String name, List<Segment> segments) {
    this.memory = memory;
    this.layout = layout;
    this.address = address;
    this.loadedAs = name;
    this.segments = new ArrayList<>(segments);
  }

  /** The address of its {@code struct module}, {@code THIS_MODULE} in C. */
  public long address() {
    return address;
  }

  /** The name it was loaded under, whatever it has done to its {@code struct module} since. */
  public String name() {
    return loadedAs;
  }

  /** {@code mod->state}; UNFORMED for a number that is none. */
  public State state() {
    int value = memory.readInt(field("state"));
    for (State state : State.values()) {
      if (state.value == value) {
        return state;
      }
    }
    return State.UNFORMED;
  }

  void setState(State state) {
    memory.writeInt(field("state"), state.value);
  }

  /** {@code module_refcount}: references beside the loader's own. */
  public int references() {
    return memory.readInt(field("refcnt.counter")) - 1;
  }

  void setReferenceCounter(int value) {
    memory.writeInt(field("refcnt.counter"), value);
  }

  /** The address of its init function, or 0. */
  public long init() {
    return memory.readLong(field("init"));
  }

  /** The address of its exit function, or 0. */
  public long exit() {
    return memory.readLong(field("exit"));
  }

  /** Bytes of its memory, whole pages. */
  public long size() {
    return segments.stream().mapToLong(Segment::size).sum();
  }

  /** Its memory, by kind. */
  public List<Segment> segments() {
    return List.copyOf(segments);
  }

  /** The base of its text, or 0. */
  public long textBase() {
    return segments.stream()
        .filter(s -> s.kind() == Segment.Kind.TEXT)
        .mapToLong(Segment::base)
        .findFirst()
        .orElse(0);
  }

  /** The modules whose symbols it was linked against. */
  public Set<LoadedModule> uses() {
    return Set.copyOf(uses);
  }

  /** The modules that were linked against it ({@code holders}), oldest first. */
  public List<LoadedModule> usedBy() {
    return List.copyOf(usedBy);
  }

  /** The taint flags that it has brought. */
  public Set<Taint.Flag> taints() {
    return Set.copyOf(taints);
  }

  /** The taint letters, in bit order ({@code module_flags_taint}). */
  public String taintLetters() {
    StringBuilder letters = new StringBuilder();
    taints.forEach(flag -> letters.append(flag.letter()));
    return letters.toString();
  }

  void taint(Taint.Flag flag) {
    taints.add(flag);
  }

  boolean proprietary() {
    return taints.contains(Taint.Flag.PROPRIETARY_MODULE);
  }

  boolean usingGplOnlySymbols() {
    return usingGplOnlySymbols;
  }

  void useGplOnlySymbol() {
    usingGplOnlySymbols = true;
  }

  void use(LoadedModule other) {
    if (uses.add(other)) {
      other.usedBy.add(this);
      other.setReferenceCounter(other.references() + 2);
    }
  }

  void releaseUses() {
    for (LoadedModule other : uses) {
      other.usedBy.remove(this);
      other.setReferenceCounter(other.references());
    }
    uses.clear();
  }

  void dropSegments(List<Segment> gone) {
    segments.removeAll(gone);
  }

  private long field(String name) {
    return address + layout.offset(name);
  }
}
