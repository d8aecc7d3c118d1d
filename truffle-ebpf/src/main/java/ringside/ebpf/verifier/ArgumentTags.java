package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EFAULT;
import static ringside.ebpf.verifier.VerifierReject.EINVAL;
import static ringside.ebpf.verifier.VerifierReject.ENOENT;
import static ringside.ebpf.verifier.VerifierReject.EOPNOTSUPP;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfException;
import ringside.format.btf.BtfType;

/**
 * Reads off a function's BTF what it may assume of its arguments: the C types and the {@code
 * arg:...} declaration tags on them ({@code btf_prepare_func_args}).
 */
final class ArgumentTags {
  private static final int MAX_ARGS = 5;
  private static final int CTX = 1;
  private static final int NONNULL = 1 << 1;
  private static final int TRUSTED = 1 << 2;
  private static final int NULLABLE = 1 << 3;
  private static final int ARENA = 1 << 4;
  private static final int UNTRUSTED = 1 << 5;
  private static final String PREFIX = "arg:";

  private final VerifierEnv env;

  ArgumentTags(VerifierEnv env) {
    this.env = env;
  }

  /**
   * The arguments of a function.
   *
   * @return null where its BTF does not tell, which is no mistake for a static function
   * @throws VerifierReject with the reason printed, where a global function cannot be verified
   */
  @Nullable List<Argument> of(Subprogram sub) throws VerifierReject {
    List<Argument> known = sub.arguments;
    if (known != null) {
      return known;
    }
    VerifierInput.FuncInfo info = sub.info;
    Btf btf = env.input.types().program();
    if (info == null || btf == null) {
      if (sub.global) {
        throw env.reject(EFAULT, "Global functions need valid BTF");
      }
      return null;
    }
    if (!(btf.type(info.type()) instanceof BtfType.Func func)
        || !(btf.type(func.type()) instanceof BtfType.FuncProto proto)) {
      throw env.reject(EFAULT, "Invalid type of function %s()", sub.name);
    }
    if (proto.parameters().size() > MAX_ARGS) {
      if (!sub.global) {
        return null;
      }
      throw env.reject(
          EINVAL,
          "Global function %s() with %d > %d args. Buggy compiler.",
          sub.name,
          proto.parameters().size(),
          MAX_ARGS);
    }
    if (!BtfWords.isInteger(btf.stripped(proto.type()))) {
      if (!sub.global) {
        return null;
      }
      throw env.reject(
          EINVAL,
          "Global function %s() doesn't return scalar. Only those are supported.",
          sub.name);
    }
    List<Argument> arguments = new ArrayList<>();
    for (int i = 0; i < proto.parameters().size(); i++) {
      Argument a = argument(btf, sub, i, proto.parameters().get(i).type());
      if (a == null) {
        return null;
      }
      arguments.add(a);
    }
    sub.arguments = arguments;
    return arguments;
  }

  private @Nullable Argument argument(Btf btf, Subprogram sub, int i, int type)
      throws VerifierReject {
    int tags = tags(btf, sub, i);
    BtfType t = btf.stripped(type);
    if (t instanceof BtfType.Ptr pointer) {
      Argument a = pointer(btf, sub, i, pointer, tags);
      if (a != null) {
        return a;
      }
    }
    if (tags != 0) {
      throw env.reject(EINVAL, "arg#%d has pointer tag, but is not a pointer type", i);
    }
    if (BtfWords.isInteger(t)) {
      return Argument.of(Argument.Kind.SCALAR);
    }
    if (!sub.global) {
      return null;
    }
    throw env.reject(
        EINVAL, "Arg#%d type %s in %s() is not supported yet.", i, BtfWords.kind(t), sub.name);
  }

  private int tags(Btf btf, Subprogram sub, int argument) throws VerifierReject {
    VerifierInput.FuncInfo info = sub.info;
    int tags = 0;
    for (String name : DeclTags.on(btf, info == null ? 0 : info.type(), argument, PREFIX)) {
      if (!sub.global) {
        throw env.reject(
            EOPNOTSUPP, "arg#%d type tag is not supported in static functions", argument);
      }
      tags |=
          switch (name) {
            case "ctx" -> CTX;
            case "trusted" -> TRUSTED;
            case "untrusted" -> UNTRUSTED;
            case "nonnull" -> NONNULL;
            case "nullable" -> NULLABLE;
            case "arena" -> ARENA;
            default -> throw env.reject(EOPNOTSUPP, "arg#%d has unsupported set of tags", argument);
          };
    }
    return tags;
  }

