/* SPDX-License-Identifier: Apache-2.0 */
/* Loops that the verifier bounds in three ways. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct sum {
	__u64 total;
};

static long add(__u32 index, void *context)
{
	struct sum *sum = context;

	sum->total += index;
	return 0;
}

SEC("xdp")
int sums(struct xdp_md *ctx)
{
	struct sum sum = {};

	for (int i = 0; i < 100; i++)
		sum.total += bpf_get_prandom_u32() & 1;
	sum.total = 0;
	bpf_loop(1000, add, &sum, 0);
	return sum.total;
}

char LICENSE[] SEC("license") = "GPL";
