package ringside.shell.bpftool;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.object.BpfObject;
import ringside.ebpf.object.BpfObject.MapDefinition;
import ringside.ebpf.object.BpfObject.ProgramDefinition;
import ringside.ebpf.uapi.BpfClient;
import ringside.ebpf.uapi.Command;
import ringside.ebpf.verifier.VerifierInput;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;
import ringside.format.btf.BtfWriter;

/** Brings an object's types, maps and programs into the kernel by bpf(2), as libbpf does. */
final class ObjectOpener {
  private static final int LOG_SIZE = 1 << 20;

  private final Tool tool;
  private final BpfClient client;
  private final BpfObject object;
  private final Map<String, Integer> maps = new LinkedHashMap<>();
  private final Map<String, Integer> strings = new HashMap<>();
  private int btf = -1;

  ObjectOpener(Tool tool, BpfObject object) {
    this.tool = tool;
    this.client = tool.client();
    this.object = object;
  }

  /** The descriptors of the maps, by variable; empty before {@link #open}. */
  Map<String, Integer> maps() {
    return maps;
  }

  /**
   * Loads the types and creates the maps.
   *
   * @param replaced descriptors of maps that are there already, by variable
   */
  void open(Map<String, Integer> replaced) {
    loadTypes();
    for (MapDefinition map : object.maps()) {
      Integer there = replaced.get(map.name());
      maps.put(map.name(), there == null ? create(map) : there);
    }
  }

  private void loadTypes() {
    Btf types = object.btf();
    if (types == null) {
      return;
    }
    List<BtfType> clean = new ArrayList<>();
    types.types().forEach(type -> clean.add(known(type)));
    byte[] section = withLines(BtfWriter.write(clean));
    long result =
        client
            .attr("btf")
            .u64("btf", client.allocate(section))
            .u32("btf_size", section.length)
            .call(Command.BTF_LOAD);
    if (result >= 0) {
      btf = (int) result;
    } else if (tool.options().debug()) {
      tool.info(
          "libbpf: Error loading BTF: %s(%d)"
              .formatted(Tool.words(new BpfClient.Failure((int) -result)), result));
      long log = client.allocate(LOG_SIZE);
      client
          .attr("btf")
          .u64("btf", client.allocate(section))
          .u32("btf_size", section.length)
          .u32("btf_log_level", 1)
          .u32("btf_log_size", LOG_SIZE)
          .u64("btf_log_buf", log)
          .call(Command.BTF_LOAD);
      tool.info(client.string(log, LOG_SIZE).stripTrailing());
    }
  }

  /** Kernels know nothing of what is defined elsewhere. */
  private static BtfType known(BtfType type) {
    return switch (type) {
      case BtfType.Func f when f.linkage() > 1 -> new BtfType.Func(f.name(), f.type(), 1);
      case BtfType.Var v when v.linkage() > 1 -> new BtfType.Var(v.name(), v.type(), 1);
      // Where variables lie is not known, so they are not told.
      case BtfType.Datasec d when d.size() == 0 -> new BtfType.Datasec(d.name(), 1, List.of());
      default -> type;
    };
  }

