package ringside.shell.bpftool;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.asm.Disassembler;
import ringside.ebpf.helper.HelperCatalog;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;
import ringside.ebpf.uapi.BpfClient;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/** {@code bpftool prog dump}. */
final class ProgDump {
  private final Tool tool;
  private final BpfClient client;

  ProgDump(Tool tool) {
    this.tool = tool;
    this.client = tool.client();
  }

  /** Names as bpftool has them; numbers of helpers in place of addresses. */
  private record Names() implements Disassembler.Names {
    @Override
    public String wide(Insn insn, long value) {
      return switch (insn.src()) {
        case Opcodes.BPF_PSEUDO_MAP_FD -> "map[id:%d]".formatted(insn.imm());
        case Opcodes.BPF_PSEUDO_MAP_VALUE -> "map[id:%d][0]+%d".formatted(insn.imm(), value >>> 32);
        case Opcodes.BPF_PSEUDO_FUNC -> "subprog[%+d]".formatted(insn.imm());
        default -> "0x" + Long.toHexString(value);
      };
    }

    @Override
    public String callee(Insn insn) {
      boolean helper = insn.src() == 0 && HelperCatalog.exists(insn.imm());
      return (helper ? HelperCatalog.name(insn.imm()) : "unknown") + "#" + insn.imm();
    }
  }

  /** What a program brings along, ready to be printed at its slots. */
  private record Sources(Map<Integer, String> signatures, Map<Integer, Line> lines) {}

  private record Line(String text, String file, int line, int column) {}

  void run(Words words) {
    boolean translated = words.accept("xlated");
    if (!translated && !words.accept("jited")) {
      throw new Refusal("expected 'xlated' or 'jited', got: " + words.peek());
    }
    int fd = tool.reference(words, Tool.Kind.PROG);
    String file = null;
    boolean opcodes = false;
    boolean lines = false;
    boolean visual = false;
    while (!words.isEmpty()) {
      if (words.accept("file")) {
        file = words.take();
      } else if (words.accept("opcodes")) {
        opcodes = true;
      } else if (words.accept("linum")) {
        lines = true;
      } else if (words.accept("visual")) {
        visual = true;
      } else {
        throw new Refusal("expected no more arguments: '%s'?".formatted(words.peek()));
      }
    }
    if (!translated) {
      tool.info(
          "programs are compiled by partial evaluation for the host's processor; "
              + "the simulated machine has no code of them to show");
      throw new Refusal("no instructions returned");
    }
    BpfClient.InfoStruct info = client.info("bpf_prog_info").of(fd);
    byte[] code = code(fd, info.u32("xlated_prog_len"));
    if (file != null) {
      tool.environment().write(file, code);
      tool.nothing();
      return;
    }
    List<Insn> insns = Insn.decodeAll(code);
    Sources sources = sources(fd, info);
    if (visual) {
      new ProgGraph(tool, new Disassembler(new Names())).print(insns);
    } else if (tool.isJson()) {
      json(insns, sources, opcodes, lines);
    } else {
      plain(insns, sources, opcodes, lines);
    }
  }

  private byte[] code(int fd, int length) {
    if (length == 0) {
      throw new Refusal("no instructions returned");
    }
    long at = client.allocate(length);
    client.info("bpf_prog_info").u32("xlated_prog_len", length).u64("xlated_prog_insns", at).of(fd);
    return client.read(at, length);
  }

  private Sources sources(int fd, BpfClient.InfoStruct info) {
    Map<Integer, String> signatures = new TreeMap<>();
    Map<Integer, Line> lines = new TreeMap<>();
    if (info.u32("btf_id") != 0) {
      Btf btf = BtfCommand.load(tool, info.u32("btf_id"));
      ByteBuffer functions = records(fd, info, "func_info", "nr_func_info", 8);
      while (functions.hasRemaining()) {
        signatures.put(functions.getInt(), signature(btf, functions.getInt()));
      }
      ByteBuffer all = records(fd, info, "line_info", "nr_line_info", 16);
      while (all.hasRemaining()) {
        int insn = all.getInt();
        String file = btf.string(Integer.toUnsignedLong(all.getInt()));
        String text = btf.string(Integer.toUnsignedLong(all.getInt()));
        int place = all.getInt();
        lines.put(insn, new Line(text.stripLeading(), file, place >>> 10, place & 0x3ff));
      }
    }
    return new Sources(signatures, lines);
  }

