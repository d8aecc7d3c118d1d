package ringside.ebpf.verifier;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.asm.Assembler;
import ringside.ebpf.helper.HelperFamilies;
import ringside.ebpf.helper.HelperRegistry;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.kfunc.Kfunc;
import ringside.ebpf.kfunc.KfuncFlag;
import ringside.ebpf.kfunc.KfuncRegistry;
import ringside.ebpf.map.BtfRecord;
import ringside.ebpf.map.MapBtf;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.map.MapException;
import ringside.ebpf.map.MapType;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;
import ringside.format.btf.BtfWriter;

/**
 * A kernel with a few structs and kernel functions, and a program's own types, for programs that
 * use them.
 *
 * <p>In a program's text {@code @name} stands for the BTF id of a kernel function, {@code %name}
 * for that of a struct of the program.
 */
final class KernelLab {
  static final HelperRegistry HELPERS = HelperRegistry.of(HelperFamilies.CLASSES);

  /** Index of the map whose value is a lock and a list, of the one with a timer, and so on. */
  static final int LIST = 0;

  static final int TIMER = 1;
  static final int TASK = 2;
  static final int PLAIN = 3;
  static final int RINGBUF = 4;
  static final int ARENA = 5;

  private static final class Types {
    private final List<BtfType> list = new ArrayList<>(List.of(new BtfType.VoidType()));
    private final Map<String, Integer> ids = new HashMap<>();

    int add(BtfType type) {
      list.add(type);
      if (!type.name().isEmpty() && !(type instanceof BtfType.DeclTag)) {
        ids.put(type.name(), list.size() - 1);
      }
      return list.size() - 1;
    }

    int pointer(int to) {
      return add(new BtfType.Ptr(to));
    }

    int struct(String name, int size, BtfType.Member... members) {
      return add(new BtfType.Struct(name, size, List.of(members)));
    }

    Btf btf(String name) {
      return Btf.parse(name, BtfWriter.write(list));
    }
  }

  final Btf kernel;
  final Btf program;
  private final Map<String, Integer> kernelIds;
  private final Map<String, Integer> programIds;
  private final List<Kfunc> kfuncs = new ArrayList<>();
  private final List<MapDescriptor> maps = new ArrayList<>();
  private int taskStruct;

  KernelLab() {
    Types types = new Types();
    kernel = kernel(types);
    kernelIds = types.ids;
    Types own = new Types();
    program = program(own);
    programIds = own.ids;
    maps.add(map("list", MapType.ARRAY, 24, "list_value"));
    maps.add(map("timer", MapType.ARRAY, 16, "timer_value"));
    maps.add(map("task", MapType.ARRAY, 16, "task_value"));
    maps.add(MapDescriptor.of(MapType.ARRAY, 4, 16, 1));
    maps.add(MapDescriptor.of(MapType.RINGBUF, 0, 0, 4096));
    maps.add(MapDescriptor.of(MapType.ARENA, 0, 0, 10));
  }

  private static BtfType.Member member(String name, int type, int offset) {
    return new BtfType.Member(name, type, offset * 8, 0);
  }

