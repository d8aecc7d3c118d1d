package ringside.ebpf.asm;

import java.util.List;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/** Functions' C prototypes as bpftool makes them of BTF ({@code btf_dumper_type_only}). */
public final class Prototypes {
  private final Btf btf;

  /** Makes the printer of types of one BTF. */
  public Prototypes(Btf btf) {
    this.btf = btf;
  }

  /** The prototype of a {@code BTF_KIND_FUNC}; empty for any other type. */
  public String of(int function) {
    return btf.type(function) instanceof BtfType.Func func
            && btf.type(func.type()) instanceof BtfType.FuncProto proto
        ? signature(func.name(), proto)
        : "";
  }

  private String signature(String name, BtfType.FuncProto proto) {
    StringBuilder out = new StringBuilder(text(proto.type())).append(name).append('(');
    List<BtfType.Parameter> parameters = proto.parameters();
    for (int i = 0; i < parameters.size(); i++) {
      BtfType.Parameter parameter = parameters.get(i);
      boolean rest = parameter.type() == 0;
      String type = rest ? "..." : text(parameter.type());
      out.append(i == 0 ? "" : ", ");
      out.append(parameter.name().isEmpty() ? type.stripTrailing() : type + parameter.name());
    }
    return out.append(')').toString();
  }

  private String text(int type) {
    return switch (btf.type(type)) {
      case BtfType.VoidType _ -> "void ";
      case BtfType.Ptr pointer -> text(pointer.type()) + "* ";
      case BtfType.Const constant -> "const " + text(constant.type());
      case BtfType.Volatile volatileType -> "volatile " + text(volatileType.type());
      case BtfType.Restrict restrict -> "restrict " + text(restrict.type());
      case BtfType.TypeTag tag -> text(tag.type());
      case BtfType.Struct struct -> "struct " + struct.name() + " ";
      case BtfType.Union union -> "union " + union.name() + " ";
      case BtfType.Enum32 enumeration -> "enum " + enumeration.name() + " ";
      case BtfType.Enum64 enumeration -> "enum " + enumeration.name() + " ";
      case BtfType.Fwd forward -> (forward.isUnion() ? "union " : "struct ") + forward.name() + " ";
      case BtfType.Array array -> text(array.element()) + "[" + array.count() + "]";
      case BtfType.FuncProto proto -> signature("", proto);
      case BtfType.Typedef typedef -> typedef.name() + " ";
      case BtfType.Int integer -> integer.name() + " ";
      case BtfType.FloatType floating -> floating.name() + " ";
      default -> "";
    };
  }
}
