package ringside.ebpf.syscall;

import com.oracle.truffle.api.CallTarget;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.cbpf.FilterCheck;
import ringside.ebpf.cbpf.FilterConverter;
import ringside.ebpf.cbpf.FilterException;
import ringside.ebpf.cbpf.SkbHelpers;
import ringside.ebpf.cbpf.SkbLayout;
import ringside.ebpf.cbpf.SockFilter;
import ringside.ebpf.context.ContextRules;
import ringside.ebpf.context.ContextTracker;
import ringside.ebpf.context.Contexts;
import ringside.ebpf.context.ReachedContext;
import ringside.ebpf.helper.HelperFamilies;
import ringside.ebpf.helper.HelperFunction;
import ringside.ebpf.helper.HelperLibrary;
import ringside.ebpf.helper.HelperRegistry;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Instruction;
import ringside.ebpf.isa.InstructionSet;
import ringside.ebpf.isa.Op;
import ringside.ebpf.isa.Opcodes;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.isa.ReservedFields;
import ringside.ebpf.kfunc.KfuncFamilies;
import ringside.ebpf.kfunc.KfuncLibrary;
import ringside.ebpf.kfunc.KfuncRegistry;
import ringside.ebpf.map.ArenaMap;
import ringside.ebpf.map.BpfMap;
import ringside.ebpf.map.FdArrayMap;
import ringside.ebpf.map.MapProgram;
import ringside.ebpf.map.MapTable;
import ringside.ebpf.refcount.Counted;
import ringside.ebpf.refcount.IdTable;
import ringside.ebpf.verifier.Verifier;
import ringside.ebpf.verifier.VerifierBug;
import ringside.ebpf.verifier.VerifierInput;
import ringside.ebpf.verifier.VerifierResult;
import ringside.ebpf.vm.Arena;
import ringside.ebpf.vm.EbpfLanguage;
import ringside.ebpf.vm.Executable;
import ringside.ebpf.vm.FunctionTable;
import ringside.ebpf.vm.LinkException;
import ringside.ebpf.vm.Linker;
import ringside.ebpf.vm.RunStats;
import ringside.ebpf.vm.SourceMap;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;
import ringside.kernel.Kernel;
import ringside.kernel.core.Errno;
import ringside.kernel.layout.StructLayouts;

/** The eBPF subsystem of one kernel: its maps and programs. */
public final class Bpf {
  private static final int TRACE_PIPE_LINES = 10_000;

  private final Kernel kernel;
  private final MapTable maps;
  private final HelperRegistry registry = HelperRegistry.of(HelperFamilies.CLASSES);
  private final KfuncRegistry kfuncs = KfuncRegistry.of(KfuncFamilies.CLASSES);
  private final KfuncLibrary kfuncCode;
  private final Linker linker;
  private final SocketFilters socketFilters = new SocketFilters(this);
  private SourceFinder sourceFinder = (_, _, _) -> null;
  private final IdTable<LoadedProgram> programs = new IdTable<>();
  private final IdTable<BtfObject> btfs = new IdTable<>();
  private final IdTable<Counted> links = new IdTable<>();
  private final RunStats.Switch statsSwitch = new RunStats.Switch();
  private final ArrayDeque<String> tracePipe = new ArrayDeque<>();
  private Set<VerifierBug> verifierBugs = Set.of();

