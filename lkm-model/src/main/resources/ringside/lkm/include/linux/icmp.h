/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _LINUX_ICMP_API_H
#define _LINUX_ICMP_API_H

#include <linux/byteorder.h>
#include <linux/skbuff.h>
#include_next <linux/icmp.h>

static inline struct icmphdr *icmp_hdr(const struct sk_buff *skb)
{
	return (struct icmphdr *)skb_transport_header(skb);
}

#endif
