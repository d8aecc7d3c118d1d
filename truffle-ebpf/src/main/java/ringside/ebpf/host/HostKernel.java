package ringside.ebpf.host;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.host.BpfSyscall.Command;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;
import ringside.ebpf.isa.ProgramType;

/**
 * The real kernel under this process, as far as loading and test runs go.
 *
 * <p>For one thread at a time. What is loaded and made is gone when this is closed: nothing holds
 * it but descriptors.
 */
public final class HostKernel implements AutoCloseable {
  /** {@code BPF_OBJ_NAME_LEN} less the zero. */
  private static final int NAME_LENGTH = 15;

  private static final int LOG_BYTES = 1 << 24;
  private static final int ENOSPC = 28;

  /** {@code BPF_LOG_STATS}. */
  private static final int LOG_STATS = 4;

  /** {@code struct bpf_func_info}. */
  private static final int FUNC_INFO = 8;

  private final Arena arena = Arena.ofConfined();
  private final BpfSyscall bpf;
  private final Deque<Integer> descriptors = new ArrayDeque<>();
  private @Nullable MemorySegment log;

  private HostKernel(BpfSyscall bpf) {
    this.bpf = bpf;
  }

  /**
   * Opens it.
   *
   * @throws HostUnavailable where bpf(2) is not to be had or not allowed
   */
  public static HostKernel open() throws HostUnavailable {
    HostBpf probe = HostBpf.probe();
    if (!probe.allowed()) {
      throw new HostUnavailable(probe.reason());
    }
    return unprobed();
  }

  static HostKernel unprobed() throws HostUnavailable {
    return new HostKernel(new BpfSyscall());
  }

  /**
   * What {@code BPF_PROG_LOAD} is given.
   *
   * @param maps what map references with source 1 and 2 index
   * @param logLevel 1 and 2 or-ed, or 0; the statistics line is always asked for
   * @param flags {@code BPF_F_*}
   */
  public record Load(
      String name,
      ProgramType type,
      @Nullable AttachType attachType,
      List<Insn> insns,
      List<HostMap> maps,
      String license,
      int logLevel,
      int flags,
      @Nullable Types types) {

    /** A load under GPL, without maps and types. */
    public static Load of(String name, ProgramType type, List<Insn> insns) {
      return new Load(name, type, null, insns, List.of(), "GPL", 0, 0, null);
    }
  }

  /**
   * The types of a program's functions, which those that are global need.
   *
   * @param btf the object's types, as {@code BPF_BTF_LOAD} takes them
   * @param functions pairs of instruction and type
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  public record Types(byte[] btf, List<int[]> functions) {}

  /** Loads a program; a refusal is a result, never an exception. */
  public HostVerdict load(Load request) {
    int level = request.logLevel | LOG_STATS;
    HostVerdict verdict = load(request, level);
    boolean logTooLong = verdict.errno() == ENOSPC && level != LOG_STATS;
    return logTooLong ? load(request, LOG_STATS) : verdict;
  }

  private HostVerdict load(Load request, int level) {
    MemorySegment buffer = log();
    buffer.set(ValueLayout.JAVA_BYTE, 0, (byte) 0);
    try (Arena call = Arena.ofConfined()) {
      int types = 0;
      if (request.types != null) {
        types = loadTypes(call, request.types.btf);
        if (types < 0) {
          return new HostVerdict(null, -types, "BPF_BTF_LOAD failed with errno " + -types + "\n");
        }
      }
      byte[] code = Insn.encodeAll(references(request));
      MemorySegment attr = call.allocate(152, 8);
      attr.set(ValueLayout.JAVA_INT, 0, request.type.id());
      attr.set(ValueLayout.JAVA_INT, 4, code.length / Insn.BYTES);
      attr.set(ValueLayout.JAVA_LONG, 8, copy(call, code).address());
      attr.set(ValueLayout.JAVA_LONG, 16, call.allocateFrom(request.license).address());
      attr.set(ValueLayout.JAVA_INT, 24, level);
      attr.set(ValueLayout.JAVA_INT, 28, LOG_BYTES);
      attr.set(ValueLayout.JAVA_LONG, 32, buffer.address());
      attr.set(ValueLayout.JAVA_INT, 44, request.flags);
      name(attr, 48, request.name);
      attr.set(ValueLayout.JAVA_INT, 68, request.attachType == null ? 0 : request.attachType.id());
      if (request.types != null) {
        attr.set(ValueLayout.JAVA_INT, 72, types);
        functions(call, attr, request.types.functions);
      }
      int fd = bpf.call(Command.PROG_LOAD, attr);
      if (request.types != null) {
        bpf.close(types);
      }
      String text = buffer.getString(0, StandardCharsets.UTF_8);
      return fd < 0
          ? new HostVerdict(null, -fd, text)
          : new HostVerdict(new HostProgram(bpf, keep(fd), request.type), 0, text);
    }
  }

