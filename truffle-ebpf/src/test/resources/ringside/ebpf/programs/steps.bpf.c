/* SPDX-License-Identifier: Apache-2.0 */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>

static __attribute__((noinline)) int twice(int value)
{
	int doubled = value * 2;
	asm volatile("" : "+r"(doubled));
	return doubled;
}

SEC("xdp")
int steps(struct xdp_md *ctx)
{
	unsigned char *data = (void *)(long)ctx->data;
	unsigned char *end = (void *)(long)ctx->data_end;
	int sum = 0;

	if (data + 14 > end)
		return 99;
	for (int i = 0; i < 3; i++)
		sum += data[i];
	data[0] = 7;
	return twice(sum);
}

char LICENSE[] SEC("license") = "GPL";