  private Btf kernel(Types t) {
    int u32 = t.add(new BtfType.Int("unsigned int", 4, 0, 0, 32));
    int s32 = t.add(new BtfType.Int("int", 4, BtfType.Int.SIGNED, 0, 32));
    int u64 = t.add(new BtfType.Int("unsigned long", 8, 0, 0, 64));
    int chars = t.add(new BtfType.Int("char", 1, 0, 0, 8));
    int name = t.add(new BtfType.Array(chars, u32, 16));
    int anything = t.pointer(0);
    // A struct that refers to itself: its id is known before it is written.
    taskStruct = t.list.size() + 1;
    int task = t.pointer(taskStruct);
    t.struct(
        "task_struct",
        48,
        member("pid", s32, 0),
        member("tgid", s32, 4),
        member("real_parent", task, 8),
        member("comm", name, 16),
        member("last_wakee", task, 32),
        member("stack", anything, 40));
    int dynptr = t.pointer(t.struct("bpf_dynptr", 16, member("a", u64, 0), member("b", u64, 8)));
    int num = t.pointer(t.struct("bpf_iter_num", 8, member("x", u64, 0)));
    int number = t.pointer(s32);
    int head = t.pointer(t.struct("bpf_list_head", 16, member("x", u64, 0), member("y", u64, 8)));
    int node =
        t.pointer(
            t.struct(
                "bpf_list_node",
                24,
                member("x", u64, 0),
                member("y", u64, 8),
                member("z", u64, 16)));
    int flag = t.pointer(u64);
    function(
        t,
        "bpf_task_acquire",
        task,
        Set.of(KfuncFlag.KF_ACQUIRE, KfuncFlag.KF_RCU, KfuncFlag.KF_RET_NULL),
        "p",
        task);
    function(t, "bpf_task_release", 0, Set.of(KfuncFlag.KF_RELEASE), "p", task);
    function(
        t,
        "bpf_task_from_pid",
        task,
        Set.of(KfuncFlag.KF_ACQUIRE, KfuncFlag.KF_RET_NULL),
        "pid",
        s32);
    function(t, "bpf_rcu_read_lock", 0, Set.of());
    function(t, "bpf_rcu_read_unlock", 0, Set.of());
    function(t, "bpf_preempt_disable", 0, Set.of());
    function(t, "bpf_preempt_enable", 0, Set.of());
    function(t, "bpf_local_irq_save", 0, Set.of(), "flags__irq_flag", flag);
    function(t, "bpf_local_irq_restore", 0, Set.of(), "flags__irq_flag", flag);
    function(
        t,
        "bpf_iter_num_new",
        s32,
        Set.of(KfuncFlag.KF_ITER_NEW),
        "it",
        num,
        "start",
        s32,
        "end",
        s32);
    function(
        t,
        "bpf_iter_num_next",
        number,
        Set.of(KfuncFlag.KF_ITER_NEXT, KfuncFlag.KF_RET_NULL),
        "it",
        num);
    function(t, "bpf_iter_num_destroy", 0, Set.of(KfuncFlag.KF_ITER_DESTROY), "it", num);
    function(t, "bpf_dynptr_size", u32, Set.of(), "p", dynptr);
    function(t, "bpf_dynptr_clone", s32, Set.of(), "p", dynptr, "clone__uninit", dynptr);
    function(
        t,
        "bpf_dynptr_slice",
        anything,
        Set.of(KfuncFlag.KF_RET_NULL),
        "p",
        dynptr,
        "offset",
        u32,
        "buffer__opt",
        anything,
        "buffer__szk",
        u32);
    function(
        t,
        "bpf_obj_new_impl",
        anything,
        Set.of(KfuncFlag.KF_ACQUIRE, KfuncFlag.KF_RET_NULL),
        "local_type_id__k",
        u64,
        "meta__ign",
        anything);
    function(
        t,
        "bpf_obj_drop_impl",
        0,
        Set.of(KfuncFlag.KF_RELEASE),
        "p__alloc",
        anything,
        "meta__ign",
        anything);
    function(
        t,
        "bpf_list_push_front_impl",
        s32,
        Set.of(),
        "head",
        head,
        "node",
        node,
        "meta__ign",
        anything,
        "off",
        u64);
    function(
        t,
        "bpf_list_pop_front",
        node,
        Set.of(KfuncFlag.KF_ACQUIRE, KfuncFlag.KF_RET_NULL),
        "head",
        head);
    function(t, "bpf_throw", 0, Set.of(), "cookie", u64);
    function(t, "bpf_copy", s32, Set.of(KfuncFlag.KF_SLEEPABLE), "x", s32);
    function(t, "undeclared", s32, null);
    int proto =
        t.add(
            new BtfType.FuncProto(
                0,
                List.of(
                    new BtfType.Parameter("__data", anything), new BtfType.Parameter("p", task))));
    t.add(new BtfType.Typedef("btf_trace_wakeup", t.pointer(proto)));
    return t.btf("kernel");
  }

  private void function(
      Types t, String name, int returns, @Nullable Set<KfuncFlag> flags, Object... parameters) {
    List<BtfType.Parameter> list = new ArrayList<>();
    for (int i = 0; i < parameters.length; i += 2) {
      list.add(new BtfType.Parameter((String) parameters[i], (Integer) parameters[i + 1]));
    }
    t.add(new BtfType.Func(name, t.add(new BtfType.FuncProto(returns, list)), 1));
    if (flags != null) {
      kfuncs.add(new Kfunc(name, flags, Set.of()));
    }
  }

