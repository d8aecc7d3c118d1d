/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "core.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct queue);
} queue SEC(".maps");

SEC("raw_tp/sys_enter")
int infinite_loop(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 zero = 0;
	struct queue *waiting = bpf_map_lookup_elem(&queue, &zero);

	if (!waiting)
		return 0;
	waiting->tail++;
	drain(waiting);
	return 0;
}

char _license[] SEC("license") = "GPL";