  private int loadTypes(Arena call, byte[] btf) {
    MemorySegment attr = call.allocate(32, 8);
    attr.set(ValueLayout.JAVA_LONG, 0, copy(call, btf).address());
    attr.set(ValueLayout.JAVA_INT, 16, btf.length);
    return bpf.call(Command.BTF_LOAD, attr);
  }

  private static void functions(Arena call, MemorySegment attr, List<int[]> functions) {
    MemorySegment records = call.allocate(Math.max(1, (long) FUNC_INFO * functions.size()), 8);
    for (int i = 0; i < functions.size(); i++) {
      records.set(ValueLayout.JAVA_INT, (long) FUNC_INFO * i, functions.get(i)[0]);
      records.set(ValueLayout.JAVA_INT, (long) FUNC_INFO * i + 4, functions.get(i)[1]);
    }
    attr.set(ValueLayout.JAVA_INT, 76, FUNC_INFO);
    attr.set(ValueLayout.JAVA_LONG, 80, records.address());
    attr.set(ValueLayout.JAVA_INT, 88, functions.size());
  }

  /** The instructions with descriptors where they have indexes into the maps. */
  private static List<Insn> references(Load request) {
    return request.insns.stream()
        .map(insn -> {
          boolean map =
              insn.isWide()
                  && (insn.src() == Opcodes.BPF_PSEUDO_MAP_FD
                      || insn.src() == Opcodes.BPF_PSEUDO_MAP_VALUE);
          boolean known = map && insn.imm() >= 0 && insn.imm() < request.maps.size();
          return known ? insn.withImm(request.maps.get(insn.imm()).fd()) : insn;
        })
        .toList();
  }

  /**
   * Makes a map.
   *
   * @param type {@code BPF_MAP_TYPE_*}
   * @param inner what the maps in a map of maps are like, or null
   * @return a map; or a negated errno in its {@link HostMap#fd}, of which nothing can be asked
   */
  public HostMap createMap(
      int type, int keySize, int valueSize, int maxEntries, int flags, @Nullable HostMap inner) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment attr = call.allocate(72, 8);
      attr.set(ValueLayout.JAVA_INT, 0, type);
      attr.set(ValueLayout.JAVA_INT, 4, keySize);
      attr.set(ValueLayout.JAVA_INT, 8, valueSize);
      attr.set(ValueLayout.JAVA_INT, 12, maxEntries);
      attr.set(ValueLayout.JAVA_INT, 16, flags);
      attr.set(ValueLayout.JAVA_INT, 20, inner == null ? 0 : inner.fd());
      name(attr, 28, "ringside");
      int fd = bpf.call(Command.MAP_CREATE, attr);
      return new HostMap(bpf, fd < 0 ? fd : keep(fd), type, keySize, valueSize);
    }
  }

  private int keep(int fd) {
    descriptors.push(fd);
    return fd;
  }

  private MemorySegment log() {
    MemorySegment made = log;
    if (made == null) {
      made = arena.allocate(LOG_BYTES);
      log = made;
    }
    return made;
  }

  private static void name(MemorySegment attr, long at, String name) {
    byte[] bytes = name.replaceAll("[^A-Za-z0-9_.]", "_").getBytes(StandardCharsets.US_ASCII);
    int length = Math.min(bytes.length, NAME_LENGTH);
    MemorySegment.copy(bytes, 0, attr, ValueLayout.JAVA_BYTE, at, length);
  }

  static MemorySegment copy(Arena arena, byte[] bytes) {
    MemorySegment segment = arena.allocate(Math.max(1, bytes.length), 8);
    MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return segment;
  }

  /** Closes all programs and maps; this stays open. */
  public void release() {
    while (!descriptors.isEmpty()) {
      bpf.close(descriptors.pop());
    }
  }

  @Override
  public void close() {
    release();
    arena.close();
  }
}
