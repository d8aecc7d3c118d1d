/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "core.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct limit);
} limits SEC(".maps");

__u64 refused;

SEC("raw_tp/sys_enter")
int null_dereference(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;

	if (over_limit(bpf_map_lookup_elem(&limits, &tgid)))
		refused++;
	return 0;
}

char _license[] SEC("license") = "GPL";
