/* SPDX-License-Identifier: Apache-2.0 */
/* Drops UDP to one port, counts by protocol: map of each kind, globals, a call across sections. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} by_protocol SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} verdicts SEC(".maps");

const volatile __u16 blocked_port = 53;
__u64 seen;
static __u64 bytes = 1000;

static __noinline void count(__u32 protocol)
{
	__u64 one = 1;
	__u64 *value = bpf_map_lookup_elem(&by_protocol, &protocol);

	if (value)
		__sync_fetch_and_add(value, 1);
	else
		bpf_map_update_elem(&by_protocol, &protocol, &one, BPF_ANY);
}

SEC("xdp")
int filter(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp = (void *)(ip + 1);
	__u32 verdict = 1;
	__u64 *slot;

	seen++;
	bytes += end - data;
	if ((void *)(udp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	count(ip->protocol);
	if (ip->protocol == IPPROTO_UDP && udp->dest == bpf_htons(blocked_port))
		verdict = 0;
	slot = bpf_map_lookup_elem(&verdicts, &verdict);
	if (slot)
		*slot += 1;
	return verdict ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
