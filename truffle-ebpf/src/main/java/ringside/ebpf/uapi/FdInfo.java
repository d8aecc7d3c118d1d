package ringside.ebpf.uapi;

import java.util.HexFormat;
import ringside.ebpf.attach.BpfLink;
import ringside.ebpf.attach.LinkTarget;
import ringside.ebpf.map.BpfMap;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.refcount.Counted;
import ringside.ebpf.syscall.BtfObject;
import ringside.ebpf.syscall.LoadedProgram;

/** What {@code /proc/[pid]/fdinfo} tells of an object. */
final class FdInfo {
  private static final int PAGE = 4096;

  private FdInfo() {}

  static String of(Counted object) {
    return switch (object) {
      case BpfMap map -> map(map);
      case LoadedProgram program -> program(program);
      case BpfLink link -> link(link);
      case BtfObject btf -> "btf_id:\t%d\n".formatted(btf.id());
      default -> "";
    };
  }

  private static String map(BpfMap map) {
    MapDescriptor shape = map.descriptor();
    return """
    map_type:\t%d
    key_size:\t%d
    value_size:\t%d
    max_entries:\t%s
    map_flags:\t%s
    map_extra:\t%s
    memlock:\t%d
    map_id:\t%d
    frozen:\t%d
    """
        .formatted(
            shape.type().id(),
            shape.keySize(),
            shape.valueSize(),
            Integer.toUnsignedString(shape.maxEntries()),
            shape.flags() == 0 ? "0" : "0x" + Integer.toHexString(shape.flags()),
            shape.mapExtra() == 0 ? "0" : "0x" + Long.toHexString(shape.mapExtra()),
            memlock(map),
            shape.id(),
            shape.frozen() ? 1 : 0);
  }

  /** {@code bpf_map_memory_usage}. */
  static long memlock(BpfMap map) {
    return map.memoryUsage();
  }

  private static String program(LoadedProgram program) {
    return """
    prog_type:\t%d
    prog_jited:\t0
    prog_tag:\t%s
    memlock:\t%d
    prog_id:\t%d
    run_time_ns:\t%d
    run_cnt:\t%d
    recursion_misses:\t0
    verified_insns:\t%d
    """
        .formatted(
            program.type().id(),
            HexFormat.of().formatHex(program.tag()),
            memlock(program),
            program.id(),
            program.stats().nanos(),
            program.stats().runs(),
            program.verifiedInsns());
  }

  /** Whole pages for {@code struct bpf_prog} with its instructions. */
  static long memlock(LoadedProgram program) {
    int struct = 72;
    long bytes = struct + 8L * program.translated().size();
    return (bytes + PAGE - 1) / PAGE * PAGE;
  }

  private static String link(BpfLink link) {
    LoadedProgram program = link.program();
    String head =
        """
        link_type:\t%s
        link_id:\t%d
        prog_tag:\t%s
        prog_id:\t%d
        """
            .formatted(
                link.target().type().label(),
                link.id(),
                HexFormat.of().formatHex(program.tag()),
                program.id());
    return head
        + switch (link.target()) {
          case LinkTarget.Xdp xdp ->
              "ifindex:\t%d\n".formatted(link.attachment() == null ? 0 : xdp.device().index());
          case LinkTarget.RawTracepoint raw ->
              "tp_name:\t%s\ncookie:\t%d\n".formatted(raw.name(), raw.cookie());
          case LinkTarget.Kprobe probe ->
              "name:\t%s\ntype:\tkprobe\noffset:\t0x0\nmissed:\t0\naddr:\t0x%x\ncookie:\t%d\n"
                  .formatted(probe.function(), probe.address(), probe.cookie());
          case LinkTarget.Event event ->
              "name:\t%s\ncookie:\t%d\n".formatted(event.tracepoint().name(), event.cookie());
          case LinkTarget.Netfilter nf ->
              "pf:\t%d\thooknum:\t%d\tprio:\t%d\n".formatted(nf.family(), nf.hook(), nf.priority());
        };
  }
}
