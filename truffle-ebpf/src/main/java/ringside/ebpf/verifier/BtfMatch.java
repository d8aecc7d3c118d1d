package ringside.ebpf.verifier;

import java.util.List;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/** Whether a BTF type will do where another is asked for. */
final class BtfMatch {
  private BtfMatch() {}

  @SuppressWarnings("ReferenceEquality") // ids mean something within one BTF only
  static boolean same(Btf a, int idA, Btf b, int idB) {
    return a == b && idA == idB;
  }

  /** {@code btf_struct_ids_match}: the type itself or, unless strict, one that begins there. */
  static boolean structs(
      VerifierEnv env,
      Btf btf,
      int id,
      int off,
      Btf need,
      int needId,
      boolean strict,
      boolean flexible) {
    if (off == 0 && same(btf, id, need, needId)) {
      return true;
    }
    if (strict) {
      return false;
    }
    int at = off;
    int type = id;
    while (true) {
      BtfWalk walk = new BtfWalk(env, btf);
      if (walk.walk(type, at, 1, flexible) != BtfWalk.Found.STRUCT) {
        return false;
      }
      if (same(btf, walk.id, need, needId)) {
        return true;
      }
      type = walk.id;
      at = 0;
    }
  }

  /** Types that begin alike but must not be taken for each other, by the suffix of one of them. */
  static boolean nocastAlias(Btf btf, int id, Btf need, int needId) {
    String a = btf.type(id).name();
    String b = need.type(needId).name();
    return aliases(a, b) || aliases(b, a);
  }

  private static boolean aliases(String plain, String suffixed) {
    return !plain.isEmpty()
        && suffixed.startsWith(plain)
        && suffixed.substring(plain.length()).startsWith("___init");
  }

  /** The kernel's projection of a struct: what user space sees as another one. */
  static boolean isProjectionOf(String projected, String full) {
    return (projected.equals("__sk_buff") && full.equals("sk_buff"))
        || (projected.equals("xdp_md") && full.equals("xdp_buff"));
  }

  /** A struct of nothing but numbers, however nested ({@code __btf_type_is_scalar_struct}). */
  static boolean isScalarStruct(Btf btf, BtfType type, int depth) {
    if (!(type instanceof BtfType.Composite struct)) {
      return false;
    }
    List<BtfType.Member> members = struct.members();
    for (BtfType.Member m : members) {
      BtfType t = btf.stripped(m.type());
      if (t instanceof BtfType.Composite) {
        if (depth >= 3 || !isScalarStruct(btf, t, depth + 1)) {
          return false;
        }
        continue;
      }
      if (t instanceof BtfType.Array array) {
        t = btf.stripped(array.element());
      }
      if (!BtfWords.isInteger(t)) {
        return false;
      }
    }
    return true;
  }
}
