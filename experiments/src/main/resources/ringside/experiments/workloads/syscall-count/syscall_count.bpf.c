/* SPDX-License-Identifier: Apache-2.0 */
/* The system call counter as a raw tracepoint program with a hash map. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "core.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, COUNT_PROCESSES);
	__type(key, __u32);
	__type(value, struct count);
} counts SEC(".maps");

SEC("raw_tp/sys_enter")
int syscall_count(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct count *count = bpf_map_lookup_elem(&counts, &tgid);

	if (!count) {
		struct count none = {};

		bpf_map_update_elem(&counts, &tgid, &none, BPF_NOEXIST);
		count = bpf_map_lookup_elem(&counts, &tgid);
		if (!count)
			return 0;
	}
	count_call(count, ctx->args[1]);
	return 0;
}

char _license[] SEC("license") = "GPL";