  private @Nullable Argument pointer(Btf btf, Subprogram sub, int i, BtfType.Ptr pointer, int tags)
      throws VerifierReject {
    boolean tagged = (tags & CTX) != 0;
    if (tagged || ContextTypes.isContext(btf, pointer.type(), env.type)) {
      only(tags, CTX, i);
      String objection =
          tagged
              ? ContextTypes.objection(btf, pointer.type(), env.type, env.input.attachType())
              : null;
      if (objection != null) {
        throw env.reject(EINVAL, "arg#%d %s", i, objection);
      }
      return Argument.of(Argument.Kind.CTX);
    }
    BtfType target = btf.stripped(pointer.type());
    if (target instanceof BtfType.Struct s && s.name().equals("bpf_dynptr")) {
      only(tags, 0, i);
      return Argument.of(Argument.Kind.DYNPTR);
    }
    if ((tags & TRUSTED) != 0) {
      only(tags & NONNULL, 0, i);
      int id = kernelType(i, target);
      return new Argument(Argument.Kind.BTF_ID, 0, id, (tags & NULLABLE) != 0, false);
    }
    if ((tags & UNTRUSTED) != 0) {
      return untrusted(i, target, tags);
    }
    if ((tags & ARENA) != 0) {
      if (tags != ARENA) {
        throw env.reject(EINVAL, "arg#%d arena cannot be combined with any other tags", i);
      }
      return Argument.of(Argument.Kind.ARENA);
    }
    if (!sub.global) {
      return null;
    }
    only(tags & NULLABLE, 0, i);
    try {
      return Argument.memory((int) btf.sizeOf(pointer.type()), (tags & NONNULL) == 0);
    } catch (BtfException e) {
      throw env.reject(
          EINVAL,
          "arg#%d reference type('%s %s') size cannot be determined: %d",
          i,
          BtfWords.kind(target),
          BtfWords.name(target),
          -EINVAL);
    }
  }

  private Argument untrusted(int i, BtfType target, int tags) throws VerifierReject {
    if (tags != UNTRUSTED) {
      throw env.reject(EINVAL, "arg#%d untrusted cannot be combined with any other tags", i);
    }
    if (target instanceof BtfType.VoidType
        || target instanceof BtfType.FloatType
        || BtfWords.isInteger(target)) {
      return new Argument(Argument.Kind.MEM, 0, 0, false, true);
    }
    int id = kernelType(i, target);
    BtfType kernel = kernelBtf().type(id);
    if (!(kernel instanceof BtfType.Composite)) {
      throw env.reject(
          EINVAL,
          "arg#%d has type %s '%s', but only struct or primitive types are allowed",
          i,
          BtfWords.kind(kernel),
          BtfWords.name(target));
    }
    return new Argument(Argument.Kind.BTF_ID, 0, id, false, true);
  }

  private void only(int tags, int allowed, int i) throws VerifierReject {
    if ((tags & ~allowed) != 0) {
      throw env.reject(EINVAL, "arg#%d has invalid combination of tags", i);
    }
  }

  private Btf kernelBtf() {
    Btf kernel = env.input.types().kernel();
    if (kernel == null) {
      throw new IllegalStateException("no BTF of the kernel");
    }
    return kernel;
  }

  /** The kernel's type of that name and kind, flavour suffix aside. */
  private int kernelType(int i, BtfType target) throws VerifierReject {
    String name = essential(target.name());
    int found = 0;
    int count = 0;
    for (int id : kernelBtf().find(name)) {
      if (kernelBtf().type(id).kind() == target.kind()) {
        found = found == 0 ? id : found;
        count++;
      }
    }
    if (count == 1) {
      return found;
    }
    throw env.reject(
        count == 0 ? ENOENT : VerifierReject.ESRCH,
        "arg#%d reference type('%s %s') %s",
        i,
        BtfWords.kind(target),
        BtfWords.name(target),
        count == 0 ? "has no matches" : "is ambiguous");
  }

  private static String essential(String name) {
    int flavour = name.indexOf("___");
    return flavour > 0 ? name.substring(0, flavour) : name;
  }
}
