package ringside.ebpf.context;

import static ringside.ebpf.context.ContextTable.LONG;
import static ringside.ebpf.context.ContextTable.NARROW;
import static ringside.ebpf.context.ContextTable.NONE;
import static ringside.ebpf.context.ContextTable.WORD;

import org.jspecify.annotations.Nullable;
import ringside.ebpf.context.ContextRules.Field;
import ringside.ebpf.context.ContextRules.Kind;
import ringside.ebpf.isa.AttachType;
import ringside.kernel.layout.StructLayouts;

/** Contexts of what a cgroup decides about its tasks ({@code kernel/bpf/cgroup.c}). */
final class CgroupContexts {
  private CgroupContexts() {}

  /** {@code struct bpf_cgroup_dev_ctx}: a task opens or makes a device. */
  static ContextRules device(StructLayouts layouts) {
    return new ContextTable.Builder()
        .field("access_type", 0, 4, FieldPath.of(layouts, "bpf_cgroup_dev_ctx.access_type"))
        .field("major", 4, 4, FieldPath.of(layouts, "bpf_cgroup_dev_ctx.major"))
        .field("minor", 8, 4, FieldPath.of(layouts, "bpf_cgroup_dev_ctx.minor"))
        .allow(NARROW, NONE, "access_type")
        .allow(WORD, NONE, "major minor")
        .build();
  }

  /** {@code struct bpf_sysctl}: a task reads or writes a kernel setting. */
  static ContextRules sysctl(StructLayouts layouts) {
    return new ContextTable.Builder()
        .field("write", 0, 4, FieldPath.of(layouts, "bpf_sysctl_kern.write"))
        .field(
            "file_pos",
            4,
            4,
            new FieldPath(
                new int[] {FieldPath.offset(layouts, "bpf_sysctl_kern.ppos")},
                new boolean[1],
                0,
                4,
                false,
                0,
                0))
        .allow(NARROW, NONE, "write")
        .allow(NARROW, WORD, "file_pos")
        .build();
  }

  /** {@code struct bpf_sockopt}: a task reads or sets a socket's option. */
  static ContextRules sockopt(StructLayouts layouts, @Nullable AttachType attachType) {
    String kern = "bpf_sockopt_kern.";
    boolean set = attachType == AttachType.CGROUP_SETSOCKOPT;
    ContextTable.Builder table =
        new ContextTable.Builder()
            .pointer(
                "sk", 0, 8, new Field(Kind.PTR_TO_SOCKET, ""), FieldPath.of(layouts, kern + "sk"))
            .pointer(
                "optval",
                8,
                8,
                new Field(Kind.PTR_TO_PACKET, ""),
                FieldPath.of(layouts, kern + "optval"))
            .pointer(
                "optval_end",
                16,
                8,
                new Field(Kind.PTR_TO_PACKET_END, ""),
                FieldPath.of(layouts, kern + "optval_end"))
            .field("level", 24, 4, FieldPath.of(layouts, kern + "level"))
            .field("optname", 28, 4, FieldPath.of(layouts, kern + "optname"))
            .field("optlen", 32, 4, FieldPath.of(layouts, kern + "optlen"))
            .field("retval", 36, 4, FieldPath.of(layouts, kern + "retval"))
            .allow(LONG, NONE, "sk optval optval_end");
    return set
        ? table.allow(WORD, WORD, "level optname optlen").build()
        : table.allow(WORD, NONE, "level optname").allow(WORD, WORD, "optlen retval").build();
  }
}
