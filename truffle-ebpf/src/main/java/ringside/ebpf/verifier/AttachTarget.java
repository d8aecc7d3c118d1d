package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EINVAL;

import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.ProgramType;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/**
 * The kernel function or tracepoint that a program names with {@code attach_btf_id}; its prototype
 * says what the words of the context are.
 */
final class AttachTarget {
  private static final int MAX_FUNC_ARGS = 12;
  private static final String TRACEPOINT = "btf_trace_";
  private static final String ITERATOR = "bpf_iter_";

  /** Hooks whose arguments are being made or freed. */
  private static final List<String> UNTRUSTED_LSM_HOOKS =
      List.of(
          "bpf_lsm_bpf_map_free",
          "bpf_lsm_bpf_prog_free",
          "bpf_lsm_file_alloc_security",
          "bpf_lsm_file_free_security",
          "bpf_lsm_sk_alloc_security",
          "bpf_lsm_sk_free_security",
          "bpf_lsm_task_free");

  private final VerifierEnv env;
  private final Btf btf;
  private final BtfType.FuncProto proto;

  /** Parameters of the prototype that are no words of the context. */
  private final int skipped;

  /** The function's or tracepoint's name. */
  final String name;

  private AttachTarget(
      VerifierEnv env, Btf btf, BtfType.FuncProto proto, String name, int skipped) {
    this.env = env;
    this.btf = btf;
    this.proto = proto;
    this.name = name;
    this.skipped = skipped;
  }

  /** What of its target a context word holds. */
  record Word(int type, @Nullable Btf btf, int btfId) {
    static final Word SCALAR = new Word(RegType.SCALAR_VALUE, null, 0);
  }

  /** Whether programs of a type name what they attach to. */
  static boolean needed(ProgramType type) {
    return type == ProgramType.TRACING || type == ProgramType.LSM || type == ProgramType.EXT;
  }

  /** Looks the target up ({@code bpf_check_attach_target}). */
  static AttachTarget resolve(VerifierEnv env) throws VerifierReject {
    int id = env.input.types().attachBtfId();
    if (id == 0) {
      throw env.reject(EINVAL, "Tracing programs must provide btf_id");
    }
    Btf btf = env.kernelBtf;
    if (btf == null) {
      throw env.reject(
          EINVAL,
          "FENTRY/FEXIT program can only be attached to another program annotated with BTF");
    }
    if (id < 0 || id >= btf.types().size()) {
      throw env.reject(EINVAL, "attach_btf_id %d is invalid", id);
    }
    BtfType type = btf.type(id);
    if (type.name().isEmpty()) {
      throw env.reject(EINVAL, "attach_btf_id %d doesn't have a name", id);
    }
    AttachType attach = env.input.attachType();
    return switch (attach == null ? AttachType.CGROUP_INET_INGRESS : attach) {
      case TRACE_RAW_TP -> tracepoint(env, btf, id, type);
      case TRACE_ITER -> function(env, btf, id, type);
      case MODIFY_RETURN, LSM_MAC, LSM_CGROUP, TRACE_FENTRY, TRACE_FEXIT -> {
        AttachTarget target = function(env, btf, id, type);
        if (env.type == ProgramType.LSM) {
          target.checkLsm(id);
        }
        yield target;
      }
      default -> throw new VerifierReject(EINVAL, "");
    };
  }

  private static AttachTarget function(VerifierEnv env, Btf btf, int id, BtfType type)
      throws VerifierReject {
    if (!(type instanceof BtfType.Func func)) {
      throw env.reject(EINVAL, "attach_btf_id %d is not a function", id);
    }
    if (!(btf.type(func.type()) instanceof BtfType.FuncProto proto)) {
      throw new VerifierReject(EINVAL, "");
    }
    if (proto.parameters().size() > MAX_FUNC_ARGS) {
      throw env.reject(
          EINVAL,
          "The function %s has %d arguments. Too many.",
          func.name(),
          proto.parameters().size());
    }
    return new AttachTarget(env, btf, proto, func.name(), 0);
  }

