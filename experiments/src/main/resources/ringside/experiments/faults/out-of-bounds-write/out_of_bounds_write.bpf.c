/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "core.h"

/* The entry with key 1, somebody else's, lies right behind the one with key 0. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct hits);
} hits SEC(".maps");

SEC("raw_tp/sys_enter")
int out_of_bounds_write(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 zero = 0;
	struct hits *mine = bpf_map_lookup_elem(&hits, &zero);

	if (mine)
		hit(mine, ctx->args[1]);
	return 0;
}

char _license[] SEC("license") = "GPL";
