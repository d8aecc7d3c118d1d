/* SPDX-License-Identifier: Apache-2.0 */
/* A 5-tuple packet filter: the first rule that matches decides, else the packet is accepted. */
#ifndef PACKET_FILTER_CORE_H
#define PACKET_FILTER_CORE_H

#define FILTER_RULES 16
/* The counter behind those of the rules: packets that no rule matched. */
#define FILTER_NO_RULE FILTER_RULES
#define FILTER_COUNTERS (FILTER_RULES + 1)

/* Not an IPv4 packet in order: neither counted nor dropped. */
#define FILTER_NOT_IPV4 (-1)

#define FILTER_ACCEPT 0
#define FILTER_DROP 1

#define FILTER_SWAP16(x) ((__u16)__builtin_bswap16(x))
#define FILTER_FRAGMENT_OFFSET 0x1fff

/*
 * One rule. A prefix is an address and a mask, a port range is its first port and the distance to its last; a mask of 0
 * and a distance of 65535 match anything. Addresses are in network order, ports in host order.
 */
struct filter_rule {
	__u32 saddr, smask;
	__u32 daddr, dmask;
	__u16 sport, sports;
	__u16 dport, dports;
	__u8 protocol, protocol_mask;
	__u8 action;
	__u8 unused;
};

struct filter_table {
	__u32 rules;
	struct filter_rule rule[FILTER_RULES];
};

struct filter_counter {
	__u64 packets;
	__u64 bytes;
};

struct filter_tuple {
	__u32 saddr, daddr;
	__u16 sport, dport;
	__u8 protocol;
	__u16 length;
};

/* Reads the 5-tuple of the IPv4 packet at ip, of which bytes up to end are there; later fragments have ports 0. */
static inline __attribute__((always_inline)) int filter_parse(const void *ip, const void *end,
							      struct filter_tuple *tuple)
{
	const struct iphdr *header = ip;
	const __u16 *ports;

	if ((const void *)(header + 1) > end)
		return FILTER_NOT_IPV4;
	if (header->version != 4 || header->ihl < 5)
		return FILTER_NOT_IPV4;
	tuple->saddr = header->saddr;
	tuple->daddr = header->daddr;
	tuple->protocol = header->protocol;
	tuple->length = FILTER_SWAP16(header->tot_len);
	tuple->sport = 0;
	tuple->dport = 0;
	if (tuple->length < header->ihl * 4)
		return FILTER_NOT_IPV4;
	if (header->protocol != 6 && header->protocol != 17)
		return 0;
	if (FILTER_SWAP16(header->frag_off) & FILTER_FRAGMENT_OFFSET)
		return 0;
	ports = ip + header->ihl * 4;
	if ((const void *)(ports + 2) > end)
		return 0;
	tuple->sport = FILTER_SWAP16(ports[0]);
	tuple->dport = FILTER_SWAP16(ports[1]);
	return 0;
}

/* 0 where port lies in the range, else some bit: a comparison without a branch, so that a rule is one test. */
static inline __attribute__((always_inline)) __u64 filter_outside(__u16 port, __u16 first,
								  __u16 distance)
{
	return ((__u64)distance - (__u16)(port - first)) >> 63;
}

/* The index of the rule that decides, FILTER_NO_RULE where none does. */
static inline __attribute__((always_inline)) int filter_match(const struct filter_table *table,
							      const struct filter_tuple *tuple)
{
	int i;

#pragma clang loop unroll(disable)
	for (i = 0; i < FILTER_RULES; i++) {
		const struct filter_rule *rule = &table->rule[i];
		__u64 miss;

		if (i >= table->rules)
			break;
		miss = (tuple->saddr ^ rule->saddr) & rule->smask;
		miss |= (tuple->daddr ^ rule->daddr) & rule->dmask;
		miss |= (tuple->protocol ^ rule->protocol) & rule->protocol_mask;
		miss |= filter_outside(tuple->sport, rule->sport, rule->sports);
		miss |= filter_outside(tuple->dport, rule->dport, rule->dports);
		if (!miss)
			return i;
	}
	return FILTER_NO_RULE;
}

#endif