  private static AttachTarget tracepoint(VerifierEnv env, Btf btf, int id, BtfType type)
      throws VerifierReject {
    if (!(type instanceof BtfType.Typedef typedef)) {
      throw env.reject(EINVAL, "attach_btf_id %d is not a typedef", id);
    }
    if (!type.name().startsWith(TRACEPOINT)) {
      throw env.reject(EINVAL, "attach_btf_id %d points to wrong type name %s", id, type.name());
    }
    String name = type.name().substring(TRACEPOINT.length());
    BtfType.FuncProto named = template(btf, name);
    if (named != null) {
      return new AttachTarget(env, btf, named, name, 1);
    }
    if (btf.type(typedef.type()) instanceof BtfType.Ptr pointer
        && btf.type(pointer.type()) instanceof BtfType.FuncProto proto) {
      return new AttachTarget(env, btf, proto, name, 1);
    }
    throw new VerifierReject(EINVAL, "");
  }

  /** The function behind a tracepoint, whose parameters have names. */
  private static BtfType.@Nullable FuncProto template(Btf btf, String name) {
    for (String prefix : List.of("__bpf_trace_", "__traceiter_")) {
      Integer id = btf.find(prefix + name, BtfType.Func.class).orElse(null);
      if (id != null
          && btf.type(id) instanceof BtfType.Func func
          && btf.type(func.type()) instanceof BtfType.FuncProto proto) {
        return proto;
      }
    }
    return null;
  }

  private void checkLsm(int id) throws VerifierReject {
    if (!env.gplCompatible) {
      throw env.reject(EINVAL, "LSM programs must have a GPL compatible license");
    }
    if (!name.startsWith("bpf_lsm_")) {
      throw env.reject(EINVAL, "attach_btf_id %d points to wrong type name %s", id, name);
    }
  }

  private boolean trustedArguments() {
    AttachType attach = env.input.attachType();
    return switch (env.type) {
      case TRACING -> attach == AttachType.TRACE_RAW_TP || attach == AttachType.TRACE_ITER;
      case LSM -> !UNTRUSTED_LSM_HOOKS.contains(name);
      case STRUCT_OPS -> true;
      default -> false;
    };
  }

  /** What a program may read at an offset of its context ({@code btf_ctx_access}), or null. */
  @Nullable Word access(int off, int size, boolean write) {
    boolean tracing = env.type != ProgramType.LSM;
    if (tracing && (off < 0 || off >= 8 * MAX_FUNC_ARGS || write || off % size != 0)) {
      return null;
    }
    if (off % 8 != 0) {
      complain("func '" + name + "' offset " + off + " is not multiple of 8");
      return null;
    }
    int arg = off / 8;
    int count = proto.parameters().size() - skipped;
    if (arg > count) {
      return missing(arg);
    }
    int typeId = arg == count ? returned(arg) : proto.parameters().get(arg + skipped).type();
    if (typeId < 0) {
      return null;
    }
    BtfType type = btf.stripped(typeId);
    if (BtfWords.isInteger(type) || type instanceof BtfType.Composite) {
      return Word.SCALAR;
    }
    if (!(type instanceof BtfType.Ptr pointer)) {
      complain(
          "func '%s' arg%d '%s' has type %s. Only pointer access is allowed"
              .formatted(name, arg, type.name(), BtfWords.kind(type)));
      return null;
    }
    if (size != 8) {
      complain("func '%s' size %d must be 8".formatted(name, size));
      return null;
    }
    return pointer(arg, count, pointer);
  }

  private @Nullable Word missing(int arg) {
    complain("func '%s' doesn't have %d-th argument".formatted(name, arg + 1));
    return null;
  }

