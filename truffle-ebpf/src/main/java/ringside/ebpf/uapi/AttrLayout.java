package ringside.ebpf.uapi;

import java.util.HashMap;
import java.util.Map;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/**
 * Where the fields of {@code union bpf_attr} and of the info structs lie, by the kernel's BTF.
 *
 * <p>Each command has a struct in the union. One without a name is asked for by the name of any
 * field that no other of them has, the first one by custom.
 */
final class AttrLayout {
  private final Btf btf;
  private final int size;
  private final Map<String, Fields> commands = new HashMap<>();

  AttrLayout(Btf btf) {
    this.btf = btf;
    BtfType.Union union = union(btf);
    this.size = (int) union.size();
    for (BtfType.Member member : union.members()) {
      if (btf.stripped(member.type()) instanceof BtfType.Composite command) {
        Fields fields = Fields.of(btf, command);
        if (member.name().isEmpty()) {
          fields.names().forEach(name -> commands.putIfAbsent(name, fields));
        } else {
          commands.put(member.name(), fields);
        }
      }
    }
  }

  private static BtfType.Union union(Btf btf) {
    int id =
        btf.find("bpf_attr", BtfType.Union.class)
            .orElseThrow(() -> new IllegalStateException("the kernel's BTF has no bpf_attr"));
    return (BtfType.Union) btf.type(id);
  }

  /** {@code sizeof(union bpf_attr)}. */
  int size() {
    return size;
  }

  /** The struct of a command: by its name, else by a field of it. */
  Fields command(String name) {
    Fields fields = commands.get(name);
    if (fields == null) {
      throw new IllegalArgumentException("union bpf_attr has no struct for " + name);
    }
    return fields;
  }

  /** A struct of its own, such as {@code bpf_prog_info}. */
  Fields struct(String tag) {
    BtfType.Struct struct =
        btf.struct(tag)
            .orElseThrow(() -> new IllegalArgumentException("the kernel's BTF has no " + tag));
    return Fields.of(btf, struct);
  }
}