  /** Makes the subsystem of a booted kernel. */
  public Bpf(Kernel kernel) {
    this.kernel = kernel;
    this.maps = new MapTable(kernel.core());
    int vmlinux = btfs.reserve();
    btfs.put(
        vmlinux,
        new BtfObject(
            vmlinux,
            "vmlinux",
            true,
            StructLayouts.bytes(),
            kernel.layouts().btf(),
            () -> btfs.remove(vmlinux)));
    this.kfuncCode = new KfuncLibrary(KfuncFamilies.instances(kernel));
    FunctionTable functions = new FunctionTable();
    HelperFamilies families =
        new HelperFamilies(kernel, maps.runtime(), functions::call, this::trace);
    maps.runtime()
        .callbacks()
        .setCaller((function, map, key, value) -> functions.call(function, map, key, value, 0));
    maps.runtime()
        .setDevices(ifindex -> kernel.net().devices().stream().anyMatch(d -> d.index() == ifindex));
    this.linker =
        new Linker(
            Linker.Environment.of(
                kernel.core(), kernel.guest().language(EbpfLanguage.ID, EbpfLanguage::get)),
            new HelperLibrary(instances(families)),
            maps::at,
            functions,
            Bpf::programAt);
    kernel.net().sockets().setFilterLoader(socketFilters);
  }

  /** Finds the sources of programs, so that tools can step them. */
  @FunctionalInterface
  public interface SourceFinder {
    /**
     * Finds a program's source.
     *
     * @param insns the program as it is linked
     * @param origin for each of them, the index of the loaded slot that it stems from; empty where
     *     that is not known
     * @return null where it has none
     */
    @Nullable SourceMap find(LoadRequest request, List<Insn> insns, int[] origin);
  }

  /** Says where programs that are loaded from now on find their sources. */
  public void setSourceFinder(SourceFinder finder) {
    sourceFinder = finder;
  }

  private static @Nullable CallTarget programAt(BpfMap array, int index) {
    MapProgram program = array instanceof FdArrayMap programs ? programs.programAt(index) : null;
    return program == null ? null : program.target();
  }

  /** What sockets get their filters from. */
  public SocketFilters socketFilters() {
    return socketFilters;
  }

  /** Has the verifier make old mistakes again, from the next load on; none by default. */
  public void makeVerifierBugs(Set<VerifierBug> bugs) {
    verifierBugs = Set.copyOf(bugs);
  }

  /** The kernel it belongs to. */
  public Kernel kernel() {
    return kernel;
  }

  /** The maps. */
  public MapTable maps() {
    return maps;
  }

  /** Takes what programs have printed since the last call: the lines of {@code trace_pipe}. */
  public List<String> readTracePipe() {
    List<String> lines = List.copyOf(tracePipe);
    tracePipe.clear();
    return lines;
  }

  private void trace(String text) {
    long task = kernel.core().thisCpu().current();
    String comm = task == 0 ? "<idle>" : kernel.current().comm();
    int pid = task == 0 ? 0 : kernel.current().readPid();
    long micros = kernel.clock().nanos() / 1000;
    tracePipe.add(
        "%16s-%-7d [000] ...1. %5d.%06d: bpf_trace_printk: %s"
            .formatted(comm, pid, micros / 1_000_000, micros % 1_000_000, text.stripTrailing()));
    if (tracePipe.size() > TRACE_PIPE_LINES) {
      tracePipe.remove();
    }
  }

  /** All programs, by id. */
  public List<LoadedProgram> programs() {
    return programs.all();
  }

  /** The programs by id. */
  public IdTable<LoadedProgram> programIds() {
    return programs;
  }

  /** Whether runs of programs are counted. */
  public RunStats.Switch statsSwitch() {
    return statsSwitch;
  }

  /** The links by id: whatever {@code ringside.ebpf.attach} made. */
  public IdTable<Counted> links() {
    return links;
  }

  /** The BTF objects by id; the kernel's own is 1. */
  public IdTable<BtfObject> btfs() {
    return btfs;
  }

  /**
   * Publishes types ({@code BPF_BTF_LOAD}).
   *
   * @param types what {@code bytes} say
   * @return the object with one reference, the caller's
   */
  public BtfObject addBtf(byte[] bytes, Btf types) {
    int id = btfs.reserve();
    BtfObject object = new BtfObject(id, "", false, bytes, types, () -> btfs.remove(id));
    btfs.put(id, object);
    return object;
  }

  /** Drops the loader's reference to a program; what it is attached to keeps running it. */
  public void unload(LoadedProgram program) {
    program.put();
  }

