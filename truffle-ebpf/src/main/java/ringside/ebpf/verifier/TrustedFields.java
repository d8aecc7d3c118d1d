package ringside.ebpf.verifier;

import java.util.Map;

/**
 * Members of kernel structs that may be trusted when read through a trusted pointer, by {@code
 * struct.member} ({@code BTF_TYPE_SAFE_*}).
 */
final class TrustedFields {
  /** How far a member may be trusted. */
  enum Trust {
    NONE,
    /** Never null in an RCU read section. */
    RCU,
    RCU_OR_NULL,
    /** Never null, anywhere. */
    TRUSTED,
    TRUSTED_OR_NULL
  }

  private static final Map<String, Trust> FIELDS =
      Map.ofEntries(
          Map.entry("task_struct.cpus_ptr", Trust.RCU),
          Map.entry("task_struct.cgroups", Trust.RCU),
          Map.entry("task_struct.real_parent", Trust.RCU),
          Map.entry("task_struct.group_leader", Trust.RCU),
          Map.entry("cgroup.kn", Trust.RCU),
          Map.entry("css_set.dfl_cgrp", Trust.RCU),
          Map.entry("cgroup_subsys_state.cgroup", Trust.RCU),
          Map.entry("mm_struct.exe_file", Trust.RCU_OR_NULL),
          Map.entry("sk_buff.sk", Trust.RCU_OR_NULL),
          Map.entry("request_sock.sk", Trust.RCU_OR_NULL),
          Map.entry("bpf_iter_meta.seq", Trust.TRUSTED),
          Map.entry("bpf_iter__task.meta", Trust.TRUSTED),
          Map.entry("linux_binprm.file", Trust.TRUSTED),
          Map.entry("file.f_inode", Trust.TRUSTED),
          Map.entry("dentry.d_inode", Trust.TRUSTED_OR_NULL),
          Map.entry("bpf_iter__task.task", Trust.TRUSTED),
          Map.entry("socket.sk", Trust.TRUSTED_OR_NULL));

  private TrustedFields() {}

  static Trust of(String struct, String member) {
    return FIELDS.getOrDefault(struct + "." + member, Trust.NONE);
  }
}
