/* SPDX-License-Identifier: Apache-2.0 */
/* Drops UDP packets to one port and counts what passes. */
#include <linux/module.h>
#include <linux/ip.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/udp.h>

static unsigned short port = 53;
module_param(port, ushort, 0644);

static unsigned long seen, dropped;

static unsigned int nf_drop_hook(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	struct iphdr *ip = ip_hdr(skb);
	struct udphdr *udp, buffer;

	seen++;
	if (ip->protocol != IPPROTO_UDP)
		return NF_ACCEPT;
	udp = skb_header_pointer(skb, skb_network_offset(skb) + ip_hdrlen(skb), sizeof(buffer), &buffer);
	if (udp && ntohs(udp->dest) == port) {
		dropped++;
		return NF_DROP;
	}
	return NF_ACCEPT;
}

static const struct nf_hook_ops nf_drop_ops = {
	.hook = nf_drop_hook,
	.pf = NFPROTO_IPV4,
	.hooknum = NF_INET_PRE_ROUTING,
	.priority = NF_IP_PRI_FIRST,
};

static int __init nf_drop_init(void)
{
	return nf_register_net_hook(&init_net, &nf_drop_ops);
}

static void __exit nf_drop_exit(void)
{
	nf_unregister_net_hook(&init_net, &nf_drop_ops);
	pr_info("nf_drop: seen %lu, dropped %lu\n", seen, dropped);
}

module_init(nf_drop_init);
module_exit(nf_drop_exit);
MODULE_LICENSE("GPL");