  private ByteBuffer records(
      int fd, BpfClient.InfoStruct info, String field, String count, int size) {
    int records = info.u32(count);
    if (records == 0) {
      return ByteBuffer.allocate(0);
    }
    long at = client.allocate(records * size);
    client
        .info("bpf_prog_info")
        .u32(count, records)
        .u32(field + "_rec_size", size)
        .u64(field, at)
        .of(fd);
    return ByteBuffer.wrap(client.read(at, records * size)).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The names of a program's functions by where they start. */
  Map<Integer, @Nullable String> functions(int fd, BpfClient.InfoStruct info) {
    Map<Integer, @Nullable String> names = new TreeMap<>();
    Btf btf = BtfCommand.load(tool, info.u32("btf_id"));
    ByteBuffer functions = records(fd, info, "func_info", "nr_func_info", 8);
    while (functions.hasRemaining()) {
      names.put(functions.getInt(), btf.type(functions.getInt()).name());
    }
    return names;
  }

  /** A function as C declares it, in bpftool's spacing. */
  private static String signature(Btf btf, int id) {
    if (!(btf.type(id) instanceof BtfType.Func function)
        || !(btf.type(function.type()) instanceof BtfType.FuncProto prototype)) {
      return "";
    }
    StringBuilder text = new StringBuilder(type(btf, prototype.type()));
    text.append(function.name()).append('(');
    boolean first = true;
    for (BtfType.Parameter parameter : prototype.parameters()) {
      text.append(first ? "" : ", ");
      first = false;
      if (parameter.type() == 0) {
        text.append("...");
      } else {
        String type = type(btf, parameter.type());
        text.append(parameter.name().isEmpty() ? type.stripTrailing() : type + parameter.name());
      }
    }
    return text.append(')').toString();
  }

  private static String type(Btf btf, int id) {
    return switch (btf.type(id)) {
      case BtfType.VoidType _ -> "void ";
      case BtfType.Struct t -> "struct " + t.name() + " ";
      case BtfType.Union t -> "union " + t.name() + " ";
      case BtfType.Enum32 t -> "enum " + t.name() + " ";
      case BtfType.Enum64 t -> "enum " + t.name() + " ";
      case BtfType.Fwd t -> (t.isUnion() ? "union " : "struct ") + t.name() + " ";
      case BtfType.Array t -> type(btf, t.element()) + "[" + t.count() + "]";
      case BtfType.Ptr t -> type(btf, t.type()) + "* ";
      case BtfType.Volatile t -> "volatile " + type(btf, t.type());
      case BtfType.Const t -> "const " + type(btf, t.type());
      case BtfType.Restrict t -> "restrict " + type(btf, t.type());
      case BtfType other -> other.name() + " ";
    };
  }

  private void plain(List<Insn> insns, Sources sources, boolean opcodes, boolean linum) {
    Disassembler disassembler = new Disassembler(new Names());
    StringBuilder text = new StringBuilder();
    for (int at = 0; at < insns.size(); at += insns.get(at).isWide() ? 2 : 1) {
      String signature = sources.signatures().get(at);
      if (signature != null && !signature.isEmpty()) {
        text.append(signature).append(":\n");
      }
      Line line = sources.lines().get(at);
      if (line != null && !line.text().isEmpty()) {
        text.append("; ").append(line.text());
        if (linum) {
          text.append(
              " [file:%s line_num:%d line_col:%d]"
                  .formatted(line.file(), line.line(), line.column()));
        }
        text.append('\n');
      }
      text.append("%4d: %s\n".formatted(at, disassembler.line(insns, at)));
      if (opcodes) {
        text.append("       ").append(Tool.hex(Insn.encodeAll(insns.subList(at, at + 1))));
        if (insns.get(at).isWide()) {
          text.append(' ').append(Tool.hex(Insn.encodeAll(insns.subList(at + 1, at + 2))));
        }
        text.append('\n');
      }
    }
    tool.out().print(text);
  }

  private void json(List<Insn> insns, Sources sources, boolean opcodes, boolean linum) {
    Disassembler disassembler = new Disassembler(new Names());
    JsonText json = tool.json();
    json.array();
    for (int at = 0; at < insns.size(); at += insns.get(at).isWide() ? 2 : 1) {
      json.object();
      String signature = sources.signatures().get(at);
      if (signature != null && !signature.isEmpty()) {
        json.field("proto", signature);
      }
      Line line = sources.lines().get(at);
      if (line != null) {
        json.field("src", line.text());
        if (linum) {
          json.field("file", line.file());
          if (line.line() != 0) {
            json.field("line_num", line.line());
          }
          if (line.column() != 0) {
            json.field("line_col", line.column());
          }
        }
      }
      json.field("disasm", disassembler.line(insns, at));
      if (opcodes) {
        opcodes(json, insns, at);
      }
      json.endObject();
    }
    json.endArray();
  }

  private void opcodes(JsonText json, List<Insn> insns, int at) {
    Insn insn = insns.get(at);
    int slots = insn.isWide() ? 2 : 1;
    ByteBuffer bytes = ByteBuffer.wrap(Insn.encodeAll(insns.subList(at, at + slots)));
    byte[] off = new byte[2];
    byte[] imm = new byte[bytes.capacity() - 4];
    bytes.get(2, off).get(4, imm);
    json.name("opcodes")
        .object()
        .field("code", "0x%02x".formatted(insn.code()))
        .field("src_reg", "0x%x".formatted(insn.src()))
        .field("dst_reg", "0x%x".formatted(insn.dst()))
        .name("off");
    tool.hexArray(off);
    json.name("imm");
    tool.hexArray(imm);
    json.endObject();
  }
}