  private static Btf program(Types t) {
    int u32 = t.add(new BtfType.Int("unsigned int", 4, 0, 0, 32));
    int u64 = t.add(new BtfType.Int("unsigned long", 8, 0, 0, 64));
    int lock = t.struct("bpf_spin_lock", 4, member("val", u32, 0));
    int head = t.struct("bpf_list_head", 16, member("x", u64, 0), member("y", u64, 8));
    int node =
        t.struct(
            "bpf_list_node", 24, member("x", u64, 0), member("y", u64, 8), member("z", u64, 16));
    t.struct("item", 32, member("node", node, 0), member("value", u64, 24));
    int value = t.struct("list_value", 24, member("lock", lock, 0), member("head", head, 8));
    t.add(new BtfType.DeclTag("contains:item:node", value, 1));
    int timer = t.struct("bpf_timer", 16, member("x", u64, 0), member("y", u64, 8));
    t.struct("timer_value", 16, member("timer", timer, 0));
    int task = t.add(new BtfType.Struct("task_struct", 0, List.of()));
    int untrusted = t.pointer(t.add(new BtfType.TypeTag("kptr_untrusted", task)));
    int kptr = t.pointer(t.add(new BtfType.TypeTag("kptr", task)));
    t.struct("task_value", 16, member("seen", untrusted, 0), member("held", kptr, 8));
    int main =
        t.add(new BtfType.FuncProto(u32, List.of(new BtfType.Parameter("ctx", t.pointer(0)))));
    t.add(new BtfType.Func("main", main, 1));
    int word = t.pointer(u64);
    int one = t.add(new BtfType.FuncProto(u32, List.of(new BtfType.Parameter("p", word))));
    t.add(new BtfType.Func("nullable", one, 1));
    int nonnull = t.add(new BtfType.Func("nonnull", one, 1));
    t.add(new BtfType.DeclTag("arg:nonnull", nonnull, 0));
    t.add(new BtfType.Func("quiet", one, 0));
    return t.btf("program");
  }

  private MapDescriptor map(String name, MapType type, int valueSize, String struct) {
    int id = programIds.getOrDefault(struct, 0);
    BtfRecord.KernelStructs structs =
        new BtfRecord.KernelStructs() {
          @Override
          public Btf btf() {
            return kernel;
          }

          @Override
          public Set<String> destructible() {
            return Set.of("task_struct");
          }
        };
    try {
      BtfRecord record = BtfRecord.parse(program, id, BtfRecord.MAP_VALUE_MASK, valueSize, structs);
      MapDescriptor plain = MapDescriptor.of(type, 4, valueSize, 1);
      return new MapDescriptor(
          maps.size() + 1,
          name,
          type,
          4,
          valueSize,
          1,
          0,
          0,
          plain.numaNode(),
          0,
          null,
          new MapBtf(program, 1, 0, id),
          record,
          false,
          null);
    } catch (MapException e) {
      throw new IllegalStateException(name, e);
    }
  }

  /** Replaces names by ids, longest name first. */
  private static String ids(String text, String mark, Map<String, Integer> ids) {
    String out = text;
    List<String> names = new ArrayList<>(ids.keySet());
    names.sort(Comparator.comparingInt(String::length).reversed());
    for (String name : names) {
      out = out.replace(mark + name, Integer.toString(ids.getOrDefault(name, 0)));
    }
    return out;
  }

  VerifierResult verify(ProgramType type, int flags, String text, VerifierInput.FuncInfo... more) {
    List<Insn> insns = Assembler.assemble(ids(ids(text, "@", kernelIds), "%", programIds));
    List<VerifierInput.FuncInfo> functions = new ArrayList<>();
    functions.add(new VerifierInput.FuncInfo(0, "main", true, programIds.getOrDefault("main", 0)));
    functions.addAll(List.of(more));
    boolean tracing = type == ProgramType.TRACING;
    VerifierInput.Types types =
        new VerifierInput.Types(
            program,
            kernel,
            new KfuncRegistry(kfuncs),
            tracing ? kernelIds.getOrDefault("btf_trace_wakeup", 0) : 0);
    return new Verifier()
        .verify(
            new VerifierInput(
                type,
                tracing ? AttachType.TRACE_RAW_TP : null,
                insns,
                VerifierInput.Maps.listed(maps),
                functions,
                List.of(),
                "GPL",
                VerifierInput.Capabilities.ROOT,
                1,
                flags,
                // What a tracing program's context holds is said by what it attaches to.
                Lab.context(tracing ? ProgramType.XDP : type, true),
                HELPERS,
                types));
  }

  /** A function of the program beside the main one. */
  VerifierInput.FuncInfo function(String name, int insn) {
    int id = programIds.getOrDefault(name, 0);
    return new VerifierInput.FuncInfo(insn, name, !name.equals("quiet"), id);
  }
}
