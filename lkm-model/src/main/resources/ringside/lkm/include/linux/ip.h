/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _LINUX_IP_API_H
#define _LINUX_IP_API_H

#include <linux/byteorder.h>
#include <linux/in.h>
#include <linux/skbuff.h>
#include_next <linux/ip.h>

static inline struct iphdr *ip_hdr(const struct sk_buff *skb)
{
	return (struct iphdr *)skb_network_header(skb);
}

static inline unsigned int ip_hdrlen(const struct sk_buff *skb)
{
	return ip_hdr(skb)->ihl * 4;
}

#endif
