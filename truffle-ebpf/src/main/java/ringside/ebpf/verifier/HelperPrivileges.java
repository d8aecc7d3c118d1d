package ringside.ebpf.verifier;

import java.util.Set;
import ringside.ebpf.helper.HelperCatalog;

/**
 * The capabilities that single helpers ask for, wherever a program type offers them: {@code
 * bpf_base_func_proto} and {@code bpf_sk_base_func_proto}.
 */
final class HelperPrivileges {
  private static final Set<String> CAP_BPF =
      Set.of(
          "bpf_spin_lock",
          "bpf_spin_unlock",
          "bpf_jiffies64",
          "bpf_per_cpu_ptr",
          "bpf_this_cpu_ptr",
          "bpf_timer_init",
          "bpf_timer_set_callback",
          "bpf_timer_start",
          "bpf_timer_cancel",
          "bpf_kptr_xchg",
          "bpf_for_each_map_elem",
          "bpf_loop",
          "bpf_user_ringbuf_drain",
          "bpf_ringbuf_reserve_dynptr",
          "bpf_ringbuf_submit_dynptr",
          "bpf_ringbuf_discard_dynptr",
          "bpf_dynptr_from_mem",
          "bpf_dynptr_read",
          "bpf_dynptr_write",
          "bpf_dynptr_data",
          "bpf_cgrp_storage_get",
          "bpf_cgrp_storage_delete",
          "bpf_get_current_cgroup_id",
          "bpf_get_current_ancestor_cgroup_id");
  private static final Set<String> CAP_PERFMON =
      Set.of(
          "bpf_trace_printk",
          "bpf_get_current_task",
          "bpf_get_current_task_btf",
          "bpf_probe_read_user",
          "bpf_probe_read_kernel",
          "bpf_probe_read_user_str",
          "bpf_probe_read_kernel_str",
          "bpf_snprintf_btf",
          "bpf_snprintf",
          "bpf_task_pt_regs",
          "bpf_trace_vprintk",
          "bpf_skc_to_tcp6_sock",
          "bpf_skc_to_tcp_sock",
          "bpf_skc_to_tcp_timewait_sock",
          "bpf_skc_to_tcp_request_sock",
          "bpf_skc_to_udp6_sock",
          "bpf_skc_to_unix_sock",
          "bpf_skc_to_mptcp_sock");

  private HelperPrivileges() {}

  /** Tells whether the loader may use a helper that its program type has. */
  static boolean suffice(VerifierEnv env, int id) {
    if (env.bpfCapable && env.allowPtrLeaks) {
      return true;
    }
    String name = HelperCatalog.name(id);
    return !CAP_PERFMON.contains(name) && (env.bpfCapable || !CAP_BPF.contains(name));
  }
}