  /** The type of the word behind the arguments, or -1. */
  private int returned(int arg) {
    AttachType attach = env.input.attachType();
    return switch (attach == null ? AttachType.CGROUP_INET_INGRESS : attach) {
      case LSM_MAC, LSM_CGROUP, TRACE_FEXIT -> proto.type();
      case MODIFY_RETURN -> {
        BtfType type = btf.stripped(proto.type());
        if (type instanceof BtfType.Int) {
          yield proto.type();
        }
        complain("ret type %s not allowed for fmod_ret".formatted(BtfWords.kind(type)));
        yield -1;
      }
      default -> {
        missing(arg);
        yield -1;
      }
    };
  }

  private @Nullable Word pointer(int arg, int count, BtfType.Ptr pointer) {
    BtfType target = btf.stripped(pointer.type());
    int iterator = iteratorFlags(arg);
    if (iterator != 0 && RegType.base(iterator) == RegType.PTR_TO_BUF) {
      return new Word(iterator, null, 0);
    }
    if (target instanceof BtfType.VoidType || target instanceof BtfType.Int) {
      return Word.SCALAR;
    }
    int targetId = btf.strip(pointer.type());
    if (iterator != 0) {
      return new Word(iterator, btf, targetId);
    }
    int type = RegType.PTR_TO_BTF_ID;
    if (trustedArguments()) {
      type |= RegType.PTR_TRUSTED;
    }
    if (arg < count && proto.parameters().get(arg + skipped).name().endsWith("__nullable")) {
      type |= RegType.PTR_MAYBE_NULL;
    }
    int nulls = RawTracepoints.mask(name, arg);
    if (env.input.attachType() == AttachType.TRACE_RAW_TP && (nulls & 1) != 0) {
      type |= RegType.PTR_MAYBE_NULL;
    }
    if (btf.type(pointer.type()) instanceof BtfType.TypeTag tag) {
      if (tag.name().equals("user")) {
        type |= RegType.MEM_USER;
      } else if (tag.name().equals("percpu")) {
        type |= RegType.MEM_PERCPU;
      }
    }
    if (!(target instanceof BtfType.Composite)) {
      complain(
          "func '%s' arg%d type %s is not a struct".formatted(name, arg, BtfWords.kind(target)));
      return null;
    }
    complain(
        "func '%s' arg%d has btf_id %d type %s '%s'"
            .formatted(name, arg, targetId, BtfWords.kind(target), BtfWords.name(target)));
    if (env.input.attachType() == AttachType.TRACE_RAW_TP && (nulls & 2) != 0) {
      env.log.print("marking pointer arg" + arg + " as scalar as it may encode error");
      return Word.SCALAR;
    }
    return new Word(type, btf, targetId);
  }

  private void complain(String message) {
    env.log.complain(message);
  }

  /** The type of an iterator's argument, as its {@code ctx_arg_info} has it; 0 where none is. */
  private int iteratorFlags(int arg) {
    if (env.input.attachType() != AttachType.TRACE_ITER || !name.startsWith(ITERATOR)) {
      return 0;
    }
    int orNull = RegType.PTR_TO_BTF_ID | RegType.PTR_MAYBE_NULL;
    int trusted = orNull | RegType.PTR_TRUSTED;
    int buffer = RegType.PTR_TO_BUF | RegType.PTR_MAYBE_NULL;
    return switch (name.substring(ITERATOR.length()) + arg) {
      case "task1",
          "task_file1",
          "task_vma1",
          "bpf_map1",
          "bpf_prog1",
          "bpf_link1",
          "cgroup1",
          "tcp1",
          "udp1",
          "unix1" ->
          trusted;
      case "task_file3", "task_vma2", "ipv6_route1", "netlink1", "ksym1" -> orNull;
      case "bpf_map_elem2" -> buffer | RegType.MEM_RDONLY;
      case "bpf_map_elem3", "bpf_sk_storage_map3" -> buffer;
      case "bpf_sk_storage_map2" -> orNull;
      default -> 0;
    };
  }
}
