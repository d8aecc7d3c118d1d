/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "core.h"

/* What the process that loaded the program reads with bpf(2). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct reply);
} replies SEC(".maps");

static __attribute__((__noinline__)) int send(__u64 number)
{
	struct reply reply;
	__u32 zero = 0;

	answer(&reply, number);
	return bpf_map_update_elem(&replies, &zero, &reply, BPF_ANY);
}

SEC("xdp")
int uninitialised_stack(struct xdp_md *ctx)
{
	__u64 number = ctx->ingress_ifindex;

	if (use_key(number) == 1)
		return XDP_DROP;
	send(number);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
