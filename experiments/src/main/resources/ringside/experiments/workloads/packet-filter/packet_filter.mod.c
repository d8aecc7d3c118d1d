/* SPDX-License-Identifier: Apache-2.0 */
/* The packet filter as a kernel module on netfilter's PRE_ROUTING hook. */
#include <linux/module.h>
#include <linux/ip.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/skbuff.h>
#include "core.h"

/* Written and read by the laboratory, as the maps of the eBPF program are. */
struct filter_table filter_table;
struct filter_counter filter_counters[FILTER_COUNTERS];

static unsigned int packet_filter(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	const void *ip = skb_network_header(skb);
	struct filter_tuple tuple;
	unsigned int rule;

	if (filter_parse(ip, skb->data + skb_headlen(skb), &tuple))
		return NF_ACCEPT;
	rule = filter_match(&filter_table, &tuple);
	filter_counters[rule].packets++;
	filter_counters[rule].bytes += tuple.length;
	if (rule >= FILTER_RULES)
		return NF_ACCEPT;
	return filter_table.rule[rule].action == FILTER_DROP ? NF_DROP : NF_ACCEPT;
}

static const struct nf_hook_ops packet_filter_ops = {
	.hook = packet_filter,
	.pf = NFPROTO_IPV4,
	.hooknum = NF_INET_PRE_ROUTING,
	.priority = NF_IP_PRI_FIRST,
};

static int __init packet_filter_init(void)
{
	return nf_register_net_hook(&init_net, &packet_filter_ops);
}

static void __exit packet_filter_exit(void)
{
	nf_unregister_net_hook(&init_net, &packet_filter_ops);
}

module_init(packet_filter_init);
module_exit(packet_filter_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("5-tuple packet filter");
