/* SPDX-License-Identifier: Apache-2.0 */
/* The packet filter as an XDP program. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_helpers.h>
#include "core.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct filter_table);
} filter_table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FILTER_COUNTERS);
	__type(key, __u32);
	__type(value, struct filter_counter);
} filter_counters SEC(".maps");

SEC("xdp")
int packet_filter(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *ethernet = data;
	struct filter_counter *counter;
	struct filter_table *table;
	struct filter_tuple tuple;
	__u32 zero = 0, rule;

	if ((void *)(ethernet + 1) > end)
		return XDP_PASS;
	if (ethernet->h_proto != FILTER_SWAP16(ETH_P_IP))
		return XDP_PASS;
	if (filter_parse(ethernet + 1, end, &tuple))
		return XDP_PASS;
	table = bpf_map_lookup_elem(&filter_table, &zero);
	if (!table)
		return XDP_PASS;
	rule = filter_match(table, &tuple);
	counter = bpf_map_lookup_elem(&filter_counters, &rule);
	if (!counter)
		return XDP_PASS;
	counter->packets++;
	counter->bytes += tuple.length;
	if (rule >= FILTER_RULES)
		return XDP_PASS;
	return table->rule[rule].action == FILTER_DROP ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