  /** Adds the text of source lines to the strings, which are a section's end. */
  private byte[] withLines(byte[] section) {
    ByteBuffer head = ByteBuffer.wrap(section).order(ByteOrder.LITTLE_ENDIAN);
    int length = head.getInt(20);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(section);
    int next = length;
    for (ProgramDefinition program : object.programs()) {
      for (VerifierInput.LineInfo line : program.lines()) {
        for (String text : List.of(line.file(), line.text())) {
          if (!strings.containsKey(text)) {
            byte[] bytes = (text + "\0").getBytes(StandardCharsets.UTF_8);
            strings.put(text, next);
            out.writeBytes(bytes);
            next += bytes.length;
          }
        }
      }
    }
    byte[] whole = out.toByteArray();
    ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).putInt(20, next);
    return whole;
  }

  private int create(MapDefinition map) {
    MapDescriptor shape = map.shape();
    BpfClient.Attr attr =
        client
            .attr("map_type")
            .u32("map_type", shape.type().id())
            .u32("key_size", shape.keySize())
            .u32("value_size", shape.valueSize())
            .u32("max_entries", shape.maxEntries())
            .u32("map_flags", shape.flags())
            .u64("map_extra", shape.mapExtra())
            .u32("numa_node", shape.numaNode())
            .text("map_name", shape.name());
    MapDefinition inner = map.inner();
    int template = inner == null ? -1 : create(inner);
    if (template >= 0) {
      attr.u32("inner_map_fd", template);
    }
    if (btf >= 0 && map.valueType() != 0) {
      attr.u32("btf_fd", btf)
          .u32("btf_key_type_id", map.keyType())
          .u32("btf_value_type_id", map.valueType());
    }
    long result = attr.call(Command.MAP_CREATE);
    if (result < 0 && btf >= 0 && map.valueType() != 0) {
      // As libbpf: again without types.
      result =
          attr.u32("btf_fd", 0)
              .u32("btf_key_type_id", 0)
              .u32("btf_value_type_id", 0)
              .call(Command.MAP_CREATE);
    }
    if (template >= 0) {
      client.close(template);
    }
    if (result < 0) {
      BpfClient.Failure failure = new BpfClient.Failure((int) -result);
      tool.info(
          "libbpf: map '%s': failed to create: %s(%d)"
              .formatted(map.name(), Tool.words(failure), result));
      throw new Refusal("failed to load object file");
    }
    byte[] initial = map.initial();
    if (initial != null) {
      client.update((int) result, new byte[4], initial, 0);
      if ((shape.flags() & MapDescriptor.BPF_F_RDONLY_PROG) != 0) {
        client.attr("key").u32("map_fd", (int) result).run(Command.MAP_FREEZE);
      }
    }
    return (int) result;
  }

  /** Loads a program; its descriptor. */
  int load(ProgramDefinition program, @Nullable ProgramType asked) {
    ProgramType type = asked == null ? program.type() : asked;
    List<Insn> insns = new ArrayList<>(program.insns());
    List<Integer> descriptors = List.copyOf(maps.values());
    for (int at = 0; at < insns.size(); at++) {
      Insn insn = insns.get(at);
      boolean map =
          insn.src() == Opcodes.BPF_PSEUDO_MAP_FD || insn.src() == Opcodes.BPF_PSEUDO_MAP_VALUE;
      if (insn.isWide() && map && insn.imm() >= 0 && insn.imm() < descriptors.size()) {
        insns.set(at, insn.withImm(descriptors.get(insn.imm())));
      }
    }
    AttachType attachType = program.attachType();
    BpfClient.Attr attr =
        client
            .attr("prog_type")
            .u32("prog_type", type.id())
            .u32("insn_cnt", insns.size())
            .u64("insns", client.allocate(Insn.encodeAll(insns)))
            .u64("license", client.text(object.license()))
            .u32("prog_flags", program.flags())
            .u32("expected_attach_type", attachType == null ? 0 : attachType.id())
            .text("prog_name", shortName(program.name()));
    if (btf >= 0 && !program.functions().isEmpty()) {
      debugInfo(attr, program);
    }
    if (tool.options().debug()) {
      attr = verbose(attr, 1 | 4);
    }
    long result = attr.call(Command.PROG_LOAD);
    if (result < 0 || tool.options().debug()) {
      report(program, attr, result);
    }
    if (result < 0) {
      throw new Refusal("failed to load object file");
    }
    return (int) result;
  }

  private BpfClient.Attr verbose(BpfClient.Attr attr, int level) {
    return attr.u32("log_level", level)
        .u32("log_size", LOG_SIZE)
        .u64("log_buf", client.allocate(LOG_SIZE));
  }

  /** libbpf's words about a program that was refused, or that -d wants to know all of. */
  private void report(ProgramDefinition program, BpfClient.Attr attr, long result) {
    if (!tool.options().debug()) {
      verbose(attr, 1).call(Command.PROG_LOAD);
    }
    String name = program.name();
    if (result < 0) {
      tool.info(
          "libbpf: prog '%s': BPF program load failed: %s"
              .formatted(name, Tool.words(new BpfClient.Failure((int) -result))));
    }
    tool.info("libbpf: prog '%s': -- BEGIN PROG LOAD LOG --".formatted(name));
    tool.err().print(client.string(attr.u64("log_buf"), LOG_SIZE));
    tool.info("-- END PROG LOAD LOG --");
    if (result < 0) {
      tool.info("libbpf: prog '%s': failed to load: %d".formatted(name, result));
      tool.info("libbpf: failed to load object '%s'".formatted(object.name()));
    }
  }

  private void debugInfo(BpfClient.Attr attr, ProgramDefinition program) {
    ByteBuffer functions =
        ByteBuffer.allocate(8 * program.functions().size()).order(ByteOrder.LITTLE_ENDIAN);
    program.functions().forEach(f -> functions.putInt(f.insn()).putInt(f.type()));
    ByteBuffer lines =
        ByteBuffer.allocate(16 * program.lines().size()).order(ByteOrder.LITTLE_ENDIAN);
    for (VerifierInput.LineInfo line : program.lines()) {
      lines
          .putInt(line.insn())
          .putInt(strings.getOrDefault(line.file(), 0))
          .putInt(strings.getOrDefault(line.text(), 0))
          .putInt(line.line() << 10 | (line.column() & 0x3ff));
    }
    attr.u32("prog_btf_fd", btf)
        .u64("func_info", client.allocate(functions.array()))
        .u32("func_info_cnt", program.functions().size())
        .u32("func_info_rec_size", 8)
        .u64("line_info", client.allocate(lines.array()))
        .u32("line_info_cnt", program.lines().size())
        .u32("line_info_rec_size", 16);
  }

  private static String shortName(String name) {
    return name.substring(0, Math.min(15, name.length()));
  }
}
