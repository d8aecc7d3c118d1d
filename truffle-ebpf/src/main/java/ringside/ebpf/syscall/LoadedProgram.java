package ringside.ebpf.syscall;

import com.oracle.truffle.api.CallTarget;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.BpfMap;
import ringside.ebpf.refcount.Counted;
import ringside.ebpf.vm.ContextRootNode;
import ringside.ebpf.vm.Executable;
import ringside.ebpf.vm.RunStats;

/**
 * A program in the kernel ({@code struct bpf_prog}); holds its maps as long as it lives.
 *
 * <p>Its first reference is the loader's.
 */
public final class LoadedProgram extends Counted {
  private final Bpf bpf;
  private final int id;
  private final LoadRequest request;
  private final Origin origin;
  private final List<Insn> translated;
  private final List<Executable.Function> functions;
  private final CallTarget target;
  private final byte[] tag;
  private final int maxContextOffset;
  private final long loadTime;
  private final int verifiedInsns;
  private final Runnable release;
  private final RunStats stats;
  private final ProgramStream output = new ProgramStream();
  private final ProgramStream complaints = new ProgramStream();
  private final List<BpfMap> usedMaps = new ArrayList<>();
  private final Map<Long, BpfMap> referred = new HashMap<>();
  private final int[] slots;

  /** Makes it; takes references to what it uses. */
  LoadedProgram(
      Bpf bpf,
      int id,
      LoadRequest request,
      Origin origin,
      MapReferences references,
      Executable code,
      int[] slots,
      CallTarget target,
      int maxContextOffset,
      long loadTime,
      int verifiedInsns,
      Runnable release) {
    this.bpf = bpf;
    this.id = id;
    this.request = request;
    this.origin = origin;
    this.translated = code.insns();
    this.functions = code.functions();
    this.target = target;
    this.tag = ProgramTag.of(request.insns());
    this.maxContextOffset = maxContextOffset;
    this.loadTime = loadTime;
    this.verifiedInsns = verifiedInsns;
    this.slots = slots.clone();
    // Descriptors may be closed later, and mean something else.
    for (Insn insn : translated) {
      BpfMap map = insn.isWide() ? references.of(insn) : null;
      if (map != null) {
        referred.put(reference(insn), map);
      }
    }
    this.release = release;
    this.stats = new RunStats(bpf.statsSwitch());
    request.maps().forEach(this::use);
    DebugInfo debug = origin.debug();
    if (debug != null) {
      debug.btf().get();
    }
  }

  /** Makes it hold a map, once ({@code BPF_PROG_BIND_MAP}). */
  public void use(BpfMap map) {
    if (!usedMaps.contains(map)) {
      map.get();
      usedMaps.add(map);
    }
  }

  @Override
  protected void released() {
    release.run();
    usedMaps.forEach(Counted::put);
    DebugInfo debug = origin.debug();
    if (debug != null) {
      debug.btf().put();
    }
  }

  /** The subsystem that it is loaded into. */
  public Bpf bpf() {
    return bpf;
  }

  /** Its number, from 1. */
  public int id() {
    return id;
  }

  /** Its name, at most 15 characters. */
  public String name() {
    return request.name();
  }

  /** Its type. */
  public ProgramType type() {
    return request.type();
  }

  /** What it said it would be attached to, or null. */
  public @Nullable AttachType attachType() {
    return request.attachType();
  }

  /** The instructions as they were loaded. */
  public List<Insn> insns() {
    return request.insns();
  }

  /** The instructions as they run: context accesses converted, dead code gone. */
  public List<Insn> translated() {
    return translated;
  }

  /** Which loaded slot a translated one stems from. */
  public int loadedSlot(int translatedSlot) {
    return translatedSlot < slots.length ? slots[translatedSlot] : translatedSlot;
  }

  /** Its functions in the translated instructions; the main one first. */
  public List<Executable.Function> functions() {
    return functions;
  }

  /** The maps that it was loaded with; map references of a request by list index them. */
  public List<BpfMap> maps() {
    return request.maps();
  }

  /** The map that a map reference of its instructions means, or null. */
  public @Nullable BpfMap referred(Insn insn) {
    return referred.get(reference(insn));
  }

  private static long reference(Insn insn) {
    return (long) insn.src() << 32 | Integer.toUnsignedLong(insn.imm());
  }

  /** Its {@code bpf_func_info} records, moved to the translated instructions. */
  public byte[] translatedFunctions() {
    DebugInfo debug = origin.debug();
    return debug == null ? new byte[0] : DebugRecords.move(debug.functions(), 8, slots, true);
  }

  /** Its {@code bpf_line_info} records, moved to the translated instructions. */
  public byte[] translatedLines() {
    DebugInfo debug = origin.debug();
    return debug == null ? new byte[0] : DebugRecords.move(debug.lines(), 16, slots, false);
  }

  /** The tag of one of its functions; a program of one function has its own. */
  public byte[] functionTag(int function) {
    if (functions.size() < 2) {
      return tag();
    }
    int end =
        function + 1 < functions.size() ? functions.get(function + 1).start() : translated.size();
    return ProgramTag.of(translated.subList(functions.get(function).start(), end));
  }

  /** The maps that it holds. */
  public List<BpfMap> usedMaps() {
    return List.copyOf(usedMaps);
  }

  /** Takes the context's address as a boxed long, returns r0 as a boxed long. */
  public CallTarget target() {
    return target;
  }

  /** How far into its context it reads or writes. */
  public int maxContextOffset() {
    return maxContextOffset;
  }

  /** How often and how long it has run. */
  public RunStats stats() {
    return stats;
  }

  /** What hook adapters run. */
  public ContextRootNode.Program runnable() {
    return new ContextRootNode.Program(name(), target, stats);
  }

  /** What it has printed to a stream and nobody has read: 1 is its output, 2 its complaints. */
  public ProgramStream stream(int number) {
    return number == 1 ? output : complaints;
  }

  /** Eight bytes that tell its instructions from others ({@code tag}). */
  public byte[] tag() {
    return tag.clone();
  }

  /** Its licence. */
  public String license() {
    return request.license();
  }

  /** When it was loaded, in nanoseconds since boot. */
  public long loadTime() {
    return loadTime;
  }

  /** How many instructions the verifier has looked at. */
  public int verifiedInsns() {
    return verifiedInsns;
  }

  /** Who loaded it, and what it brought along. */
  public Origin origin() {
    return origin;
  }

  /**
   * What only a load through bpf(2) tells of a program.
   *
   * @param uid who loaded it
   * @param debug its types, functions and lines, or null
   * @param attachBtfId the kernel type of what it attaches to, or 0
   */
  public record Origin(int uid, @Nullable DebugInfo debug, int attachBtfId) {
    /** A load by the host. */
    public static final Origin HOST = new Origin(0, null, 0);
  }

  /**
   * Where a program's instructions come from, as the records of {@code BPF_PROG_LOAD} say it.
   *
   * @param functions {@code struct bpf_func_info}, 8 bytes each
   * @param lines {@code struct bpf_line_info}, 16 bytes each
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  public record DebugInfo(BtfObject btf, byte[] functions, byte[] lines) {}

  @Override
  public String toString() {
    return "program " + id + " (" + name() + ")";
  }
}
