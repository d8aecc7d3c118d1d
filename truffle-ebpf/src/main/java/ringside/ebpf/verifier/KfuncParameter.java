package ringside.ebpf.verifier;

import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/**
 * One parameter of a kernel function: its type, and what the suffix of its name says.
 *
 * @param type without typedefs and qualifiers
 * @param name as in the C prototype
 * @param target what a pointer points to, without qualifiers; {@code void} for anything else
 * @param targetId its id
 */
record KfuncParameter(BtfType type, String name, BtfType target, int targetId) {
  static KfuncParameter of(Btf btf, BtfType.Parameter parameter) {
    BtfType type = btf.stripped(parameter.type());
    int target = type instanceof BtfType.Ptr pointer ? btf.strip(pointer.type()) : 0;
    return new KfuncParameter(type, parameter.name(), btf.type(target), target);
  }

  boolean suffix(String suffix) {
    return name.endsWith(suffix);
  }

  boolean isScalar() {
    return BtfWords.isInteger(type);
  }

  boolean pointsTo(String struct) {
    return target instanceof BtfType.Struct && target.name().equals(struct);
  }
}