  /** Loads a program for the host; a refusal is a result, never an exception. */
  public LoadResult load(LoadRequest request) {
    return load(request, MapReferences.listed(request.maps()), LoadedProgram.Origin.HOST);
  }

  /**
   * Loads a program ({@code BPF_PROG_LOAD}); a refusal is a result, never an exception.
   *
   * @param request its maps are those that the program will hold
   * @param maps what its map references mean
   * @param origin who loads it
   */
  public LoadResult load(LoadRequest request, MapReferences maps, LoadedProgram.Origin origin) {
    ContextRules rules =
        Contexts.of(
            request.type(), request.attachType(), kernel.layouts(), request.capabilities().bpf());
    if (rules == null) {
      return refused(
          Errno.EINVAL,
          "programs of type %s cannot be loaded into this kernel\n"
              .formatted(request.type().label()),
          0,
          0);
    }
    Load load = new Load(request, maps, origin, new ReachedContext(rules));
    return request.verified() ? loadVerified(load) : loadUnverified(load);
  }

  /**
   * Loads a classic filter: checks it, translates it, and links it as a socket filter.
   *
   * <p>The log of a refused one says which instruction and why, where Linux says {@code EINVAL}
   * alone.
   */
  public LoadResult loadClassic(String name, List<SockFilter> filter) {
    List<Insn> insns;
    try {
      FilterCheck.check(filter);
      insns = FilterConverter.convert(filter, SkbLayout.of(kernel.layouts()));
    } catch (FilterException e) {
      return refused(e.errno(), e.getMessage() + "\n", 0, 0);
    }
    LoadRequest request =
        LoadRequest.of(name, ProgramType.SOCKET_FILTER, insns, List.of()).unverified();
    ContextRules rules =
        Objects.requireNonNull(Contexts.of(request.type(), null, kernel.layouts(), true));
    List<Executable.Function> functions = List.of(new Executable.Function(0, name));
    return link(
        new Load(
            request,
            MapReferences.listed(List.of()),
            LoadedProgram.Origin.HOST,
            new ReachedContext(rules)),
        new Executable(name, insns, functions, request.verified()),
        new int[0],
        new Verdict("", 0, 0));
  }

  /** A load on its way. */
  private record Load(
      LoadRequest request,
      MapReferences maps,
      LoadedProgram.Origin origin,
      ReachedContext context) {}

  private LoadResult loadVerified(Load load) {
    LoadRequest request = load.request();
    VerifierInput input =
        new VerifierInput(
            request.type(),
            request.attachType(),
            request.insns(),
            load.maps().descriptors(),
            request.functions(),
            request.lines(),
            request.license(),
            request.capabilities(),
            request.logLevel(),
            request.flags(),
            load.context(),
            registry,
            new VerifierInput.Types(
                request.btf(), kernel.layouts().btf(), kfuncs, request.attachBtfId()));
    long start = System.nanoTime();
    VerifierResult result = new Verifier(verifierBugs).verify(input);
    long nanos = System.nanoTime() - start;
    if (!result.ok()) {
      return refused(result.errno(), result.log(), result.insnsProcessed(), nanos);
    }
    List<Executable.Function> functions = new ArrayList<>();
    for (VerifierResult.Subprogram subprogram : result.subprograms()) {
      functions.add(new Executable.Function(subprogram.start(), subprogram.name()));
    }
    return link(
        load,
        new Executable(request.name(), result.insns(), functions, request.verified()),
        result.origin(),
        new Verdict(result.log(), result.insnsProcessed(), nanos));
  }

