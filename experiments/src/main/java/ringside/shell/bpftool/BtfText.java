package ringside.shell.bpftool;

import java.util.List;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/** {@code btf dump format raw}: each type with what it says, plain or as JSON. */
final class BtfText {
  private static final String[] ENCODINGS = {"(none)", "SIGNED", "CHAR", "(unknown)", "BOOL"};
  private static final String[] LINKAGES = {"static", "global", "extern"};

  private final Tool tool;
  private final Btf btf;

  BtfText(Tool tool, Btf btf) {
    this.tool = tool;
    this.btf = btf;
  }

  void dump(List<Integer> roots) {
    if (tool.isJson()) {
      tool.json().object().name("types").array();
    }
    if (roots.isEmpty()) {
      for (int id = 1; id < btf.types().size(); id++) {
        one(id);
      }
    } else {
      for (int id : roots) {
        one(id);
      }
    }
    if (tool.isJson()) {
      tool.json().endArray().endObject();
    }
  }

  private void one(int id) {
    BtfType type = btf.type(id);
    // Where nobody reads JSON, it is written to nowhere and the text counts.
    Shown shown = new Shown(id, type);
    show(shown, type);
    shown.end();
  }

  /** One type on its way out: the same calls give text or JSON. */
  private final class Shown {
    private final StringBuilder text = new StringBuilder();
    private final boolean json = tool.isJson();

    Shown(int id, BtfType type) {
      String name = type.name().isEmpty() ? "(anon)" : type.name();
      if (json) {
        tool.json().object().field("id", id).field("kind", kind(type)).field("name", name);
      } else {
        text.append("[%d] %s '%s'".formatted(id, kind(type), name));
      }
    }

    Shown number(String name, long value) {
      if (json) {
        tool.json().field(name, value);
      } else {
        text.append(' ').append(name).append('=').append(value);
      }
      return this;
    }

    Shown word(String name, String value) {
      if (json) {
        tool.json().field(name, value);
      } else {
        text.append(' ').append(name).append('=').append(value);
      }
      return this;
    }

    void list(String name) {
      if (json) {
        tool.json().name(name).array();
      }
    }

    void endList() {
      if (json) {
        tool.json().endArray();
      }
    }

    void item(String name) {
      String shown = name.isEmpty() ? "(anon)" : name;
      if (json) {
        tool.json().object().field("name", shown);
      } else {
        text.append("\n\t'").append(shown).append('\'');
      }
    }

    void endItem() {
      if (json) {
        tool.json().endObject();
      }
    }

    void end() {
      if (json) {
        tool.json().endObject();
      } else {
        tool.out().println(text);
      }
    }
  }

  private static String kind(BtfType type) {
    return switch (type) {
      case BtfType.VoidType _ -> "UNKNOWN";
      case BtfType.Int _ -> "INT";
      case BtfType.Ptr _ -> "PTR";
      case BtfType.Array _ -> "ARRAY";
      case BtfType.Struct _ -> "STRUCT";
      case BtfType.Union _ -> "UNION";
      case BtfType.Enum32 _ -> "ENUM";
      case BtfType.Fwd _ -> "FWD";
      case BtfType.Typedef _ -> "TYPEDEF";
      case BtfType.Volatile _ -> "VOLATILE";
      case BtfType.Const _ -> "CONST";
      case BtfType.Restrict _ -> "RESTRICT";
      case BtfType.Func _ -> "FUNC";
      case BtfType.FuncProto _ -> "FUNC_PROTO";
      case BtfType.Var _ -> "VAR";
      case BtfType.Datasec _ -> "DATASEC";
      case BtfType.FloatType _ -> "FLOAT";
      case BtfType.DeclTag _ -> "DECL_TAG";
      case BtfType.TypeTag _ -> "TYPE_TAG";
      case BtfType.Enum64 _ -> "ENUM64";
    };
  }