  private LoadResult loadUnverified(Load load) {
    LoadRequest request = load.request();
    if (request.insns().isEmpty()) {
      return refused(Errno.EINVAL, "the program is empty\n", 0, 0);
    }
    String complaint = ReservedFields.complaint(request.insns());
    if (complaint != null) {
      return refused(Errno.EINVAL, complaint + "\n", 0, 0);
    }
    ContextTracker.Converted converted =
        ContextTracker.convert(request.insns(), functionStarts(request.insns()), load.context());
    List<Executable.Function> functions = new ArrayList<>();
    for (int start : converted.starts()) {
      functions.add(new Executable.Function(start, "subprog_" + functions.size()));
    }
    return link(
        load,
        new Executable(request.name(), converted.insns(), functions, request.verified()),
        converted.origin(),
        new Verdict("", 0, 0));
  }

  private static List<Integer> functionStarts(List<Insn> insns) {
    TreeSet<Integer> starts = new TreeSet<>();
    starts.add(0);
    for (int at = 0; at < insns.size(); at++) {
      Instruction row = InstructionSet.find(insns.get(at));
      if (row != null && (row.op() == Op.CALL_LOCAL || row.op() == Op.LD_FUNC)) {
        int callee = at + 1 + insns.get(at).imm();
        if (callee > 0 && callee < insns.size()) {
          starts.add(callee);
        }
      }
    }
    return List.copyOf(starts);
  }

  /** What the verifier said of a program that it took. */
  private record Verdict(String log, int insnsProcessed, long nanos) {}

  private LoadResult link(Load load, Executable code, int[] slots, Verdict verdict) {
    SourceMap sources = sourceFinder.find(load.request(), code.insns(), slots);
    Linker.References references =
        new Linker.References() {
          @Override
          public @Nullable SourceMap sources() {
            return sources;
          }

          @Override
          public @Nullable BpfMap map(Insn first) {
            return load.maps().of(first);
          }

          @Override
          public @Nullable Arena arena() {
            return Bpf.arena(load.maps(), code.insns());
          }

          @Override
          public ProgramType type() {
            return load.request().type();
          }

          @Override
          public @Nullable HelperFunction kernelFunction(Insn call) {
            Btf btf = kernel.layouts().btf();
            boolean known = call.imm() > 0 && call.imm() < btf.types().size();
            return known && btf.type(call.imm()) instanceof BtfType.Func function
                ? kfuncCode.function(function.name(), load.request().type())
                : null;
          }
        };
    try {
      CallTarget target = linker.link(code, references);
      int id = programs.reserve();
      LoadedProgram program =
          new LoadedProgram(
              this,
              id,
              load.request(),
              load.origin(),
              load.maps(),
              code,
              slots,
              target,
              load.context().reached(),
              Math.max(1, kernel.clock().nanos()),
              verdict.insnsProcessed(),
              () -> programs.remove(id));
      programs.put(id, program);
      return new LoadResult(program, 0, verdict.log(), verdict.insnsProcessed(), verdict.nanos());
    } catch (LinkException e) {
      return refused(
          Errno.EINVAL,
          verdict.log() + e.getMessage() + "\n",
          verdict.insnsProcessed(),
          verdict.nanos());
    }
  }

  private static @Nullable Arena arena(MapReferences maps, List<Insn> insns) {
    for (Insn insn : insns) {
      boolean named =
          insn.isWide()
              && switch (insn.src()) {
                case 0, Opcodes.BPF_PSEUDO_BTF_ID, Opcodes.BPF_PSEUDO_FUNC -> false;
                default -> true;
              };
      if (named && maps.of(insn) instanceof ArenaMap arena) {
        return new Arena(arena.kernelStart(), arena.userStart());
      }
    }
    return null;
  }

  private static LoadResult refused(int errno, String log, int insnsProcessed, long nanos) {
    return new LoadResult(null, errno, log, insnsProcessed, nanos);
  }

  /** The helpers that programs call, and the functions that translated classic filters call. */
  private List<Object> instances(HelperFamilies families) {
    List<Object> all = new ArrayList<>(families.instances());
    all.add(
        new SkbHelpers(
            kernel.core().guestMemory(), SkbLayout.of(kernel.layouts()), kernel.config().seed()));
    return all;
  }
}