  private static String linkage(int linkage) {
    return linkage >= 0 && linkage < LINKAGES.length ? LINKAGES[linkage] : "(unknown)";
  }

  private void show(Shown shown, BtfType type) {
    switch (type) {
      case BtfType.Int t ->
          shown
              .number("size", t.size())
              .number("bits_offset", t.bitOffset())
              .number("nr_bits", t.bits())
              .word("encoding", ENCODINGS[Math.min(4, t.encoding())]);
      case BtfType.Array t ->
          shown
              .number("type_id", t.element())
              .number("index_type_id", t.index())
              .number("nr_elems", Integer.toUnsignedLong(t.count()));
      case BtfType.Composite t -> members(shown, t);
      case BtfType.Enum32 t -> values(shown, t.isSigned(), t.size(), t.values(), "");
      case BtfType.Enum64 t ->
          values(shown, t.isSigned(), t.size(), t.values(), t.isSigned() ? "LL" : "ULL");
      case BtfType.Fwd t -> shown.word("fwd_kind", t.isUnion() ? "union" : "struct");
      case BtfType.Func t ->
          shown.number("type_id", t.type()).word("linkage", linkage(t.linkage()));
      case BtfType.FuncProto t -> {
        shown.number("ret_type_id", t.type()).number("vlen", t.parameters().size());
        shown.list("params");
        for (BtfType.Parameter parameter : t.parameters()) {
          shown.item(parameter.name());
          shown.number("type_id", parameter.type()).endItem();
        }
        shown.endList();
      }
      case BtfType.Var t -> {
        if (tool.isJson()) {
          shown.number("type_id", t.type()).word("linkage", linkage(t.linkage()));
        } else {
          shown.text.append(" type_id=%d, linkage=%s".formatted(t.type(), linkage(t.linkage())));
        }
      }
      case BtfType.Datasec t -> section(shown, t);
      case BtfType.FloatType t -> shown.number("size", t.size());
      case BtfType.DeclTag t ->
          shown.number("type_id", t.type()).number("component_idx", t.component());
      case BtfType.Reference t -> shown.number("type_id", t.type());
      case BtfType.VoidType _ -> {}
    }
  }

  private static void members(Shown shown, BtfType.Composite type) {
    shown.number("size", type.size()).number("vlen", type.members().size());
    shown.list("members");
    for (BtfType.Member member : type.members()) {
      shown.item(member.name());
      shown.number("type_id", member.type()).number("bits_offset", member.bitOffset());
      if (member.bitSize() != 0) {
        shown.number("bitfield_size", member.bitSize());
      }
      shown.endItem();
    }
    shown.endList();
  }

  private static void values(
      Shown shown, boolean signed, long size, List<BtfType.Enumerator> values, String suffix) {
    shown
        .word("encoding", signed ? "SIGNED" : "UNSIGNED")
        .number("size", size)
        .number("vlen", values.size());
    shown.list("values");
    for (BtfType.Enumerator value : values) {
      shown.item(value.name());
      String number = signed ? Long.toString(value.value()) : Long.toUnsignedString(value.value());
      if (shown.json) {
        shown.number("val", value.value());
      } else {
        shown.word("val", number + suffix);
      }
      shown.endItem();
    }
    shown.endList();
  }

  private void section(Shown shown, BtfType.Datasec type) {
    shown.number("size", type.size()).number("vlen", type.variables().size());
    shown.list("vars");
    for (BtfType.SectionVariable variable : type.variables()) {
      if (shown.json) {
        tool.json()
            .object()
            .field("type_id", variable.type())
            .field("offset", variable.offset())
            .field("size", variable.size())
            .endObject();
      } else {
        BtfType of = btf.type(variable.type());
        shown.text.append(
            "\n\ttype_id=%d offset=%d size=%d (%s '%s')"
                .formatted(
                    variable.type(), variable.offset(), variable.size(), kind(of), of.name()));
      }
    }
    shown.endList();
  }
}
